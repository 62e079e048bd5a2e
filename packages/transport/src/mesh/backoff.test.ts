import { assert, double, nat, property } from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from './backoff.ts';

const limits = { base: 500, cap: 60_000 };

test('the wait doubles from the base to the cap', () => {
  const longest = [0, 1, 2, 6, 7, 50, 5000].map(tries => backoffDelay(tries, limits, 1));
  expect(longest).toEqual([500, 1000, 2000, 32_000, 60_000, 60_000, 60_000]);
});

test('half of the wait is left to chance, and it is never less than half', () => {
  assert(
    property(nat(100), double({ min: 0, max: 0.999999, noNaN: true }), (tries, random) => {
      const full = Math.min(limits.cap, limits.base * 2 ** Math.min(tries, 30));
      const delay = backoffDelay(tries, limits, random);
      expect(delay).toBeGreaterThanOrEqual(full / 2);
      expect(delay).toBeLessThanOrEqual(full);
    }),
  );
});
