/** Caps that keep memory bounded whatever neighbours and authors do. Counts are entries unless said otherwise. */
export interface GossipLimits {
  /** Authors whose log is kept. Later ones are ignored: identities cost nothing to make. */
  readonly maxAuthors: number;
  readonly maxEntriesPerAuthor: number;
  /** Raw bytes of one author's log. */
  readonly maxBytesPerAuthor: number;
  /** Raw bytes of the logs of all authors but oneself: identities cost nothing, so a cap on each alone is none. */
  readonly maxBytes: number;
  /** Entries being checked or waiting for the one before them. */
  readonly maxHeld: number;
  readonly maxHeldPerAuthor: number;
  /** Raw bytes of all held entries. */
  readonly maxHeldBytes: number;
  /** Raw bytes in one `log-entries` message; a single larger entry travels alone. */
  readonly maxBatchBytes: number;
  readonly maxBatchEntries: number;
  /** How often, between two ticks, a neighbour may have things sent again by claiming to have less than it was sent. */
  readonly maxRepeats: number;
  /** How often, over one link, a neighbour is sent what follows the same entry: one that never has it by then has no room for it. */
  readonly maxSameSends: number;
  /** How often a fork proof or a log head is offered to one neighbour over one link. */
  readonly maxProofSends: number;
}

/**
 * 1 MiB is the largest entry, hence the byte caps: an author may make a dozen huge offers and thousands of small ones.
 * Batches leave a control frame (4 MiB) far from full, so that other control messages are not stuck behind one.
 */
export const DEFAULT_GOSSIP_LIMITS: GossipLimits = {
  maxAuthors: 2048,
  maxEntriesPerAuthor: 10_000,
  maxBytesPerAuthor: 16 * 1024 * 1024,
  maxBytes: 64 * 1024 * 1024,
  maxHeld: 4096,
  maxHeldPerAuthor: 1024,
  maxHeldBytes: 32 * 1024 * 1024,
  maxBatchBytes: 256 * 1024,
  maxBatchEntries: 512,
  maxRepeats: 16,
  maxSameSends: 8,
  maxProofSends: 8,
};

/** Offers of a room that are not withdrawn; those beyond are left out of the catalogue. 4 Mi pieces are 16 TiB in pieces of 4 MiB. */
export const MAX_ROOM_OFFERS = 1_000;
export const MAX_ROOM_FILES = 200_000;
export const MAX_ROOM_PIECES = 4 << 20;

/** Givers counted in one author's receipts, the first ones: more than anybody meets, and puppets cost nothing to name. */
export const MAX_GIVERS_PER_AUTHOR = 2048;
