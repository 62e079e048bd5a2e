import * as v from 'valibot';
import { fromBase64Url, toBase64Url, type Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { ID_BYTES } from './limits.ts';

declare const brand: unique symbol;

/** A member: first 16 bytes of SHA-256(Ed25519 public key), base64url, 22 characters. */
export type PeerId = string & { readonly [brand]: 'PeerId' };
/** An offer: first 16 bytes of the hash of its log entry, base64url, 22 characters. */
export type OfferId = string & { readonly [brand]: 'OfferId' };
/** A room as the server knows it: derived from the room secret, base64url, 22 characters. */
export type RoomId = string & { readonly [brand]: 'RoomId' };

/** 16 bytes are 21 characters of 6 bits and one that carries 2: only these four last characters are canonical. */
const ID_TEXT = /^[A-Za-z0-9_-]{21}[AQgw]$/;

/** True for the base64url text of 16 bytes in its only canonical form. */
export function isIdText(text: string): boolean {
  return ID_TEXT.test(text);
}

/** @throws ProtocolError `bad-id` */
export function asPeerId(text: string): PeerId {
  return checked(text) as PeerId;
}

/** @throws ProtocolError `bad-id` */
export function asOfferId(text: string): OfferId {
  return checked(text) as OfferId;
}

/** @throws ProtocolError `bad-id` */
export function asRoomId(text: string): RoomId {
  return checked(text) as RoomId;
}

/** The text of an id of 16 bytes. */
export function idText(bytes: Uint8Array): string {
  return toBase64Url(bytes.subarray(0, ID_BYTES));
}

/** The 16 bytes of an id: what is signed and hashed. */
export function idBytes(id: string): Bytes {
  return fromBase64Url(checked(id));
}

function checked(text: string): string {
  if (!isIdText(text)) throw new ProtocolError('bad-id', 'An id is 22 characters of base64url.');
  return text;
}

export const idSchema = v.pipe(v.string(), v.regex(ID_TEXT));
export const peerIdSchema = v.pipe(
  idSchema,
  v.transform(text => text as PeerId),
);
export const offerIdSchema = v.pipe(
  idSchema,
  v.transform(text => text as OfferId),
);
export const roomIdSchema = v.pipe(
  idSchema,
  v.transform(text => text as RoomId),
);
