import { describe, expect, test } from 'vitest';
import { runChurn } from './churn.ts';
import type { MemberOptions } from './member.ts';
import { equalPeers, freeRiders, mixedPeers, runScene, sharerLeaves } from './rooms.ts';
import { prepare, reportOf, runScenario } from './scenario.ts';

const LIMIT = 600_000;
/** Bytes per second. */
const MBIT = 125_000;

// Seconds on a free machine; a loaded one must not fail it.
describe('simulated rooms', { timeout: 180_000 }, () => {
  for (const [receivers, ratio, copies] of [
    [1, 1.05, 1.02],
    [2, 1.08, 1.06],
    [4, 1.1, 1.08],
    [8, 1.15, 1.12],
  ] as const)
    test(`[PK2] ${receivers} equal receivers: at most ${ratio} of the bound, ${copies} copies from the sharer`, () => {
      for (const seed of [1, 2]) {
        const report = runScenario({ seed, receivers }, LIMIT);
        expect(report.completed, `seed ${seed}`).toBe(receivers);
        expect(report.ratio, `seed ${seed}`).toBeLessThan(ratio);
        expect(report.seedCopies, `seed ${seed}`).toBeLessThan(copies);
        expect(report.wastedPart, `seed ${seed}`).toBeLessThan(0.02);
        expect(report.controlPart, `seed ${seed}`).toBeLessThan(0.02);
      }
    });

  // As `npm run sim`, with fewer pieces; it prints and judges the larger rooms too.
  for (const [receivers, pieces] of [
    [8, 256],
    [32, 256],
    [128, 384],
  ] as const)
    test(`[FC1] [FC3] ${receivers} equal receivers who do not all see each other: 1.25 of the bound, 1.1 copies`, () => {
      const report = runScene(equalPeers(receivers, pieces));
      expect(report.faults).toEqual([]);
      expect(report.wastedPart).toBeLessThan(0.01);
    });

  test('[NS1] [FC6] uplinks of 10 to 1, five rooms: at most 1.5 of the bound', () => {
    for (const seed of [1, 2, 3, 4, 5])
      expect(runScene(mixedPeers(32, 256, seed)).faults, `seed ${seed}`).toEqual([]);
  });

  test.each([
    [20, 2, 0.92],
    [50, 2, 0.9],
    [50, 10, 0.9],
  ])(
    '[FC6] [RQ7] receivers on %d and %d Mbit/s: the fast one has %d of what it gets alone',
    (fast, slow, least) => {
      const fastOf = (receivers: number): number => {
        const member = (index: number): Partial<MemberOptions> => {
          const mbit = index === 0 ? fast : slow;
          return { up: mbit * MBIT, down: mbit * MBIT };
        };
        const { room, receivers: all } = prepare({ seed: 1, receivers, upMbit: 2 * fast, member });
        room.run(() => all[0]?.completedAt !== undefined, LIMIT);
        return all[0]?.completedAt ?? Infinity;
      };
      expect(fastOf(1) / fastOf(2)).toBeGreaterThan(least);
    },
  );

  test('[CH5] where the uplink is scarce, who only takes is done at least twice as late as who gives, and yet is done', () => {
    expect(runScene(freeRiders(20, 2, 1000)).faults).toEqual([]);
  });

  test('[FC1] the sharer leaves when one copy is out: everyone completes', () => {
    expect(runScene(sharerLeaves(32, 256)).faults).toEqual([]);
  });

  test('[SW1] the same seed gives the same run', () => {
    expect(runScenario({ seed: 5, receivers: 3 }, LIMIT)).toEqual(
      runScenario({ seed: 5, receivers: 3 }, LIMIT),
    );
    expect(runScenario({ seed: 6, receivers: 3 }, LIMIT)).not.toEqual(
      runScenario({ seed: 5, receivers: 3 }, LIMIT),
    );
  });

  test('[CH1] a late joiner completes, and not only from the sharer', () => {
    const { room, sharer, receivers } = prepare({ seed: 3, receivers: 3 });
    room.queue.runUntil(8_000);
    const late = room.join({ ...receivers[0]?.options, up: 2.5e6, down: 12.5e6, latency: 10 });
    const begun = sharer.access.upBytes;
    expect(room.run(() => late.completedAt !== undefined, LIMIT)).toBe(true);
    expect(sharer.access.upBytes - begun).toBeLessThan(room.geometry.totalBytes);
  });

  test('[PK2] the sharer leaves when little more than a copy is out: everyone completes', () => {
    for (const seed of [1, 2, 3]) {
      const { room, sharer, receivers } = prepare({ seed, receivers: 4 });
      room.run(() => sharer.access.upBytes > 1.12 * room.geometry.totalBytes, LIMIT);
      room.leave(sharer);
      const done = room.run(() => receivers.every(member => member.completedAt !== undefined), LIMIT);
      expect(done, `seed ${seed}`).toBe(true);
    }
  });

  test('[LI1] [LI2] a liar is dropped by all that meet it, and all complete', () => {
    for (const [seed, lies] of [
      [1, 1],
      [2, 0.05],
      [3, 0.3],
    ] as const) {
      const { room, sharer, receivers } = prepare({
        seed,
        receivers: 5,
        size: 8 * 2 ** 20,
        member: index => (index === 0 ? { lies } : {}),
      });
      const honest = receivers.slice(1);
      const done = room.run(() => honest.every(member => member.completedAt !== undefined), LIMIT);
      expect(done, `seed ${seed}`).toBe(true);
      const drops = honest.flatMap(member => member.dropped);
      expect(drops.length, `seed ${seed}`).toBeGreaterThan(0);
      for (const drop of drops) expect(drop, `seed ${seed}`).toBe(`${receivers[0]?.peer} bad-piece`);
      expect(reportOf(room, sharer, honest).wastedPart).toBeLessThan(0.2);
    }
  });

  test('[EG1] one slow uplink does not hold the last blocks back', () => {
    const slow = { member: (index: number) => (index === 0 ? { up: 20_000 } : {}) };
    const report = runScenario({ seed: 4, receivers: 4, ...slow }, LIMIT);
    expect(report.completed).toBe(4);
    expect(report.ratio).toBeLessThan(1.4);
    expect(report.wastedPart).toBeLessThan(0.02);
  });

  test('[RQ8] [SW1] 30 seeds of comings, goings, crashes and lies: everyone that stays completes', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const report = runChurn(seed);
      expect(report.stuck, `seed ${seed}`).toEqual([]);
      expect(report.unverified, `seed ${seed}`).toBe(0);
    }
  });
});
