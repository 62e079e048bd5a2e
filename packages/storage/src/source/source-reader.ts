import type { Bytes } from '@shoal/protocol';
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
   * A range of a file. The bytes are shared with others who read it: they must not be changed.
   * @throws StorageError 'source-changed' when the file is not any more what it was when it was chosen.
   */
  async read(file: number, begin: number, length: number): Promise<Bytes> {
    const within = begin % this.#windowBytes;
    const data = await this.#window(file, begin - within).data;
    return data.subarray(within, within + length);
  }

  close(): void {
    this.#windows.clear();
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
    const end = Math.min(source.size, begin + this.#windowBytes);
    const window: Window = { key, bytes: end - begin, data: readBlob(source, begin, end) };
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
    if (this.#windows.get(window.key) !== window) return;
    this.#windows.delete(window.key);
    this.#bytes -= window.bytes;
  }
}

async function readBlob(source: Source, begin: number, end: number): Promise<Bytes> {
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
