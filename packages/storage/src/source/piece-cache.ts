import type { Bytes } from '@shoal/protocol';

/**
 * Recently read pieces, so that hashing a piece and serving its blocks to several receivers reads the disk once. Holds promises:
 * who asks while a piece is being read shares the read.
 */
export class PieceCache {
  readonly #capacity: number;
  /** In order of last use, oldest first. */
  readonly #pieces = new Map<number, { readonly data: Promise<Bytes>; readonly length: number }>();
  #bytes = 0;

  /** @param capacity - bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(piece: number, length: number, read: () => Promise<Bytes>): Promise<Bytes> {
    const known = this.#pieces.get(piece);
    if (known !== undefined) {
      this.#pieces.delete(piece);
      this.#pieces.set(piece, known);
      return known.data;
    }
    const entry = { data: read(), length };
    this.#pieces.set(piece, entry);
    this.#bytes += length;
    // A failure is not remembered: the file may be readable again.
    entry.data.catch(() => {
      if (this.#pieces.get(piece) === entry) this.#drop(piece);
    });
    for (const oldest of this.#pieces.keys()) {
      if (this.#bytes <= this.#capacity || oldest === piece) break;
      this.#drop(oldest);
    }
    return entry.data;
  }

  clear(): void {
    this.#pieces.clear();
    this.#bytes = 0;
  }

  #drop(piece: number): void {
    this.#bytes -= this.#pieces.get(piece)?.length ?? 0;
    this.#pieces.delete(piece);
  }
}
