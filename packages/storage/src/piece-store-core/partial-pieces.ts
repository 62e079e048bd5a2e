import type { Bytes } from '@shoal/protocol';

/** Bytes of finished buffers kept for the next pieces: fresh memory costs a page fault each 4 KiB. */
const SPARE_BYTES = 4 * 1024 * 1024;
/** And so many of them: a folder of small files leaves thousands of odd lengths that nobody takes again. */
const SPARE_BUFFERS = 32;

/** Memory for unfinished pieces of all offers, against one cap. */
export class PieceBuffers {
  readonly #cap: number;
  readonly #free: (memory: ArrayBuffer) => void;
  readonly #spare: Bytes[] = [];
  #spareBytes = 0;
  #used = 0;

  /**
   * @param cap - bytes
   * @param free - gets the memory of spare buffers that are too many
   */
  constructor(cap: number, free: (memory: ArrayBuffer) => void) {
    this.#cap = cap;
    this.#free = free;
  }

  /** Bytes in use, spare ones not counted. */
  get used(): number {
    return this.#used;
  }

  /** A buffer with any content; undefined when it would pass the cap. */
  take(length: number): Bytes | undefined {
    if (this.#used + length > this.#cap) return undefined;
    this.#used += length;
    const index = this.#spare.findIndex(spare => spare.length === length);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (spare === undefined) return new Uint8Array(length);
    this.#spareBytes -= length;
    return spare;
  }

  /** The buffer must not be used any more. */
  giveBack(buffer: Bytes): void {
    this.#used -= buffer.length;
    this.#spareBytes += buffer.length;
    this.#spare.push(buffer);
    while (this.#spareBytes > SPARE_BYTES || this.#spare.length > SPARE_BUFFERS) {
      const oldest = this.#spare.shift();
      if (oldest === undefined) break;
      this.#spareBytes -= oldest.length;
      this.#free(oldest.buffer);
    }
  }
}

/** What became of a block. 'complete' carries the piece; the buffer is then the caller's to give back. */
export type Placed =
  | { readonly type: 'waiting' | 'ignored' | 'overloaded' | 'malformed' }
  | { readonly type: 'complete'; readonly data: Bytes };

interface Partial {
  readonly data: Bytes;
  /** Length of each block by its beginning. */
  readonly blocks: Map<number, number>;
  held: number;
}

/**
 * The unfinished pieces of one offer. Unverified bytes live only here, in memory, never in the store. Blocks are copied together,
 * so that a piece is hashed and written in one go: each write to a file costs far more than the copy.
 */
export class PartialPieces {
  readonly #buffers: PieceBuffers;
  readonly #pieces = new Map<number, Partial>();

  constructor(buffers: PieceBuffers) {
    this.#buffers = buffers;
  }

  /** @param length - bytes of the whole piece */
  place(piece: number, length: number, begin: number, data: Bytes): Placed {
    if (data.length === 0 || begin < 0 || begin + data.length > length) return { type: 'malformed' };
    const partial = this.#pieces.get(piece) ?? this.#begin(piece, length);
    if (partial === undefined) return { type: 'overloaded' };
    // The same block twice is normal in the endgame.
    if (partial.blocks.has(begin)) return { type: 'ignored' };
    partial.data.set(data, begin);
    partial.blocks.set(begin, data.length);
    partial.held += data.length;
    if (partial.held < length) return { type: 'waiting' };
    if (!isSeamless(partial.blocks, length)) {
      this.discard(piece);
      return { type: 'malformed' };
    }
    this.#pieces.delete(piece);
    return { type: 'complete', data: partial.data };
  }

  discard(piece: number): void {
    const partial = this.#pieces.get(piece);
    if (partial !== undefined) this.#buffers.giveBack(partial.data);
    this.#pieces.delete(piece);
  }

  clear(): void {
    for (const piece of [...this.#pieces.keys()]) this.discard(piece);
  }

  #begin(piece: number, length: number): Partial | undefined {
    const data = this.#buffers.take(length);
    if (data === undefined) return undefined;
    const partial: Partial = { data, blocks: new Map(), held: 0 };
    this.#pieces.set(piece, partial);
    return partial;
  }
}

/** False when blocks overlap, so that the sum of their lengths lies. */
function isSeamless(blocks: ReadonlyMap<number, number>, length: number): boolean {
  let at = 0;
  for (const [begin, size] of [...blocks].sort(([a], [b]) => a - b)) {
    if (begin !== at) return false;
    at += size;
  }
  return at === length;
}
