import { equalBytes } from '@shoal/protocol';
import type { KeptEntry } from './kept-entry.ts';

/** Proof that an author signed two histories: everything from `fromSeq` on is void. */
export interface Fork {
  readonly fromSeq: number;
  readonly entries: readonly [KeptEntry, KeptEntry];
}

/**
 * Looks for a contradiction between two validly signed entries of the same author.
 *
 * An entry states what it is (`seq`, `hash`) and what came before it (`seq - 1`, `prev`). Two entries contradict each
 * other where they make different statements about one place in the log, so a proof can be a pair with the same
 * `seq`, or a neighbouring pair whose hash chain is broken. `fromSeq` is the lowest place where they differ.
 */
export function findFork(a: KeptEntry, b: KeptEntry): Fork | undefined {
  const [low, high] = a.seq <= b.seq ? [a, b] : [b, a];
  if (low.seq === high.seq) {
    if (equalBytes(low.hash, high.hash)) return undefined;
    const sameBefore = equalBytes(low.prev, high.prev);
    return { fromSeq: sameBefore ? low.seq : Math.max(0, low.seq - 1), entries: [low, high] };
  }
  if (low.seq + 1 !== high.seq || equalBytes(high.prev, low.hash)) return undefined;
  return { fromSeq: low.seq, entries: [low, high] };
}

/** The proof that voids more; either may be missing. */
export function lowerFork(a: Fork | undefined, b: Fork | undefined): Fork | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.fromSeq < a.fromSeq ? b : a;
}
