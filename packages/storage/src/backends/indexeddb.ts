import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import * as v from 'valibot';
import type { Bytes } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import type { ByteStore } from './byte-store.ts';
import { chunkStretches, copyStretch } from './chunks.ts';

/** Bytes per record: large enough for 0.3 GB/s, small enough that a 64 KiB piece does not rewrite much. */
const CHUNK_BYTES = 256 * 1024;
/** Above every character that a name may hold, so that `[folder/, folder/￿)` is a folder's key range. */
const LAST = '\uffff';

interface ChunkSchema extends DBSchema {
  files: { key: string; value: number };
  chunks: { key: [string, number]; value: Bytes };
}

const chunkValue = v.instance(Uint8Array<ArrayBuffer>);

/**
 * Bytes in IndexedDB records keyed [file, chunk]. Writes are held in memory until `flush`, which stores all of them in one
 * transaction: that is both faster and exactly the promise of the port. The caller bounds what is unflushed.
 */
export class IndexedDbByteStore implements ByteStore {
  readonly kind = 'indexeddb';
  readonly #db: IDBPDatabase<ChunkSchema>;
  /** Unflushed chunks, by file, then index. */
  readonly #dirty = new Map<string, Map<number, Bytes>>();
  readonly #sizes = new Map<string, number>();
  /** Writes to one file are read-modify-write on shared chunks, so they queue up. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(db: IDBPDatabase<ChunkSchema>) {
    this.#db = db;
  }

  /** @param place - names the database, one per room and scope. */
  static async open(place: string): Promise<IndexedDbByteStore> {
    try {
      const db = await openDB<ChunkSchema>(databaseName(place), 1, {
        upgrade(fresh) {
          fresh.createObjectStore('files');
          fresh.createObjectStore('chunks');
        },
        blocking: (_current, _blocked, event) => {
          if (event.target instanceof IDBDatabase) event.target.close();
        },
      });
      return new IndexedDbByteStore(db);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** Deletes everything stored under a place. */
  static async destroy(place: string): Promise<void> {
    await deleteDB(databaseName(place));
  }

  writeAt(file: string, at: number, data: Bytes): Promise<void> {
    return this.#serial(async () => {
      const dirty = this.#dirty.get(file) ?? new Map<number, Bytes>();
      this.#dirty.set(file, dirty);
      let taken = 0;
      for (const stretch of chunkStretches(at, data.length, CHUNK_BYTES)) {
        let chunk = dirty.get(stretch.index);
        if (chunk === undefined) {
          // A copy of what is stored: the record must stay as it is until the flush.
          const stored = await this.#stored(file, stretch.index);
          chunk = new Uint8Array(CHUNK_BYTES);
          if (stored !== undefined) chunk.set(stored);
          dirty.set(stretch.index, chunk);
        }
        chunk.set(data.subarray(taken, taken + stretch.length), stretch.within);
        taken += stretch.length;
      }
      this.#sizes.set(file, Math.max((await this.size(file)) ?? 0, at + data.length));
    });
  }

  async readAt(file: string, at: number, into: Bytes): Promise<void> {
    const size = await this.size(file);
    if (size === undefined || size < at + into.length) throw new StorageError('not-found');
    let taken = 0;
    for (const stretch of chunkStretches(at, into.length, CHUNK_BYTES)) {
      const chunk = this.#dirty.get(file)?.get(stretch.index) ?? (await this.#stored(file, stretch.index));
      copyStretch(chunk, stretch, into, taken);
      taken += stretch.length;
    }
  }

  flush(files: Iterable<string>): Promise<void> {
    return this.#serial(async () => {
      const named = [...files].filter(file => this.#dirty.has(file));
      if (named.length === 0) return;
      // Relaxed: the order "bytes, then bitfield" is kept by waiting for `done`, and losing both in a power cut is safe.
      const transaction = this.#db.transaction(['files', 'chunks'], 'readwrite', { durability: 'relaxed' });
      const writes: Promise<unknown>[] = [];
      for (const file of named) {
        writes.push(transaction.objectStore('files').put(this.#sizes.get(file) ?? 0, file));
        for (const [index, chunk] of this.#dirty.get(file) ?? []) {
          writes.push(transaction.objectStore('chunks').put(chunk, [file, index]));
        }
      }
      await Promise.all([...writes, transaction.done]);
      for (const file of named) this.#dirty.delete(file);
    });
  }

  async size(file: string): Promise<number | undefined> {
    const known = this.#sizes.get(file);
    if (known !== undefined) return known;
    const stored = v.safeParse(v.number(), await this.#try(() => this.#db.get('files', file)));
    if (!stored.success) return undefined;
    this.#sizes.set(file, stored.output);
    return stored.output;
  }

  async asBlob(file: string, at: number, length: number): Promise<Blob> {
    // One Blob per chunk hands the bytes to the browser's blob store, which spills to disk, instead of holding them here.
    const parts: Blob[] = [];
    for (const { index, within, length: take } of chunkStretches(at, length, CHUNK_BYTES)) {
      const part = new Uint8Array(take);
      await this.readAt(file, index * CHUNK_BYTES + within, part);
      parts.push(new Blob([part]));
    }
    return new Blob(parts);
  }

  remove(file: string): Promise<void> {
    return this.#serial(() => this.#removeRange(IDBKeyRange.only(file), [file, 0], [file, Infinity]));
  }

  removeFolder(folder: string): Promise<void> {
    const [low, high] = [`${folder}/`, `${folder}/${LAST}`];
    return this.#serial(() => this.#removeRange(IDBKeyRange.bound(low, high), [low, 0], [high, Infinity]));
  }

  async folders(): Promise<readonly string[]> {
    const names = await this.#try(() => this.#db.getAllKeys('files'));
    return [...new Set(names.map(name => name.slice(0, name.indexOf('/'))))];
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#db.close();
  }

  async #removeRange(files: IDBKeyRange, low: [string, number], high: [string, number]): Promise<void> {
    for (const map of [this.#dirty, this.#sizes]) {
      for (const name of map.keys()) if (files.includes(name)) map.delete(name);
    }
    const transaction = this.#db.transaction(['files', 'chunks'], 'readwrite');
    await Promise.all([
      transaction.objectStore('files').delete(files),
      transaction.objectStore('chunks').delete(IDBKeyRange.bound(low, high)),
      transaction.done,
    ]);
  }

  async #stored(file: string, index: number): Promise<Bytes | undefined> {
    const value = v.safeParse(chunkValue, await this.#try(() => this.#db.get('chunks', [file, index])));
    return value.success ? value.output : undefined;
  }

  async #serial<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#try(work));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

function databaseName(place: string): string {
  return `shoal-bytes/${place}`;
}
