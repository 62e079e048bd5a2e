import { expect, test } from 'vitest';
import { SourceReader } from './source-reader.ts';

const MIB = 1024 * 1024;

/** Notes what is read of it, and what of that is given back. */
class WatchedSource {
  readonly size: number;
  readonly reads: [begin: number, end: number][] = [];
  readonly freed: number[] = [];
  broken = false;

  constructor(size: number) {
    this.size = size;
  }

  slice(begin: number, end: number): Pick<Blob, 'arrayBuffer'> {
    this.reads.push([begin, end]);
    const data = new Uint8Array(this.broken ? 0 : end - begin).fill((begin / 1024) % 256);
    const transfer = (): number => this.freed.push(begin);
    return { arrayBuffer: () => Promise.resolve(Object.assign(data.buffer, { transfer })) };
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.slice(0, this.size).arrayBuffer();
  }
}

const firstByte = (bytes: Uint8Array): number => bytes[0] ?? -1;

test('a file is read in large windows, once for all who ask', async () => {
  const source = new WatchedSource(2.5 * MIB);
  const reader = new SourceReader([source], MIB / 4);
  await Promise.all([reader.use(0, 1024, 4096, firstByte), reader.use(0, 2048, 1024, firstByte)]);
  for (let at = 0; at < 2.5 * MIB; at += MIB / 4) await reader.use(0, at, MIB / 4, firstByte);
  expect(source.reads).toEqual([
    [0, MIB],
    [MIB, 2 * MIB],
    [2 * MIB, 2.5 * MIB],
  ]);
});

test('a piece larger than a window is a window', async () => {
  const source = new WatchedSource(12 * MIB);
  await new SourceReader([source], 4 * MIB).use(0, 5 * MIB, MIB, firstByte);
  expect(source.reads).toEqual([[4 * MIB, 8 * MIB]]);
});

test('the least recently used goes first, and its memory stays as long as it is in use', async () => {
  const source = new WatchedSource(40 * MIB);
  const reader = new SourceReader([source], MIB / 4);
  let finish = (): void => undefined;
  const until = new Promise<void>(resolve => (finish = resolve));
  const slow = reader.use(0, 3 * MIB, 1024, () => until);
  for (let at = 4; at < 40; at += 1) await reader.use(0, at * MIB, 1024, firstByte);
  expect(source.freed).not.toContain(3 * MIB);
  finish();
  await slow;
  await expect.poll(() => source.freed).toContain(3 * MIB);
  source.reads.length = 0;
  await reader.use(0, 39 * MIB, 1024, firstByte);
  expect(source.reads).toEqual([]);
  await reader.use(0, 3 * MIB, 1024, firstByte);
  expect(source.reads).toEqual([[3 * MIB, 4 * MIB]]);
});

test('a file that became shorter is said so, and a failed read is tried again', async () => {
  const source = new WatchedSource(MIB);
  const reader = new SourceReader([source], 1024);
  source.broken = true;
  await expect(reader.use(0, 1024, 1024, firstByte)).rejects.toMatchObject({ code: 'source-changed' });
  source.broken = false;
  await reader.use(0, 1024, 1024, firstByte);
  await expect(reader.use(1, 0, 1, firstByte)).rejects.toMatchObject({ code: 'not-found' });
});
