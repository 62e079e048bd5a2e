import type { Bitfield, OfferGeometry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';

/** The messages the engine reads; all others belong to gossip, the hash book or the link itself. */
export type SwarmInbound = Extract<
  PeerMessage,
  {
    type:
      | 'interested'
      | 'not-interested'
      | 'choke'
      | 'unchoke'
      | 'bitfield'
      | 'have-all'
      | 'have'
      | 'request'
      | 'cancel'
      | 'reject'
      | 'hash-request'
      | 'hash-reject';
  }
>;

/** Pieces `[first, end)` of an offer. */
export interface PieceWindow {
  readonly first: number;
  readonly end: number;
}

/** What happens to the engine. Events of a peer that is not (or no longer) a neighbour are harmless. */
export type SwarmEvent =
  | { readonly type: 'neighbour-joined'; readonly peer: PeerId }
  | { readonly type: 'neighbour-left'; readonly peer: PeerId }
  | {
      readonly type: 'offer-added';
      readonly offer: OfferId;
      readonly geometry: OfferGeometry;
      /** Verified pieces that the store vouches for; copied. */
      readonly have: Bitfield;
      /** Pieces whose expected hash is known; copied. Full for the sharer. */
      readonly hashed: Bitfield;
    }
  | { readonly type: 'offer-removed'; readonly offer: OfferId }
  | {
      readonly type: 'wanted';
      readonly offer: OfferId;
      /** File index to priority, higher first. Replaces the former wish; an empty map pauses the offer. */
      readonly files: ReadonlyMap<number, number>;
      /** Of these files only pieces `[first, end)` are asked for as yet: there is no room for others. */
      readonly windows?: ReadonlyMap<number, PieceWindow>;
    }
  | { readonly type: 'hashes-known'; readonly offer: OfferId; readonly first: number; readonly count: number }
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: SwarmInbound }
  /** A block frame came in; its bytes stay with the shell, which does with them what the answer says. */
  | { readonly type: 'block'; readonly peer: PeerId; readonly request: number; readonly length: number }
  /** The block of an earlier `read` is in the send buffer. `room`: bytes the link takes now, when the shell knows. */
  | { readonly type: 'block-sent'; readonly peer: PeerId; readonly request: number; readonly room?: number }
  | { readonly type: 'read-failed'; readonly peer: PeerId; readonly request: number }
  | { readonly type: 'piece-verified'; readonly offer: OfferId; readonly piece: number }
  /** The same for many: small files are verified by the dozen, and one `have` tells of all. */
  | { readonly type: 'pieces-verified'; readonly offer: OfferId; readonly pieces: readonly number[] }
  /** What came of a piece is gone through no fault of its givers (the disk was full, the worker died): fetch it again. */
  | { readonly type: 'piece-lost'; readonly offer: OfferId; readonly piece: number }
  /** The hash of a complete piece is wrong: whoever gave it is to blame. */
  | { readonly type: 'piece-failed'; readonly offer: OfferId; readonly piece: number }
  /** Bytes the link takes now, reads in progress not subtracted. Report it after every block sent and when it grows. */
  | { readonly type: 'send-room'; readonly peer: PeerId; readonly bytes: number }
  /** The smallest round trip that the transport measured on a neighbour's path, ms: what a busy CPU adds to each block is not in it. Undefined: none on this path yet. */
  | { readonly type: 'round-trip'; readonly peer: PeerId; readonly ms: number | undefined }
  /** The link to a neighbour is so many connections now: more than one where its side, or ours, found that loss holds it back. */
  | { readonly type: 'lanes'; readonly peer: PeerId; readonly connections: number }
  /** How well a neighbour's giving, measured by what it had of us, is vouched for by receipts in the room log: 0 to 1, a half is enough. */
  | { readonly type: 'standing'; readonly peer: PeerId; readonly standing: number }
  /** A person's caps, bytes per second, both absent at first: no cap. They count at once. */
  | { readonly type: 'caps'; readonly up: number | undefined; readonly down: number | undefined }
  /** The time of a `wait` is over. */
  | { readonly type: 'waited' }
  /** About every 500 ms: timeouts, rotation of the choker, lazy announcements. Nothing on the data path needs it. */
  | { readonly type: 'tick' };

/** Why the engine ends a link. */
export type DropCode =
  | 'unsolicited-block'
  | 'bad-block-length'
  | 'bad-request'
  | 'too-many-requests'
  | 'duplicate-request'
  | 'bad-bitfield'
  | 'bad-have'
  | 'bad-hash-request'
  | 'bad-piece'
  | 'banned';

/** What the shell has to do, in this order. A `block` event yields exactly one of `write`, `ignore`, `drop` for its bytes. */
export type SwarmEffect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: PeerMessage }
  | {
      readonly type: 'write';
      readonly offer: OfferId;
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
      readonly peer: PeerId;
    }
  | { readonly type: 'ignore' }
  /** Forget what was written of an unfinished piece, before anything that comes after this: it starts over, and its blocks will be cut differently. */
  | { readonly type: 'discard'; readonly offer: OfferId; readonly piece: number }
  /** Read the block, frame it with the request id, send it, then report `block-sent` or `read-failed`. */
  | {
      readonly type: 'read';
      readonly peer: PeerId;
      readonly request: number;
      readonly offer: OfferId;
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
    }
  /** One more neighbour would help: the present ones give less than others get. */
  | { readonly type: 'seek' }
  | { readonly type: 'drop'; readonly peer: PeerId; readonly code: DropCode; readonly text: string }
  /** Report `waited` after so many ms; of several, the last one counts. */
  | { readonly type: 'wait'; readonly ms: number }
  /** The peer asks for piece hashes: the hash book answers with `hashes` or `hash-reject`. */
  | {
      readonly type: 'provide-hashes';
      readonly peer: PeerId;
      readonly offer: OfferId;
      readonly first: number;
      readonly count: number;
    };
