import { freeBytes, type Bytes } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';

/** Bytes kept per offer that is shared from here: what is hashed is soon asked for, and by several receivers. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Windows kept: small files would make thousands of tiny ones. */
const KEPT_WINDOWS = 256;
/**
 * Read in one go, at least. Receivers ask for runs of about a 64th of the offer in order ([PK7] of the swarm): a larger window would
 * be read again for each of them.
 */
const WINDOW_BYTES = 1024 * 1024;

/** The part of `Blob` that is used. */
interface Source {
  readonly size: number;
  slice(begin: number, end: number): Pick<Blob, 'arrayBuffer'>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface Window {
  readonly key: string;
  readonly bytes: number;
  readonly data: Promise<Bytes>;
  users: number;
  kept: boolean;
}

/**
 * Reads ranges of a sharer's own files in large windows, and keeps what was read lately. Each read of a Blob costs Chromium six
 * hops between threads, whatever its length: measured, 8 seconds of CPU per GiB in steps of 256 KiB, 3 in steps of 1 MiB. (A stream
 * is no better: read at the speed of a network it falls back to tiny steps.)
 */
export class SourceReader {
  readonly #files: readonly Source[];
  readonly #windowBytes: number;
  /** Least recently used first. */
  readonly #windows = new Map<string, Window>();
  #bytes = 0;

  /** @param pieceLength - bytes; ranges asked for lie within a piece */
  constructor(files: readonly Source[], pieceLength: number) {
    this.#files = files;
    this.#windowBytes = Math.max(WINDOW_BYTES, pieceLength);
  }

  /**
   * Hands `work` a range of a file. The bytes are shared: they must not be changed, nor used after what `work` returns has settled.
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
      if (!window.kept) free(window);
    }
  }

  close(): void {
    for (const window of this.#windows.values()) this.#drop(window);
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
    const end = Math.min(source.size, begin + this.#windowBytes);
    const window: Window = { key, bytes: end - begin, data: read(source, begin, end), users: 0, kept: true };
    this.#windows.set(key, window);
    this.#bytes += window.bytes;
    // A failure is not remembered: the file may be readable again.
    window.data.catch(() => this.#drop(window));
    for (const oldest of this.#windows.values()) {
      if ((this.#bytes <= KEPT_BYTES && this.#windows.size <= KEPT_WINDOWS) || oldest === window) break;
      this.#drop(oldest);
    }
    return window;
  }

  #drop(window: Window): void {
    if (!window.kept) return;
    window.kept = false;
    this.#bytes -= window.bytes;
    this.#windows.delete(window.key);
    free(window);
  }
}

function free(window: Window): void {
  if (window.users > 0) return;
  window.data.then(freeBytes, () => undefined);
}

async function read(source: Source, begin: number, end: number): Promise<Bytes> {
  try {
    const whole = begin === 0 && end === source.size;
    const data = await (whole ? source : source.slice(begin, end)).arrayBuffer();
    if (data.byteLength !== end - begin) throw new StorageError('source-changed');
    return new Uint8Array(data);
  } catch (error) {
    throw sourceError(error);
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
