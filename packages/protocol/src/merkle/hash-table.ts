import type { Bytes } from '../bytes.ts';
import { HASH_BYTES } from '../limits.ts';

/** Hashes per chunk: 64 KiB at a time, as many as one message carries. */
const CHUNK_HASHES = 2048;

/**
 * Hashes by index, 32 bytes each. Memory is taken as hashes come in: an offer may claim a million pieces (32 MiB of
 * hashes) and never deliver one.
 */
export class HashTable {
  readonly #chunkHashes: number;
  readonly #chunks = new Map<number, Bytes>();

  /** @param length how many hashes it will hold at most */
  constructor(length: number) {
    this.#chunkHashes = Math.min(CHUNK_HASHES, Math.max(1, length));
  }

  /** Writes one hash; `hash` is copied. */
  set(index: number, hash: Uint8Array): void {
    const number = Math.floor(index / this.#chunkHashes);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      chunk = new Uint8Array(this.#chunkHashes * HASH_BYTES);
      this.#chunks.set(number, chunk);
    }
    chunk.set(hash, (index % this.#chunkHashes) * HASH_BYTES);
  }

  /** A copy of `count` hashes from `first` on; zeros where none was set. */
  slice(first: number, count: number): Bytes {
    const packed = new Uint8Array(count * HASH_BYTES);
    for (let done = 0; done < count;) {
      const index = first + done;
      const offset = index % this.#chunkHashes;
      const take = Math.min(count - done, this.#chunkHashes - offset);
      const chunk = this.#chunks.get(Math.floor(index / this.#chunkHashes));
      if (chunk !== undefined)
        packed.set(chunk.subarray(offset * HASH_BYTES, (offset + take) * HASH_BYTES), done * HASH_BYTES);
      done += take;
    }
    return packed;
  }
}
