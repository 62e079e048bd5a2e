import { expect, test } from 'vitest';
import { SourceReader } from './source-reader.ts';

const MIB = 1024 * 1024;

/** Notes what is read of it. */
class WatchedSource {
  readonly size: number;
  readonly reads: [begin: number, end: number][] = [];
  broken = false;

  constructor(size: number) {
    this.size = size;
  }

  slice(begin: number, end: number): Pick<Blob, 'arrayBuffer'> {
    this.reads.push([begin, end]);
    const data = new Uint8Array(this.broken ? 0 : end - begin).fill((begin / 1024) % 256);
    return { arrayBuffer: () => Promise.resolve(data.buffer) };
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.slice(0, this.size).arrayBuffer();
  }
}

test('a file is read in large windows, once for all who ask', async () => {
  const source = new WatchedSource(2.5 * MIB);
  const reader = new SourceReader([source], MIB / 4);
  await Promise.all([reader.read(0, 1024, 4096), reader.read(0, 2048, 1024)]);
  for (let at = 0; at < 2.5 * MIB; at += MIB / 4) await reader.read(0, at, MIB / 4);
  expect(source.reads).toEqual([
    [0, MIB],
    [MIB, 2 * MIB],
    [2 * MIB, 2.5 * MIB],
  ]);
});

test('a piece larger than a window is a window', async () => {
  const source = new WatchedSource(12 * MIB);
  await new SourceReader([source], 4 * MIB).read(0, 5 * MIB, MIB);
  expect(source.reads).toEqual([[4 * MIB, 8 * MIB]]);
});

test('what was read lately is kept, the least recently used goes first', async () => {
  const source = new WatchedSource(40 * MIB);
  const reader = new SourceReader([source], MIB / 4);
  for (let at = 3; at < 40; at += 1) await reader.read(0, at * MIB, 1024);
  source.reads.length = 0;
  await reader.read(0, 39 * MIB, 1024);
  expect(source.reads).toEqual([]);
  await reader.read(0, 3 * MIB, 1024);
  expect(source.reads).toEqual([[3 * MIB, 4 * MIB]]);
});

test('a file that became shorter is said so, and a failed read is tried again', async () => {
  const source = new WatchedSource(MIB);
  const reader = new SourceReader([source], 1024);
  source.broken = true;
  await expect(reader.read(0, 1024, 1024)).rejects.toMatchObject({ code: 'source-changed' });
  source.broken = false;
  await reader.read(0, 1024, 1024);
  await expect(reader.read(1, 0, 1)).rejects.toMatchObject({ code: 'not-found' });
});
