import { describe, expect, test } from 'vitest';
import {
  countOf,
  formatBytes,
  formatPercent,
  formatRate,
  formatTimeLeft,
  progressAttribute,
} from './format.ts';

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1536, '1.5 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_073_741_824, '1.1 GB'],
    [5e12, '5.0 TB'],
    [2e18, '2000 PB'],
    [-5, '0 B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(plain(formatBytes(bytes))).toBe(text);
  });

  test('a number never parts from its unit', () => {
    expect(formatRate(1500)).toBe('1.5\u00a0kB/s');
  });
});

describe('progress', () => {
  test('says 100 % only of what is all there', () => {
    expect(plain(formatPercent(0.9999))).toBe('99 %');
    expect(plain(formatPercent(1))).toBe('100 %');
    expect(plain(formatPercent(Number.NaN))).toBe('0 %');
  });

  test('the attribute is 1 only at the end, and short before', () => {
    expect(progressAttribute(0.99999)).toBe('0.9999');
    expect(progressAttribute(1)).toBe('1');
    expect(progressAttribute(1 / 3)).toBe('0.3333');
  });
});

describe('time left', () => {
  test.each([
    [0, 'a few seconds'],
    [12, 'about 20 s'],
    [50, 'about 50 s'],
    [58, 'about 1 min'],
    [130, 'about 2 min'],
    [3540, 'about 59 min'],
    [3600, 'about 1 h'],
    [4800, 'about 1 h 20 min'],
    [7190, 'about 2 h'],
    [7080, 'about 2 h'],
    [40_000, 'about 11 h'],
    [400_000, 'about 5 days'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(plain(formatTimeLeft(seconds))).toBe(text);
  });

  test('says nothing when nothing is known', () => {
    expect(formatTimeLeft(undefined)).toBeUndefined();
    expect(formatTimeLeft(Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});

test('counts', () => {
  expect(countOf(1, 'file')).toBe('1 file');
  expect(countOf(12_000, 'file')).toBe('12,000 files');
  expect(countOf(2, 'person', 'people')).toBe('2 people');
});
