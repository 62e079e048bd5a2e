import { geometryOf } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { batchGrid } from './hash-driver.ts';

const MIB = 1024 * 1024;

test('a large file is hashed in runs of 1 MiB that tile it', () => {
  const grid = batchGrid(geometryOf(256 * 1024, [{ path: 'a', size: 4 * MIB + 1 }]));
  expect(grid.map(({ first, count }) => [first, count])).toEqual([
    [0, 4],
    [4, 4],
    [8, 4],
    [12, 4],
    [16, 1],
  ]);
});

test('small files share a run, up to 256 of them', () => {
  const files = Array.from({ length: 600 }, (_, i) => ({ path: String(i), size: 10 }));
  expect(batchGrid(geometryOf(64 * 1024, files)).map(({ count }) => count)).toEqual([256, 256, 88]);
});

test('a piece that is larger than a run is a run of its own', () => {
  expect(batchGrid(geometryOf(4 * MIB, [{ path: 'a', size: 9 * MIB }])).map(({ count }) => count)).toEqual([
    1, 1, 1,
  ]);
});

test('empty files need no hashing', () => {
  expect(batchGrid(geometryOf(64 * 1024, [{ path: 'a', size: 0 }]))).toEqual([]);
});
