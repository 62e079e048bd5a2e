import { expect, test, vi } from 'vitest';
import { SpareFrames } from './spare-frames.ts';

test('a read gets the smallest frame that holds it', () => {
  const spare = new SpareFrames();
  for (const length of [64, 16, 128, 32]) spare.put(new ArrayBuffer(length));
  expect(spare.take(20)?.byteLength).toBe(32);
  expect(spare.take(20)?.byteLength).toBe(64);
  expect(spare.take(129)).toBeUndefined();
  expect(spare.take(128)?.byteLength).toBe(128);
  expect(spare.take(17)).toBeUndefined();
  expect(spare.take(16)?.byteLength).toBe(16);
});

test('few are kept, and those are the large ones', () => {
  const spare = new SpareFrames();
  for (let length = 100; length > 0; length -= 1) spare.put(new ArrayBuffer(length));
  const kept = Array.from({ length: 100 }, () => spare.take(1)?.byteLength).filter(
    length => length !== undefined,
  );
  expect(kept).toEqual(Array.from({ length: 32 }, (_, index) => 69 + index));
});

test('each frame that is used again counts as work that leaves garbage behind', () => {
  const reminder = { did: vi.fn<(bytes: number) => void>() };
  const spare = new SpareFrames(reminder);
  for (const length of [64, 16]) spare.put(new ArrayBuffer(length));
  spare.take(20);
  expect(reminder.did.mock.calls).toEqual([[64], [16]]);
});
