import { expect, test } from 'vitest';
import { OFFER, Solo } from './sim/solo.ts';

/** We have so many of 100 pieces, and so do three neighbours. */
function among(ours: number, theirs: readonly number[], wanted = true): Solo {
  const solo = new Solo();
  const first = (count: number): number[] => Array.from({ length: count }, (_, piece) => piece);
  solo.offer([3200, 3200], { have: first(ours), want: false });
  solo.want(
    new Map([0, 1].map((file): [number, number] => [file, 0]).filter(([file]) => wanted || file === 0)),
  );
  for (const [at, count] of theirs.entries())
    solo.join(`n${at}`).tell(`n${at}`, { type: 'have', offer: OFFER, pieces: first(count) });
  return solo.tick();
}

test('[NS1] who has clearly less than its median neighbour seeks another, and again 4 s later', () => {
  const solo = among(40, [10, 60, 60]);
  expect(solo.of('seek')).toHaveLength(1);
  expect(solo.tick(3_500).of('seek')).toHaveLength(0);
  expect(solo.tick(500).of('seek')).toHaveLength(1);
});

test('[NS1] nobody seeks who keeps up, has only begun, has all, or wants only a part', () => {
  expect(among(56, [10, 60, 100]).of('seek')).toHaveLength(0);
  expect(among(0, [5, 6, 5]).of('seek')).toHaveLength(0);
  expect(among(100, [100, 100, 100]).of('seek')).toHaveLength(0);
  expect(among(20, [60, 60, 60], false).of('seek')).toHaveLength(0);
  expect(among(20, []).of('seek')).toHaveLength(0);
});

test('[NS2] who gets no block from anybody for 30 s seeks another, however little is missing', () => {
  const solo = among(98, [100, 100, 98]);
  expect(solo.tick(29_000).of('seek')).toHaveLength(0);
  expect(solo.tick(1_500).of('seek')).toHaveLength(1);
  expect(solo.tick(29_000).of('seek')).toHaveLength(0);
  expect(solo.tick(1_500).of('seek')).toHaveLength(1);
  // A newcomer gets its time.
  solo.join('n9');
  expect(solo.tick(29_900).of('seek')).toHaveLength(0);
});

test('[NS2] nobody starves who wants nothing more, or is alone', () => {
  expect(among(100, [100]).tick(60_000).of('seek')).toHaveLength(0);
  expect(among(20, []).tick(60_000).of('seek')).toHaveLength(0);
});
