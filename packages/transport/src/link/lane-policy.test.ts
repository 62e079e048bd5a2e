import { describe, expect, test } from 'vitest';
import { LanePolicy, beginsWithLanes } from './lane-policy.ts';

const LOOK_MS = 125;

/** How many times more lanes are wanted in `count` readings, with a link that each time becomes `gain` times as fast. */
function wishes(
  policy: LanePolicy,
  count: number,
  reading: (n: number) => [boolean, number | undefined],
  gain = 2,
) {
  let wanted = 0;
  let sent = 0;
  for (let n = 0; n < count; n += 1) {
    const [backlogged, rttMs] = reading(n);
    sent += 1000 * gain ** wanted;
    if (policy.wantsMore({ backlogged, rttMs, at: n * LOOK_MS, sent })) wanted += 1;
  }
  return wanted;
}

describe('[LN2] lanes are opened where loss, not queueing, holds a link back', () => {
  test('a backlog on a path without a queue: after two seconds, and again as long as it lasts', () => {
    expect(wishes(new LanePolicy(), 5, () => [true, 50])).toBe(0);
    expect(wishes(new LanePolicy(), 8, () => [true, 50])).toBe(1);
    expect(wishes(new LanePolicy(), 24, () => [true, 50])).toBe(4);
  });

  test('a backlog that comes and goes with the losses is one', () => {
    expect(wishes(new LanePolicy(), 32, n => [n % 4 !== 0, n % 4 === 0 ? 51 : undefined])).toBeGreaterThan(1);
  });

  test('lanes that made nothing faster are the last, until the link has become faster or has rested', () => {
    const policy = new LanePolicy();
    expect(wishes(policy, 400, () => [true, 50], 1)).toBe(1);
    policy.rest();
    expect(wishes(policy, 200, () => [true, 50], 1)).toBe(1);
    expect(wishes(new LanePolicy(), 200, () => [true, 50], 1.3)).toBe(1);
    expect(wishes(new LanePolicy(), 40, () => [true, 50], 1.5)).toBeGreaterThan(2);
  });

  test('no backlog: never', () => {
    expect(wishes(new LanePolicy(), 100, n => [n % 2 === 0, 50])).toBe(0);
  });

  test('a line whose queue stands: never', () => {
    expect(wishes(new LanePolicy(), 100, n => [n > 0, n === 0 ? 50 : 62])).toBe(0);
  });

  test('a short path, and one whose round trip is unknown: never', () => {
    expect(wishes(new LanePolicy(), 100, () => [true, 9])).toBe(0);
    expect(wishes(new LanePolicy(), 100, () => [true, 11])).toBeGreaterThan(0);
    expect(wishes(new LanePolicy(), 100, () => [true, undefined])).toBe(0);
  });

  test('a path is long from 150 ms on, and one whose round trip is unknown is not', () => {
    expect([undefined, 0, 149, 150, 300].map(beginsWithLanes)).toEqual([false, false, false, true, true]);
  });
});
