import { type Bytes } from '@shoal/protocol';
import { StorageError } from '../errors.ts';

/** The part of `Blob` that is used. */
export interface Source {
  readonly size: number;
  slice(begin: number, end?: number): Pick<Blob, 'arrayBuffer' | 'stream'>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Streams kept open at a time, each for somebody who goes through a file in order; an open one holds up to 2 MiB in Chromium. */
const MAX_STREAMS = 4;

/** A stream ends here at the latest: the browser compares a file's date only when it opens it. */
const STREAM_BYTES = 64 * 1024 * 1024;

interface Follower {
  readonly source: Source;
  readonly reader: ReadableStreamBYOBReader;
  /** Offset of the first byte that nobody has asked it for. */
  next: number;
  readonly end: number;
  /** Reads follow one another. */
  tail: Promise<unknown>;
}

/**
 * Fills the caller's memory from files through streams that stay open between reads. Measured in Chromium, per GiB read in steps of 1 MiB:
 * a stream read into memory that is used again costs 3 s of CPU, `slice().arrayBuffer()` 21 s, since each makes a pipe and memory of its own.
 */
export class SourceStreams {
  /** Least recently used first. */
  #followers: Follower[] = [];
  #byob = true;

  /**
   * Reads `length` bytes from offset `begin`.
   * @param memory - at least `length` long; detached when the engine reads into it
   * @returns a view on that memory, or on other memory where the engine cannot do that
   * @throws StorageError 'source-changed' when the file has fewer bytes than it had; whatever the browser says of unreadable files.
   */
  async read(source: Source, begin: number, length: number, memory: ArrayBuffer): Promise<Bytes> {
    const follower = this.#followerAt(source, begin);
    if (follower === undefined) return await readSlice(source, begin, length);
    const filled = follower.tail.then(async () => await fill(follower.reader, length, memory));
    follower.next = begin + length;
    follower.tail = filled;
    try {
      return await filled;
    } catch (error) {
      this.#end(follower);
      if (error instanceof StorageError) throw error;
      // A stream says only that it failed; a read by itself either works or says why.
      return await readSlice(source, begin, length);
    } finally {
      if (follower.next >= follower.end) this.#end(follower);
    }
  }

  close(): void {
    for (const follower of this.#followers) this.#end(follower);
  }

  #followerAt(source: Source, begin: number): Follower | undefined {
    const known = this.#followers.find(other => other.source === source && other.next === begin);
    if (known !== undefined) {
      this.#followers = [...this.#followers.filter(other => other !== known), known];
      return known;
    }
    const end = Math.min(source.size, begin + STREAM_BYTES);
    const reader = this.#byob ? this.#open(source, begin, end) : undefined;
    if (reader === undefined) return undefined;
    const follower: Follower = { source, reader, next: begin, end, tail: Promise.resolve() };
    this.#followers.push(follower);
    const [oldest] = this.#followers;
    if (this.#followers.length > MAX_STREAMS && oldest !== undefined) this.#end(oldest);
    return follower;
  }

  #open(source: Source, begin: number, end: number): ReadableStreamBYOBReader | undefined {
    const stream = source.slice(begin, end).stream();
    try {
      return stream.getReader({ mode: 'byob' });
    } catch {
      // An engine whose Blob streams are not byte streams.
      this.#byob = false;
      void stream.cancel();
      return undefined;
    }
  }

  #end(follower: Follower): void {
    this.#followers = this.#followers.filter(other => other !== follower);
    // After what is being read; a stream that has failed already has nothing to cancel.
    follower.tail
      .catch(() => undefined)
      .then(() => follower.reader.cancel())
      .catch(() => undefined);
  }
}

async function readSlice(source: Source, begin: number, length: number): Promise<Bytes> {
  const data = await source.slice(begin, begin + length).arrayBuffer();
  if (data.byteLength !== length) throw new StorageError('source-changed');
  return new Uint8Array(data);
}

async function fill(reader: ReadableStreamBYOBReader, length: number, memory: ArrayBuffer): Promise<Bytes> {
  let buffer = memory;
  for (let filled = 0; filled < length;) {
    const { value, done } = await reader.read(new Uint8Array(buffer, filled, length - filled));
    if (done || !(value.buffer instanceof ArrayBuffer)) throw new StorageError('source-changed');
    buffer = value.buffer;
    filled += value.length;
  }
  return new Uint8Array(buffer, 0, length);
}
