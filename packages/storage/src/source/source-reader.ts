import type { Bytes } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import { openBlobStream, type BlobStream } from './byte-stream.ts';

interface Cursor {
  readonly file: number;
  readonly stream: BlobStream;
  /** Offset in the file of the next byte of the stream. */
  at: number;
}

/**
 * Reads ranges of a sharer's own files for one reader (the hasher, or who serves). A reader that goes from front to back gets
 * a stream after its second step; one that jumps gets slices.
 */
export class SourceReader {
  readonly #files: readonly File[];
  #cursor: Cursor | undefined;
  #last = { file: -1, end: 0 };
  /** A stream can be read by one at a time, and the order of asking is the order of the file. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(files: readonly File[]) {
    this.#files = files;
  }

  /** @throws StorageError 'source-changed' when the file is not any more what it was when it was chosen. */
  read(file: number, begin: number, length: number): Promise<Bytes> {
    const sequential = this.#last.file === file && this.#last.end === begin;
    this.#last = { file, end: begin + length };
    if (!sequential) return this.#slice(file, begin, length);
    const turn = this.#queue.then(() => this.#stream(file, begin, length));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#dropCursor();
  }

  async #slice(file: number, begin: number, length: number): Promise<Bytes> {
    try {
      const data = await this.#file(file)
        .slice(begin, begin + length)
        .arrayBuffer();
      if (data.byteLength !== length) throw new StorageError('source-changed');
      return new Uint8Array(data);
    } catch (error) {
      throw sourceError(error);
    }
  }

  async #stream(file: number, begin: number, length: number): Promise<Bytes> {
    try {
      if (this.#cursor?.file !== file || this.#cursor.at !== begin) {
        await this.#dropCursor();
        this.#cursor = { file, at: begin, stream: openBlobStream(this.#file(file).slice(begin)) };
      }
      const data = await this.#cursor.stream.take(length);
      this.#cursor.at += length;
      if (this.#cursor.at >= this.#file(file).size) await this.#dropCursor();
      return data;
    } catch {
      // Streams fail with a bare "network error" in Chromium; a slice says what is wrong, or gets by.
      await this.#dropCursor();
      return this.#slice(file, begin, length);
    }
  }

  async #dropCursor(): Promise<void> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    // A stream that has failed cannot be cancelled either, and nothing depends on it.
    await cursor?.stream.cancel().catch(() => undefined);
  }

  #file(index: number): File {
    const file = this.#files[index];
    if (file === undefined) throw new StorageError('not-found');
    return file;
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
