import { geometryOf } from '@shoal/protocol';
import type { OfferedFile } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { expectRoomFor, pieceLengthOf } from './room-bounds.ts';

/** As [GC10] has them. */
const OFFERS = 1_000;
const PIECES = 4_194_304;

const FILE: OfferedFile = { path: 'a', size: 1 };
const one = geometryOf(64 * 1024, [FILE]);
const overfull = expect.objectContaining({ code: 'room-overfull' });

test('[GC10] what others would leave out is refused where it is shared, and what just fits is not', () => {
  const almost = Array.from({ length: OFFERS - 1 }, () => one);
  expect(() => expectRoomFor(almost, [[FILE]])).not.toThrow();
  expect(() => expectRoomFor(almost, [[FILE], [FILE]])).toThrow(overfull);
  expect(() => expectRoomFor([], [])).not.toThrow();
});

test('[GC10] pieces count, however few the files', () => {
  const huge = (pieces: number): OfferedFile => ({ path: 'b', size: pieces * 4 * 1024 * 1024 });
  expect(pieceLengthOf([huge(1024 * 1024)])).toBe(4 * 1024 * 1024);
  const quarters = Array.from({ length: 4 }, () => [huge(PIECES / 4)]);
  expect(() => expectRoomFor([], quarters)).not.toThrow();
  expect(() => expectRoomFor([one], quarters)).toThrow(overfull);
});
