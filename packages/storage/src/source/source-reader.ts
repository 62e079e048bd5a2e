import { type Bytes } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import { SourceStreams, type Source } from './source-streams.ts';

/** Bytes kept per offer that is shared from here: what is hashed is soon asked for, and by several receivers. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Windows kept: of files from 8 KiB on as many as fit in {@link KEPT_BYTES}, so that what was hashed need not be opened again for its blocks. */
const KEPT_WINDOWS = 2048;
/**
 * Read in one go, at least: as much as is hashed under one signature, and as a stream holds in Chromium, whose process then fills it in fewer
 * and longer reads. Receivers ask for runs of some MiB in order ([PK7] of the swarm), each of which is several windows.
 */
export const WINDOW_BYTES = 2 * 1024 * 1024;
/** Memory of evicted windows kept for the next ones, bytes; one window at least. */
const SPARE_BYTES = 4 * 1024 * 1024;

interface Window {
  readonly key: string;
  readonly bytes: number;
  readonly data: Promise<Bytes>;
  /** Users whose work on the bytes is not done. */
  users: number;
}

/** Reads ranges of a sharer's own files in large windows, keeps what was read lately, and uses their memory again. */
export class SourceReader {
  readonly #files: readonly (Source | undefined)[];
  readonly #windowBytes: number;
  readonly #streams = new SourceStreams();
  /** Least recently used first. */
  readonly #windows = new Map<string, Window>();
  readonly #spare: ArrayBuffer[] = [];
  #bytes = 0;

  /** @param pieceLength - bytes; ranges asked for lie within a piece */
  constructor(files: readonly (Source | undefined)[], pieceLength: number) {
    this.#files = files;
    this.#windowBytes = Math.max(WINDOW_BYTES, pieceLength);
  }

  /**
   * Works on a range of a file. The bytes are shared with others who use them, must not be changed, and are somebody else's once
   * `work` is done.
   * @throws StorageError 'source-changed' when the file is not any more what it was when it was chosen.
   */
  async use<T>(
    file: number,
    begin: number,
    length: number,
    work: (bytes: Bytes) => T | Promise<T>,
  ): Promise<T> {
    const within = begin % this.#windowBytes;
    const window = this.#window(file, begin - within);
    window.users += 1;
    try {
      const data = await window.data;
      return await work(data.subarray(within, within + length));
    } finally {
      window.users -= 1;
    }
  }

  close(): void {
    this.#streams.close();
    this.#windows.clear();
    this.#spare.length = 0;
    this.#bytes = 0;
  }

  #window(file: number, begin: number): Window {
    const key = `${file}:${begin}`;
    const known = this.#windows.get(key);
    if (known !== undefined) {
      this.#windows.delete(key);
      this.#windows.set(key, known);
      return known;
    }
    const source = this.#files[file];
    if (source === undefined) throw new StorageError('not-found');
    const bytes = Math.min(source.size, begin + this.#windowBytes) - begin;
    this.#makeRoom(bytes);
    const window: Window = { key, bytes, data: this.#read(source, begin, bytes), users: 0 };
    this.#windows.set(key, window);
    this.#bytes += bytes;
    // A failure is not remembered: the file may be readable again.
    window.data.catch(() => this.#forget(window));
    return window;
  }

  async #read(source: Source, begin: number, bytes: number): Promise<Bytes> {
    try {
      if (source.size <= this.#windowBytes) {
        const data = await source.arrayBuffer();
        if (data.byteLength !== source.size) throw new StorageError('source-changed');
        return new Uint8Array(data);
      }
      // What is evicted for this read has to come to the spare ones first.
      await Promise.resolve();
      const memory = this.#spare.pop() ?? new ArrayBuffer(this.#windowBytes);
      return await this.#streams.read(source, begin, bytes, memory);
    } catch (error) {
      throw sourceError(error);
    }
  }

  /** Before the next window is read, so that it can have the memory of the one that goes. */
  #makeRoom(bytes: number): void {
    for (const window of this.#windows.values()) {
      if (this.#bytes + bytes <= KEPT_BYTES && this.#windows.size < KEPT_WINDOWS) return;
      if (window.users > 0) continue;
      this.#forget(window);
      void window.data.then(
        ({ buffer }) => {
          const most = Math.max(1, SPARE_BYTES / this.#windowBytes);
          if (buffer.byteLength === this.#windowBytes && this.#spare.length < most) this.#spare.push(buffer);
        },
        () => undefined,
      );
    }
  }

  #forget(window: Window): void {
    if (this.#windows.get(window.key) !== window) return;
    this.#windows.delete(window.key);
    this.#bytes -= window.bytes;
  }
}

/** Browsers say NotReadableError when size or date differ from when the File was made, NotFoundError when it is gone. */
function sourceError(error: unknown): StorageError {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotReadableError' || name === 'NotFoundError') {
    return new StorageError('source-changed', undefined, { cause: error });
  }
  return toStorageError(error);
}
