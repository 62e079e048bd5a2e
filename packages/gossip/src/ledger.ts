import type { PeerId } from '@shoal/protocol';

/** By author and giver: bytes that the author's receipts say it got from the giver. */
export type Receipts = ReadonlyMap<PeerId, ReadonlyMap<PeerId, number>>;

export interface LedgerInput {
  readonly self: PeerId;
  /** Bytes that I gave each member, as I counted them myself. */
  readonly gave: ReadonlyMap<PeerId, number>;
  /** Bytes, verified, that I got from each member, as I counted them myself. */
  readonly got: ReadonlyMap<PeerId, number>;
  readonly receipts: Receipts;
}

/**
 * Bytes that each member is believed to have given, as seen by one evaluator. Members without any are left out.
 *
 * What I got is true. The receipts of R count, all together, for no more bytes than R has *cover* for: what I gave R and what R gave me, and, one step on, what
 * covered receipts of others say that R gave. Nothing else makes cover, so identities and signatures alone are worth nothing ([GR3] to [GR6]).
 */
export function believedGiven(input: LedgerInput): Map<PeerId, number> {
  const { self, gave, got, receipts } = input;
  const cover = new Map(got);
  for (const [peer, bytes] of gave) add(cover, peer, bytes);
  const firstStep = new Map<PeerId, number>();
  credit(firstStep, receipts, self, cover);
  for (const [peer, bytes] of firstStep) add(cover, peer, bytes);
  const given = new Map(got);
  credit(given, receipts, self, cover);
  given.delete(self);
  for (const [peer, bytes] of given) if (bytes <= 0) given.delete(peer);
  return given;
}

/** Adds what receipts say, scaled down per author to the author's cover. */
function credit(
  to: Map<PeerId, number>,
  receipts: Receipts,
  self: PeerId,
  cover: ReadonlyMap<PeerId, number>,
): void {
  for (const [author, givers] of receipts) {
    const covered = cover.get(author) ?? 0;
    // My own receipts say what I know already, and nobody has to tell me what I gave.
    if (author === self || covered <= 0) continue;
    let claimed = 0;
    for (const [giver, bytes] of givers) if (giver !== self && giver !== author) claimed += bytes;
    if (claimed <= 0) continue;
    const scale = Math.min(1, covered / claimed);
    for (const [giver, bytes] of givers)
      if (giver !== self && giver !== author) add(to, giver, bytes * scale);
  }
}

function add(to: Map<PeerId, number>, peer: PeerId, bytes: number): void {
  to.set(peer, (to.get(peer) ?? 0) + bytes);
}
