import * as v from 'valibot';
import { asOfferId, asRoomId, type OfferId, type RoomId } from '@shoal/protocol';

/** A room that was visited, as the landing page lists it. */
export interface VaultRoom {
  readonly room: RoomId;
  readonly secret: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastSeen: number;
}

/** What is wanted of an offer: file indexes. `paused` are wanted, but not now. */
export interface OfferSelection {
  readonly offer: OfferId;
  readonly wanted: readonly number[];
  readonly paused: readonly number[];
}

export const countSchema = v.pipe(v.number(), v.integer(), v.minValue(0));

export const roomSchema = v.object({
  room: v.custom<RoomId>(value => isId(value, asRoomId)),
  /** The secret part of the link, as text: who has it is in the room. */
  secret: v.string(),
  name: v.string(),
  /** Milliseconds since 1970. */
  createdAt: v.number(),
  lastSeen: v.number(),
});

export const selectionSchema = v.array(
  v.object({
    offer: v.custom<OfferId>(value => isId(value, asOfferId)),
    wanted: v.array(countSchema),
    paused: v.array(countSchema),
  }),
);

function isId(value: unknown, parse: (text: string) => string): boolean {
  try {
    return typeof value === 'string' && parse(value) === value;
  } catch {
    return false;
  }
}
