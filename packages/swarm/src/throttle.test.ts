import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Throttle } from './throttle.ts';

/** Bytes that go through in `ms`, in blocks of `block`, when something always waits. */
function through(throttle: Throttle, from: number, ms: number, block: number): number {
  let bytes = 0;
  for (let now = from; now < from + ms;) {
    const wait = throttle.waitMs(now);
    if (wait > 0) now += wait;
    else {
      throttle.take(block);
      bytes += block;
    }
  }
  return bytes;
}

test('[CP1] a cap holds, whatever the rate and the size of blocks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 20_000_000 }),
      fc.constantFrom(16_384, 131_072),
      (rate, block) => {
        const throttle = new Throttle();
        throttle.set(rate, 0);
        const bytes = through(throttle, 0, 60_000, block);
        expect(bytes).toBeLessThanOrEqual(rate * 60 + block);
        expect(bytes).toBeGreaterThanOrEqual(rate * 60 - block);
      },
    ),
    { numRuns: 60 },
  );
});

test('[CP1] an idle hour gives a quarter of a second’s burst, no more', () => {
  const throttle = new Throttle();
  throttle.set(1_000_000, 0);
  expect(through(throttle, 3_600_000, 1, 16_384)).toBeLessThanOrEqual(250_000 + 2 * 16_384);
});

test('[CP2] a change counts at once: lifted, lowered, raised out of debt', () => {
  const throttle = new Throttle();
  expect(throttle.waitMs(0)).toBe(0);
  throttle.set(1_000, 0);
  throttle.take(131_072);
  expect(throttle.waitMs(1_000)).toBeGreaterThan(100_000);
  throttle.set(10_000_000, 1_000);
  expect(throttle.waitMs(1_000)).toBe(0);
  throttle.take(131_072);
  throttle.set(undefined, 1_000);
  expect(throttle.waitMs(1_000)).toBe(0);
});
