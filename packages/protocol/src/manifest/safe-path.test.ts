import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../bytes.ts';
import { safePath, safePaths } from './safe-path.ts';

describe('[MF1] what could do harm is taken out', () => {
  test.each([
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../b', 'a/b'],
    ['/etc/passwd', 'etc/passwd'],
    ['//server/share', 'server/share'],
    ['C:\\Windows\\cmd.exe', 'C_/Windows/cmd.exe'],
    ['a\\b', 'a/b'],
    ['a:stream', 'a_stream'],
    ['', 'unnamed'],
    ['.', 'unnamed'],
    ['..', 'unnamed'],
    ['/', 'unnamed'],
    [' . . ', 'unnamed'],
    ['.. /x', 'x'],
    ['a.', 'a'],
    ['a. . /b ', 'a/b'],
    ['a\0b\nc\x7fd', 'a_b_c_d'],
    ['gpj.\u202Eexe', 'gpj._exe'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['Aux .tar.gz', '_Aux .tar.gz'],
    ['COM1', '_COM1'],
    ['lpt9.x', '_lpt9.x'],
    ['console', 'console'],
    ['a/nul', 'a/_nul'],
    ['aux/b', '_aux/b'],
    ['a/prn .x/b', 'a/_prn .x/b'],
    ['a/', 'a'],
    ['a//b', 'a/b'],
    ['a./b', 'a/b'],
    ['a/. /b', 'a/b'],
    ['a\ud800b', 'a_b'],
  ])('%j becomes %j', (raw, safe) => {
    expect(safePath(raw)).toBe(safe);
  });

  test.each(['a b/c d.txt', '.gitignore', 'x..y', ' leading', '😀/😀.png', 'What?.mp3', 'a/b/c/d', '…'])(
    '[MF4] %j stays',
    path => {
      expect(safePath(path)).toBe(path);
    },
  );
});

test('[MF4] composed and decomposed forms stay as they are, and distinct', () => {
  const paths = ['\u00e9.txt', 'e\u0301.txt'];
  expect(safePaths(paths)).toEqual(paths);
});

test('[MF5] a long name is cut on a code point boundary and keeps its extension', () => {
  const cut = safePath(`${'😀'.repeat(100)}.tar.gz`);
  expect(cut).toBe(`${'😀'.repeat(63)}.gz`);
  expect(utf8(cut).length).toBeLessThanOrEqual(255);
  const fits = `${'😀'.repeat(62)}abc.txt`;
  expect(utf8(fits).length).toBe(255);
  expect(safePath(fits)).toBe(fits);
  expect(utf8(safePath(`${'x'.repeat(300)}.${'y'.repeat(40)}`)).length).toBe(255);
});

test('[MF5] a cut never uncovers a device name or a trailing dot', () => {
  expect(safePath(`CON${' '.repeat(260)}abc.txt`)).toMatch(/^_CON/);
  expect(safePath(`${'x'.repeat(254)}. y`)).toBe('x'.repeat(254));
});

test('[MF5] a path that is too long or too deep keeps its end', () => {
  const deep = safePath(`${'d/'.repeat(500)}file`);
  expect(deep.split('/').length).toBe(128);
  expect(deep.endsWith('d/file')).toBe(true);
  const long = safePath(`${`${'d'.repeat(250)}/`.repeat(50)}file`);
  expect(utf8(long).length).toBeLessThanOrEqual(4096);
  expect(long.endsWith('d/file')).toBe(true);
});

/** Texts made of what makes trouble, beside any text at all. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '.',
        '..',
        '/',
        '\\',
        ' ',
        ':',
        'C:',
        'CON',
        'nul',
        '\0',
        '😀',
        'é',
        '\ud800',
        '.txt',
        '(2)',
        ' (2)',
      ),
      { maxLength: 40 },
    )
    .map(parts => parts.join('')),
  fc
    .array(fc.constantFrom('😀', 'x'.repeat(60), '.', ' ', 'con'), { maxLength: 90 })
    .map(parts => parts.join('')),
);

test('[MF1] [MF2] every result is harmless, and stays as it is when cleaned again', () => {
  fc.assert(
    fc.property(nasty, raw => {
      const path = safePath(raw);
      expect(safePath(path)).toBe(path);
      expect(utf8(path).length).toBeLessThanOrEqual(4096);
      for (const segment of path.split('/')) {
        expect(segment).not.toBe('');
        expect(utf8(segment).length).toBeLessThanOrEqual(255);
        expect(segment).not.toMatch(/[\\:\p{Cc}\p{Surrogate}\u202a-\u202e]|[. ]$/u);
        expect(segment).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
      }
    }),
    { numRuns: 1000 },
  );
});

test('[MF3] exact duplicates are numbered before the extension, the first keeps its name', () => {
  expect(safePaths(['a.txt', 'a.txt', './a.txt', 'd/a.txt', 'a (2).txt'])).toEqual([
    'a.txt',
    'a (3).txt',
    'a (4).txt',
    'd/a.txt',
    'a (2).txt',
  ]);
});

test('[MF3] numbered names that are cut to the same text, or make a path too long, are still distinct and harmless', () => {
  const long = ['a', 'b'].map(end => 'x'.repeat(254) + end);
  const cut = safePaths([...long, ...long, ...long]);
  expect(new Set(cut).size).toBe(6);
  expect(cut.map(safePath)).toEqual(cut);
  const full = `${`${'d'.repeat(254)}/`.repeat(16)}${'f'.repeat(16)}`;
  expect(utf8(full).length).toBe(4096);
  const twice = safePaths([full, full]);
  expect(twice.map(safePath)).toEqual(twice);
  expect(new Set(twice).size).toBe(2);
});

test('[MF4] names that differ only by case stay distinct and unchanged', () => {
  const paths = ['Readme.md', 'README.md', 'readme.md'];
  expect(safePaths(paths)).toEqual(paths);
});

test('[MF2] [MF3] the results are distinct, each harmless, and stable', () => {
  const repeated = fc
    .array(nasty, { maxLength: 8 })
    .chain(some => fc.shuffledSubarray([...some, ...some, ...some]));
  fc.assert(
    fc.property(repeated, raw => {
      const paths = safePaths(raw);
      expect(paths.length).toBe(raw.length);
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths.map(safePath)).toEqual(paths);
      expect(safePaths(paths)).toEqual(paths);
    }),
  );
});

test('[MF3] ten thousand equal names take no quadratic time', () => {
  const paths = safePaths(Array.from({ length: 10_000 }, () => 'same.bin'));
  expect(new Set(paths).size).toBe(10_000);
  expect(paths.at(-1)).toBe('same (10000).bin');
});

test('[MF1] a name of a million spaces is cleaned in linear time', () => {
  expect(safePath(`a${' '.repeat(1_000_000)}b`)).toBe('a');
});
