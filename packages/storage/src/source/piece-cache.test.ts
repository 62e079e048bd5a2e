import { expect, test } from 'vitest';
import { PieceCache } from './piece-cache.ts';

const reader = (): { reads: number[]; read: (piece: number) => () => Promise<Uint8Array<ArrayBuffer>> } => {
  const reads: number[] = [];
  return {
    reads,
    read: piece => async () => {
      reads.push(piece);
      return new Uint8Array(10);
    },
  };
};

test('a piece is read once for all who ask, and the least recently used goes first', async () => {
  const cache = new PieceCache(20);
  const { reads, read } = reader();
  await Promise.all([cache.get(1, 10, read(1)), cache.get(1, 10, read(1))]);
  await cache.get(2, 10, read(2));
  await cache.get(1, 10, read(1));
  await cache.get(3, 10, read(3));
  await cache.get(1, 10, read(1));
  await cache.get(2, 10, read(2));
  expect(reads).toEqual([1, 2, 3, 2]);
});

test('a failed read is tried again', async () => {
  const cache = new PieceCache(20);
  const { reads, read } = reader();
  await expect(cache.get(1, 10, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await cache.get(1, 10, read(1));
  expect(reads).toEqual([1]);
});
