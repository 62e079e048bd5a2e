import { HASH_BYTES } from '@shoal/protocol';
import type { Bytes } from '@shoal/protocol';

/** Hashes per chunk: 64 KiB at a time, as many as one message carries. */
const CHUNK_HASHES = 2048;

/**
 * Piece hashes by index, 32 bytes each. Memory is taken as hashes come in: an offer may claim a million pieces (32 MiB of
 * hashes) and never deliver one.
 */
export class HashTable {
  readonly #chunks = new Map<number, Bytes>();

  /** Writes one hash; `hash` is copied. */
  set(piece: number, hash: Uint8Array): void {
    const index = Math.floor(piece / CHUNK_HASHES);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint8Array(CHUNK_HASHES * HASH_BYTES);
      this.#chunks.set(index, chunk);
    }
    chunk.set(hash, (piece % CHUNK_HASHES) * HASH_BYTES);
  }

  /** A copy of `count` hashes from `first` on; zeros where none was set. */
  slice(first: number, count: number): Bytes {
    const packed = new Uint8Array(count * HASH_BYTES);
    for (let done = 0; done < count;) {
      const piece = first + done;
      const offset = piece % CHUNK_HASHES;
      const take = Math.min(count - done, CHUNK_HASHES - offset);
      const chunk = this.#chunks.get(Math.floor(piece / CHUNK_HASHES));
      if (chunk !== undefined)
        packed.set(chunk.subarray(offset * HASH_BYTES, (offset + take) * HASH_BYTES), done * HASH_BYTES);
      done += take;
    }
    return packed;
  }

  clear(): void {
    this.#chunks.clear();
  }
}
