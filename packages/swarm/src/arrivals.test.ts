import { expect, test } from 'vitest';
import { Arrivals } from './arrivals.ts';

const ROUND = 200;

test('[WN10] counts whole round trips, in whatever clumps blocks come', () => {
  for (const clump of [1, 4, 8]) {
    const arrivals = new Arrivals();
    for (let block = 0; block < 64; block += 1)
      arrivals.add(Math.floor(block / clump) * clump * 12.5, 1000, ROUND);
    expect(arrivals.rounds(800 - 12.5 * clump, ROUND), `${clump} at once`).toEqual({
      last: 16_000,
      before: 16_000,
    });
  }
});

test('[WN10] what came before the last two round trips is forgotten, and all of it when it is cleared', () => {
  const arrivals = new Arrivals();
  arrivals.add(0, 1, ROUND);
  arrivals.add(300, 10, ROUND);
  expect(arrivals.rounds(300, ROUND)).toEqual({ last: 10, before: 1 });
  arrivals.add(450, 100, ROUND);
  expect(arrivals.rounds(450, ROUND)).toEqual({ last: 110, before: 0 });
  arrivals.clear();
  expect(arrivals.rounds(450, ROUND)).toEqual({ last: 0, before: 0 });
});
