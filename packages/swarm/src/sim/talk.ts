import type { OfferGeometry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';
import type { EventQueue } from './event-queue.ts';
import type { SimMember } from './member.ts';

/** What a member says beside the swarm's messages: the room log, whom it is linked to. The swarm knows neither; who simulates whole rooms brings it. */
export interface Talk {
  joined(peer: PeerId): void;
  left(peer: PeerId): void;
  receive(peer: PeerId, message: PeerMessage): void;
  /** Every 500 ms. */
  tick(): void;
  /** A piece was verified. */
  verified(offer: OfferId): void;
}

/** The talk of a room's members. */
export interface Talks {
  /** The member that joins as the `index`th, from 0. */
  idOf(index: number): PeerId;
  begin(member: SimMember, line: TalkLine): Talk;
}

/** What a talk does to the room. */
export interface TalkLine {
  readonly queue: EventQueue;
  readonly geometry: OfferGeometry;
  readonly send: (peer: PeerId, message: PeerMessage) => void;
  /** Ends a link. */
  readonly drop: (peer: PeerId, code: string) => void;
}
