import { expect, test } from 'vitest';
import { PartialPieces, PieceBuffers } from './partial-pieces.ts';

const kept = (): void => undefined;
const block = (length: number, fill: number) => new Uint8Array(length).fill(fill);

test('blocks in any order make the piece, in a buffer that was used before', () => {
  const buffers = new PieceBuffers(100, kept);
  const pieces = new PartialPieces(buffers);
  pieces.place(0, 4, 0, block(2, 9));
  pieces.discard(0);
  expect(buffers.used).toBe(0);
  expect(pieces.place(1, 4, 2, block(2, 2)).type).toBe('waiting');
  expect(pieces.place(1, 4, 2, block(2, 7)).type).toBe('ignored');
  const placed = pieces.place(1, 4, 0, block(2, 1));
  expect(placed).toEqual({ type: 'complete', data: new Uint8Array([1, 1, 2, 2]) });
  expect(buffers.used).toBe(4);
});

test('overlapping blocks are malformed, and their memory comes back', () => {
  const buffers = new PieceBuffers(100, kept);
  const pieces = new PartialPieces(buffers);
  pieces.place(0, 4, 0, block(2, 1));
  expect(pieces.place(0, 4, 1, block(2, 1)).type).toBe('malformed');
  expect(pieces.place(0, 4, 3, block(2, 1)).type).toBe('malformed');
  expect(buffers.used).toBe(0);
});

test('an unused buffer is taken again, and few are kept', () => {
  const freed: ArrayBuffer[] = [];
  const buffers = new PieceBuffers(1000, memory => freed.push(memory));
  const first = buffers.take(8) ?? block(8, 0);
  buffers.giveBack(first);
  expect(buffers.take(8)).toBe(first);
  buffers.giveBack(first);
  for (let length = 100; length < 140; length += 1)
    buffers.giveBack(buffers.take(length) ?? block(length, 0));
  expect(freed.length).toBe(9);
  expect(freed[0]).toBe(first.buffer);
  expect(buffers.take(8)).not.toBe(first);
  expect(buffers.take(1000)).toBeUndefined();
});
