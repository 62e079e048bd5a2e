import { expect, test } from 'vitest';
import { toBase64Url, toHex, type Bytes } from '../bytes.ts';
import { asPeerId } from '../ids.ts';
import { logBucketDigest, logBucketOf, logRootDigest, type LogState } from './digest.ts';

const id = (first: number) => asPeerId(toBase64Url(new Uint8Array(16).fill(first, 0, 1)));
const state = (first: number, more: Partial<LogState> = {}): LogState => ({
  author: id(first),
  count: 2,
  tip: new Uint8Array(32).fill(first),
  ...more,
});
const hex = (bytes: Bytes) => toHex(bytes);

test('[LD1] the bucket is the first 6 bits of the id', () => {
  for (let byte = 0; byte < 256; byte += 1) expect(logBucketOf(id(byte))).toBe(byte >> 2);
});

test('[LD2] a digest depends on authors, counts, last entries and forks, not on their order', () => {
  const base = [state(1), state(2)];
  const digest = hex(logBucketDigest(base));
  expect(digest).toHaveLength(16);
  expect(hex(logBucketDigest(base.toReversed()))).toBe(digest);
  const others = [
    [state(1)],
    [state(1), state(3)],
    [state(1), state(2, { count: 3 })],
    [state(1), state(2, { tip: new Uint8Array(32) })],
    [state(1), state(2, { forkedFrom: 2 })],
    [state(1), state(2, { forkedFrom: 0 })],
  ];
  const digests = new Set(others.map(states => hex(logBucketDigest(states))));
  expect(digests.size).toBe(others.length);
  expect(digests.has(digest)).toBe(false);
  expect(hex(logBucketDigest([]))).toBe('00'.repeat(8));
});

test('[LD2] the root depends on every bucket', () => {
  const buckets = new Uint8Array(512);
  const root = hex(logRootDigest(buckets));
  expect(root).toHaveLength(32);
  buckets[511] = 1;
  expect(hex(logRootDigest(buckets))).not.toBe(root);
});
