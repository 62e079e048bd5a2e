import type { Bytes } from '@shoal/protocol';

/** Counts the bytes that blocks hold in memory over all offers, against one cap. */
export class MemoryBudget {
  readonly #cap: number;
  #used = 0;

  /** @param cap - bytes */
  constructor(cap: number) {
    this.#cap = cap;
  }

  get used(): number {
    return this.#used;
  }

  /** False, and nothing is taken, when it would pass the cap. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#cap) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** What became of a block. 'complete' carries the piece's blocks in order; the budget they hold is then the caller's. */
export type Placed =
  | { readonly type: 'waiting' | 'ignored' | 'overloaded' | 'malformed' }
  | { readonly type: 'complete'; readonly parts: readonly Bytes[] };

/** The blocks of unfinished pieces of one offer. Unverified bytes live only here, in memory, never in the store. */
export class PartialPieces {
  readonly #budget: MemoryBudget;
  readonly #pieces = new Map<number, Map<number, Bytes>>();

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** @param length - bytes of the whole piece */
  place(piece: number, length: number, begin: number, data: Bytes): Placed {
    if (data.length === 0 || begin < 0 || begin + data.length > length) return { type: 'malformed' };
    const blocks = this.#pieces.get(piece) ?? new Map<number, Bytes>();
    // The same block twice is normal in the endgame.
    if (blocks.has(begin)) return { type: 'ignored' };
    if (!this.#budget.take(data.length)) {
      this.discard(piece);
      return { type: 'overloaded' };
    }
    blocks.set(begin, data);
    this.#pieces.set(piece, blocks);
    let held = 0;
    for (const block of blocks.values()) held += block.length;
    if (held < length) return { type: 'waiting' };
    const parts = inOrder(blocks, length);
    if (parts === undefined) {
      this.discard(piece);
      return { type: 'malformed' };
    }
    this.#pieces.delete(piece);
    return { type: 'complete', parts };
  }

  discard(piece: number): void {
    for (const block of this.#pieces.get(piece)?.values() ?? []) this.#budget.giveBack(block.length);
    this.#pieces.delete(piece);
  }

  clear(): void {
    for (const piece of [...this.#pieces.keys()]) this.discard(piece);
  }
}

/** Undefined when the blocks overlap, so that the sum of their lengths lies. */
function inOrder(blocks: ReadonlyMap<number, Bytes>, length: number): readonly Bytes[] | undefined {
  const parts: Bytes[] = [];
  let at = 0;
  for (const [begin, block] of [...blocks].sort(([a], [b]) => a - b)) {
    if (begin !== at) return undefined;
    parts.push(block);
    at += block.length;
  }
  return at === length ? parts : undefined;
}
