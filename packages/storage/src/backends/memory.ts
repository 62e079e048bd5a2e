import type { Bytes } from '@shoal/protocol';
import { StorageError } from '../errors.ts';
import type { ByteStore } from './byte-store.ts';
import { chunkStretches, copyStretch } from './chunks.ts';

/** Bytes per allocation: files grow without copying what is there, and holes cost nothing. */
const CHUNK_BYTES = 256 * 1024;

interface MemoryFile {
  readonly chunks: Map<number, Bytes>;
  size: number;
}

/** The last resort, for windows without OPFS and IndexedDB: gone with the tab, so the user must be told. */
export class MemoryByteStore implements ByteStore {
  readonly kind = 'memory';
  readonly #files = new Map<string, MemoryFile>();

  async writeAt(name: string, at: number, data: Bytes): Promise<void> {
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, (file = { chunks: new Map(), size: 0 }));
    let taken = 0;
    for (const stretch of chunkStretches(at, data.length, CHUNK_BYTES)) {
      let chunk = file.chunks.get(stretch.index);
      if (chunk === undefined) file.chunks.set(stretch.index, (chunk = new Uint8Array(CHUNK_BYTES)));
      chunk.set(data.subarray(taken, taken + stretch.length), stretch.within);
      taken += stretch.length;
    }
    file.size = Math.max(file.size, at + data.length);
  }

  async readAt(name: string, at: number, into: Bytes): Promise<void> {
    const file = this.#files.get(name);
    if (file === undefined || file.size < at + into.length) throw new StorageError('not-found');
    let taken = 0;
    for (const stretch of chunkStretches(at, into.length, CHUNK_BYTES)) {
      copyStretch(file.chunks.get(stretch.index), stretch, into, taken);
      taken += stretch.length;
    }
  }

  async flush(): Promise<void> {}

  async size(name: string): Promise<number | undefined> {
    return this.#files.get(name)?.size;
  }

  async asBlob(name: string, at: number, length: number): Promise<Blob> {
    const file = this.#files.get(name);
    if (file === undefined || file.size < at + length) throw new StorageError('not-found');
    const parts: Bytes[] = [];
    for (const { index, within, length: take } of chunkStretches(at, length, CHUNK_BYTES)) {
      parts.push(file.chunks.get(index)?.subarray(within, within + take) ?? new Uint8Array(take));
    }
    return new Blob(parts);
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  async removeFolder(folder: string): Promise<void> {
    for (const name of this.#files.keys()) if (name.startsWith(`${folder}/`)) this.#files.delete(name);
  }

  async folders(): Promise<readonly string[]> {
    return [...new Set([...this.#files.keys()].map(name => name.slice(0, name.indexOf('/'))))];
  }

  async close(): Promise<void> {
    this.#files.clear();
  }
}
