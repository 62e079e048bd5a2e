import { expect, test } from 'vitest';
import { uniquePaths } from './unique-paths.ts';

test('the second of a name gets a number before its extension, never one that is taken', () => {
  expect(uniquePaths(['a/b.txt', 'a/b.txt', 'a/b (2).txt', 'a.d/b', 'a.d/b', '.x', '.x', 'a/b.txt'])).toEqual(
    ['a/b.txt', 'a/b (2).txt', 'a/b (2) (2).txt', 'a.d/b', 'a.d/b (2)', '.x', '.x (2)', 'a/b (3).txt'],
  );
});

test('the number does not make a name longer than file systems take', () => {
  const [, second = ''] = uniquePaths([`a/${'n'.repeat(251)}.txt`, `a/${'n'.repeat(251)}.txt`]);
  expect(second).toBe(`a/${'n'.repeat(247)} (2).txt`);
});

test('one text in two Unicode forms is one name', () => {
  expect(new Set(uniquePaths(['\u00e9', 'e\u0301']).map(path => path.normalize())).size).toBe(2);
});
