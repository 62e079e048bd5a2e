import { expect, test } from 'vitest';
import { SourceReader, WINDOW_BYTES } from './source-reader.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A file whose bytes tell their place, and that notes how it is read. */
class WatchedSource {
  readonly size: number;
  /** `[begin, end]` of each slice that was read whole. */
  readonly reads: [begin: number, end: number][] = [];
  /** Where each stream began, and how many of them were cancelled. */
  readonly streams: number[] = [];
  cancelled = 0;
  /** Bytes that streams have given. */
  streamed = 0;
  broken = false;
  /** Streams fail without saying why, as Chromium's do. */
  failing = false;
  unreadable = false;
  readonly #bytesStreams: boolean;

  constructor(size: number, bytesStreams = true) {
    this.size = size;
    this.#bytesStreams = bytesStreams;
  }

  byteAt(at: number): number {
    return Math.floor(at / KIB) % 251;
  }

  slice(begin: number, end = this.size): Pick<Blob, 'arrayBuffer' | 'stream'> {
    return {
      arrayBuffer: () => {
        this.reads.push([begin, end]);
        if (this.unreadable) return Promise.reject(new DOMException('changed', 'NotReadableError'));
        return Promise.resolve(this.#bytes(begin, this.broken ? begin : end).buffer);
      },
      stream: () => this.#stream(begin, end),
    };
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.slice(0).arrayBuffer();
  }

  #stream(begin: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.streams.push(begin);
    const cancel = (): void => void (this.cancelled += 1);
    if (!this.#bytesStreams) return new ReadableStream({ cancel });
    let at = begin;
    return new ReadableStream({
      type: 'bytes',
      cancel,
      pull: controller => {
        if (this.failing) throw new TypeError('network error');
        const view = controller.byobRequest?.view;
        if (!(view instanceof Uint8Array)) return;
        // Engines give what is there, seldom all that is asked for.
        const length = this.broken ? 0 : Math.min(view.length, 300 * KIB + 7, end - at);
        if (length === 0) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        view.set(this.#bytes(at, at + length));
        at += length;
        this.streamed += length;
        controller.byobRequest?.respond(length);
      },
    });
  }

  #bytes(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(end - begin);
    for (let at = begin; at < end; at = (Math.floor(at / KIB) + 1) * KIB)
      bytes.fill(this.byteAt(at), at - begin, at - begin + KIB);
    return bytes;
  }
}

const first = (bytes: Uint8Array): number => bytes[0] ?? -1;

test('a thousand small files that are hashed and then asked for are read once', async () => {
  const files = Array.from({ length: 1000 }, () => new WatchedSource(4 * KIB));
  const reader = new SourceReader(files, 64 * KIB);
  // The hashes of 2 MiB are told ahead of the blocks, and up to 256 pieces at a time.
  for (let round = 0; round < 2; round += 1)
    for (const file of files.keys()) await reader.use(file, 0, 4 * KIB, () => undefined);
  expect(files.map(({ reads }) => reads.length)).toEqual(files.map(() => 1));
});

test('a file that is read in order is read by one stream, once for all who ask', async () => {
  const source = new WatchedSource(2.5 * WINDOW_BYTES);
  const reader = new SourceReader([source], MIB / 4);
  await Promise.all([reader.use(0, 1024, 4096, first), reader.use(0, 2048, 1024, first)]);
  for (let at = 0; at < source.size; at += MIB / 4)
    expect(await reader.use(0, at, MIB / 4, bytes => [bytes.length, first(bytes), bytes.at(-1)])).toEqual([
      MIB / 4,
      source.byteAt(at),
      source.byteAt(at + MIB / 4 - 1),
    ]);
  expect(source.streams).toEqual([0]);
  expect(source.streamed).toBe(source.size);
});

test('windows asked for at once in order share a stream', async () => {
  const source = new WatchedSource(8 * WINDOW_BYTES);
  const reader = new SourceReader([source], MIB);
  const begins = [2, 3, 4].map(window => window * WINDOW_BYTES);
  const seen = await Promise.all(begins.map(begin => reader.use(0, begin, MIB, first)));
  expect(seen).toEqual(begins.map(begin => source.byteAt(begin)));
  expect(source.streams).toEqual(begins.slice(0, 1));
});

test('whoever jumps gets another stream; the oldest beyond a few is let go', async () => {
  const source = new WatchedSource(64 * WINDOW_BYTES);
  const reader = new SourceReader([source], MIB);
  for (const window of [0, 10, 20, 30, 40, 11, 41]) await reader.use(0, window * WINDOW_BYTES, 1, first);
  expect(source.streams).toEqual([0, 10, 20, 30, 40].map(window => window * WINDOW_BYTES));
  await expect.poll(() => source.cancelled).toBe(1);
  reader.close();
  await expect.poll(() => source.cancelled).toBe(5);
});

test('a stream is opened anew every 64 MiB, so that a file that changes is noticed', async () => {
  const source = new WatchedSource(70 * MIB);
  const reader = new SourceReader([source], 4 * MIB);
  for (let at = 0; at < 70 * MIB; at += 4 * MIB) await reader.use(0, at, 1, first);
  expect(source.streams).toEqual([0, 64 * MIB]);
});

test('a piece larger than a window is a window', async () => {
  const source = new WatchedSource(12 * MIB);
  const reader = new SourceReader([source], 4 * MIB);
  expect(await reader.use(0, 5 * MIB, MIB, first)).toBe(source.byteAt(5 * MIB));
  expect(source.streams).toEqual([4 * MIB]);
  expect(source.streamed).toBe(4 * MIB);
});

test('a small file is read whole', async () => {
  const source = new WatchedSource(3000);
  const reader = new SourceReader([source], MIB);
  expect(await reader.use(0, 1024, 1024, first)).toBe(1);
  expect([source.reads, source.streams]).toEqual([[[0, 3000]], []]);
});

test('an engine without byte streams is read in slices', async () => {
  const source = new WatchedSource(3 * WINDOW_BYTES, false);
  const reader = new SourceReader([source], MIB / 4);
  const begins = [0, 1, 2].map(window => window * WINDOW_BYTES);
  for (const at of begins) expect(await reader.use(0, at, 1, first)).toBe(source.byteAt(at));
  expect(source.streams).toEqual([0]);
  expect(source.reads).toEqual(begins.map(begin => [begin, begin + WINDOW_BYTES]));
});

test('what was read lately is kept, the least recently used goes first, and its memory is used again', async () => {
  const source = new WatchedSource(40 * WINDOW_BYTES);
  const reader = new SourceReader([source], MIB / 4);
  const memories = new Set<ArrayBufferLike>();
  const use = async (window: number): Promise<number> =>
    await reader.use(0, window * WINDOW_BYTES, 1024, bytes => {
      memories.add(bytes.buffer);
      return first(bytes);
    });
  for (let window = 3; window < 40; window += 1) await use(window);
  source.streamed = 0;
  await use(39);
  expect(source.streamed).toBe(0);
  expect(await use(3)).toBe(source.byteAt(3 * WINDOW_BYTES));
  expect(source.streamed).toBe(WINDOW_BYTES);
  // Engines make a new ArrayBuffer for the same memory with each read: what can be seen is that it was handed over.
  const detached = [...memories].filter(memory => memory.byteLength === 0).length;
  expect(detached).toBeGreaterThan(15);
});

test('memory in use is not given to the next window', async () => {
  const source = new WatchedSource(64 * WINDOW_BYTES);
  const reader = new SourceReader([source], MIB);
  let finish = (): void => undefined;
  const done = new Promise<void>(resolve => (finish = () => resolve()));
  const held = reader.use(0, 0, MIB, async bytes => {
    await done;
    return [bytes.length, first(bytes), bytes.at(-1)];
  });
  for (let window = 1; window < 64; window += 1) await reader.use(0, window * WINDOW_BYTES, 1, first);
  finish();
  expect(await held).toEqual([MIB, source.byteAt(0), source.byteAt(MIB - 1)]);
});

test('a stream that fails is asked again in a slice, which works or says why', async () => {
  const source = new WatchedSource(4 * MIB);
  const reader = new SourceReader([source], MIB);
  source.failing = true;
  expect(await reader.use(0, MIB, 1, first)).toBe(source.byteAt(MIB));
  source.unreadable = true;
  await expect(reader.use(0, 2 * MIB, 1, first)).rejects.toMatchObject({ code: 'source-changed' });
});

test.each([true, false])(
  'a file that became shorter is said so, and a failed read is tried again (byte streams: %s)',
  async byob => {
    const source = new WatchedSource(2 * MIB, byob);
    const reader = new SourceReader([source], 1024);
    source.broken = true;
    await expect(reader.use(0, 1024, 1024, first)).rejects.toMatchObject({ code: 'source-changed' });
    source.broken = false;
    expect(await reader.use(0, 1024, 1024, first)).toBe(1);
    await expect(reader.use(1, 0, 1, first)).rejects.toMatchObject({ code: 'not-found' });
  },
);
