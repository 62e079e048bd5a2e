import { geometryOf } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { matchFiles, samplePieces } from './matching.ts';

const { files } = geometryOf(64 * 1024, [
  { path: 'trip/a.txt', size: 10 },
  { path: 'trip/b.txt', size: 20 },
  { path: 'trip/deep/a.txt', size: 30 },
  { path: 'empty', size: 0 },
]);
const all = new Set([0, 1, 2, 3]);
const match = (chosen: readonly (readonly [path: string, size: number])[], missing = all) => {
  const { alike, changed } = matchFiles(
    files,
    missing,
    chosen.map(([path, size]) => ({ path, size })),
  );
  return { alike: [...alike].toSorted(), changed: [...changed] };
};

test('the same path and size is the file; another size is another version of it', () => {
  expect(
    match([
      ['trip/b.txt', 21],
      ['trip/a.txt', 10],
    ]),
  ).toEqual({ alike: [[0, 1]], changed: [[1, 0]] });
});

test('a file that moved is found by name and size, a renamed one by size', () => {
  expect(
    match([
      ['other/a.txt', 30],
      ['renamed', 20],
    ]),
  ).toEqual({
    alike: [
      [1, 1],
      [2, 0],
    ],
    changed: [],
  });
});

test('an empty file is known by its path only, and each chosen file is used once', () => {
  expect(match([['nothing', 0]])).toEqual({ alike: [], changed: [] });
  expect(match([['empty', 0]])).toEqual({ alike: [[3, 0]], changed: [] });
  expect(match([['trip/a.txt', 10]], new Set([1, 2]))).toEqual({ alike: [], changed: [] });
});

test('samples are the first, the last and some between; none of what is not known', () => {
  const geometry = geometryOf(64 * 1024, [
    { path: 'large', size: 100 * 64 * 1024 },
    { path: 'small', size: 5 },
  ]);
  const pieces = samplePieces(
    geometry,
    [0, 1],
    piece => piece !== 99,
    () => 0.5,
  ).map(({ piece }) => piece);
  expect(pieces).toContain(0);
  expect(pieces).toContain(100);
  expect(pieces).not.toContain(99);
});

test('of many files some are sampled, of each chosen one the whole few', () => {
  const geometry = geometryOf(
    64 * 1024,
    Array.from({ length: 5000 }, (_, index) => ({ path: `f${index}`, size: 70_000 })),
  );
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const samples = samplePieces(geometry, geometry.files.keys(), () => true, random);
  expect(samples.length).toBe(256);
  expect(new Set(samples.map(({ file }) => file)).size).toBe(128);
  expect(samples.some(({ file }) => file > 2500)).toBe(true);
});
