import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/fake-crypto.ts';
import { measureCatchUp, measureIdle, measureSpread, scene } from './measures.ts';
import { Timeline } from './timeline.ts';

/** The short form of `npm run sim`: the bounds are those of SPEC.md, the figures are usually well below. */
describe.each([
  { members: 10, entries: 200, seconds: 20 },
  { members: 100, entries: 100, seconds: 10 },
  { members: 1000, entries: 20, seconds: 3 },
])('a room of $members', { timeout: 120_000 }, ({ members, entries, seconds }) => {
  test('[GS13] at rest it costs two messages a minute; with one entry a second at most 300, and each comes once or twice', async () => {
    const room = await scene({ members, seed: 3, entries, writers: 20 });
    const idle = measureIdle(room);
    expect(idle.mostMessages).toBeLessThanOrEqual(4);
    expect(idle.bytes).toBeLessThan(500);
    const spread = await measureSpread(room, 1, seconds, seconds);
    expect(spread.missing).toBe(0);
    expect(spread.messages).toBeLessThan(300);
    expect(spread.mostMessages).toBeLessThan(24 * 60);
    expect(spread.copies).toBeLessThan(2);
    expect(spread.slowest).toBeLessThan(6000);
  });
});

describe('a latecomer', { timeout: 60_000 }, () => {
  test('[GS2] [GS10] to 1,000 entries has them in 3 round trips, for little more than their bytes', async () => {
    const room = await scene({ members: 20, seed: 4, entries: 1000, fixedDelay: true });
    const late = measureCatchUp(room, 1000);
    expect(late.complete).toBe(true);
    expect(late.roundTrips).toBeLessThan(3);
    expect(late.bytes).toBeLessThan(late.newBytes * 1.25);
  });

  test('[GS9] one that knows all but a few pays for those few', async () => {
    const room = await scene({ members: 100, seed: 5, entries: 200, fixedDelay: true });
    const back = measureCatchUp(room, 3);
    expect(back.complete).toBe(true);
    expect(back.roundTrips).toBeLessThan(4);
    // Most of it are the digests of eight neighbours, which are as long in any room.
    expect(back.bytes - back.newBytes).toBeLessThan(16_000);
  });
});

test('the timeline gives things back in order of time, then of arrival', () => {
  const random = seededRandom(1);
  const timeline = new Timeline<number>();
  const put = Array.from({ length: 500 }, (_, what) => ({ at: Math.floor(random() * 50), what }));
  for (const { at, what } of put) timeline.put(at, what);
  const taken: { at: number; what: number }[] = [];
  for (let next = timeline.take(1000); next !== undefined; next = timeline.take(1000)) taken.push(next);
  expect(taken.map(({ what }) => what)).toEqual(
    put.toSorted((a, b) => a.at - b.at || a.what - b.what).map(({ what }) => what),
  );
  timeline.put(5, 1);
  expect(timeline.take(4)).toBeUndefined();
});
