import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import { runLine } from './sim/line.ts';
import type { LineOptions } from './sim/line.ts';
import { seededRandom } from './sim/random.ts';
import { RequestWindow } from './window.ts';

const MBIT = 125_000;

function run(count: number, options: Partial<LineOptions> & { readonly mbit: number; readonly ms: number }) {
  const windows = Array.from({ length: count }, () => new RequestWindow(DEFAULT_LIMITS));
  const line = { queueMs: 100, durationMs: 30_000, warmMs: 2000, ...options };
  return runLine(windows, { rate: () => options.mbit * MBIT, rtt: () => options.ms, ...line });
}

describe('request window', () => {
  for (const mbit of [5, 20, 50, 100])
    for (const ms of [20, 50, 100, 200])
      test(`[WN1] [WN2] fills ${mbit} Mbit/s at ${ms} ms without a standing queue`, () => {
        const report = run(1, { mbit, ms });
        // Two blocks of 16 KiB on the line are the least that keeps it busy.
        const twoBlocks = (2 * 16 * 1024 * 1000) / (mbit * MBIT);
        expect(report.totalUse).toBeGreaterThan(0.9);
        expect(report.meanQueueMs).toBeLessThan(Math.max(31, twoBlocks));
      });

  const random = seededRandom(3);
  const services: readonly [string, () => number][] = [
    ['exponential', () => -3 * Math.log(1 - random())],
    ['20 ms stalls', () => (random() < 0.02 ? 20 : random() * 2)],
    ['none', () => 0],
  ];
  for (const [name, service] of services)
    test(`[WN3] keeps 50 MB/s at 1 ms, service jitter: ${name}`, () => {
      const report = run(1, { mbit: 400, ms: 1, queueMs: 1000, service, durationMs: 10_000 });
      expect(report.totalUse).toBeGreaterThan(0.95);
      expect(report.windows[0]).toBeGreaterThan(512 * 1024);
    });

  test.each([
    ['bears more where the transport knows a short path: a CPU makes blocks slow', 1, 1],
    ['does not where the transport knows a long one', 40, -1],
  ])('[WN3] %s', (_, pathMs, sign) => {
    const window = new RequestWindow({ ...DEFAULT_LIMITS, windowInitialBytes: 256 * 1024 });
    window.pathMs = pathMs;
    const round = (at: number, rtt: number): void => {
      for (let block = 0; block < 4; block += 1) {
        window.full();
        window.sample(at, at + rtt, 16 * 1024);
      }
    };
    round(0, 40);
    round(40, 100);
    round(140, 40);
    const before = window.bytes;
    round(180, 72);
    expect(Math.sign(window.bytes - before)).toBe(sign);
  });

  test.each([
    [60, true],
    [120, false],
  ])(
    '[RQ2] [WN3] measured by the transport as 3 ms, and no block quicker than %i: short %s',
    (rtt, short) => {
      const window = new RequestWindow(DEFAULT_LIMITS);
      window.pathMs = 3;
      expect(window.short).toBe(true);
      window.sample(0, rtt, 16 * 1024);
      expect(window.short).toBe(short);
      expect(window.long).toBe(!short);
    },
  );

  test.each([
    [1, 2, 16],
    [8, 2, 128],
    [16, 2, 256],
    // Two blocks come in a round trip of 50 ms.
    [8, 25, 64],
  ])(
    '[WN11] %i connections, a block each %i ms: delay cuts the window to %i KiB and no further',
    (connections, gap, kib) => {
      const windowInitialBytes = 1024 * 1024;
      const window = new RequestWindow({ ...DEFAULT_LIMITS, windowInitialBytes, windowMinBytes: 16 * 1024 });
      window.connections = connections;
      window.sample(0, 50, 16 * 1024);
      // It falls a little, or the path would be held to have become longer.
      for (let at = 50; at < 9_000; at += gap) window.sample(at, at + (at < 800 ? 400 : 300), 16 * 1024);
      expect(window.bytes / 1024).toBe(kib);
    },
  );

  test('[WN4] [WN5] follows a path that becomes longer or shorter', () => {
    for (const [from, to] of [
      [50, 100],
      [100, 50],
      [20, 150],
    ] as const) {
      // When the base is measured anew decides much of one run.
      const reports = [0.9, 0.95, 1, 1.05, 1.1].map(part => {
        const rtt = (now: number): number => part * (now < 8000 ? from : to);
        return run(1, { mbit: 50, ms: 0, rtt, durationMs: 20_000, warmMs: 10_000 });
      });
      expect(Math.min(...reports.map(({ totalUse }) => totalUse)), `${from} to ${to} ms`).toBeGreaterThan(
        0.9,
      );
      const queueMs = reports.reduce((sum, { meanQueueMs }) => sum + meanQueueMs, 0) / reports.length;
      expect(queueMs, `${from} to ${to} ms`).toBeLessThan(30);
    }
  });

  test.each([
    ['what the round trip is above the base has not: the path is longer', 300, 300],
    ['the queue has become shorter with it: the path is what it was', 275, 200],
  ])('[WN5] cut to 0.4, and %s', (_, then, base) => {
    const window = new RequestWindow({ ...DEFAULT_LIMITS, windowInitialBytes: 1024 * 1024 });
    window.alone = true;
    let now = 0;
    // Within one period: no drain, and no base that has aged.
    for (const rtt of [200, ...Array<number>(5).fill(300), ...Array<number>(20).fill(then)]) {
      for (let block = 0; block < 8; block += 1) {
        window.full();
        window.sample(now, now + rtt, 16 * 1024);
      }
      now += rtt;
    }
    expect(window.base).toBe(base);
  });

  test.each([
    ['seen about as short as without our queue: it is what it was', 200, 210, 200],
    ['no longer seen as short: it is longer now', 200, 260, 260],
    ['no longer than a block on a slow line: it is measured anew', 200, 210, 210, 50],
    ['short: it is measured anew', 50, 55, 55],
  ])('[WN4] after two periods a path is %s', (_, base, then, expected, pathMs = Infinity) => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = pathMs;
    let now = 0;
    const round = (rtt: number): void => {
      for (let block = 0; block < 24; block += 1) {
        window.full();
        window.sample(now, now + rtt, 16 * 1024);
      }
      now += rtt;
    };
    round(base);
    // Delay ends slow start.
    for (let step = 0; step < 3; step += 1) round(2 * base);
    for (let step = 0; step * then < 31_000; step += 1) round(then);
    expect(window.base).toBe(expected);
  });

  test.each([
    // Grown to before two round trips could be compared; then what comes, or 96 KiB, allows no more.
    [1, 128],
    [4, 192],
  ])(
    '[WN10] bursts with pauses between them do not hold slow start back on a far path: %i connections, %i KiB',
    (connections, kib) => {
      const window = new RequestWindow(DEFAULT_LIMITS);
      window.connections = connections;
      for (let round = 0; round < 20; round += 1)
        for (const at of [0, 3, 100, 103]) {
          window.full();
          window.sample(200 * round + at, 200 * (round + 1) + at, 16 * 1024);
        }
      expect(window.bytes).toBe(kib * 1024);
    },
  );

  test('[WN12] a window that grew with the first bursts falls to what the line fills, once that is known', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = 100;
    const sizes: number[] = [];
    // The first blocks of each burst were asked for before the line was busy.
    for (const [index, now] of [300, 420, 448, 560, 588, 616, 644, 672].entries()) {
      window.full();
      window.sample(now - (index % 2 === 0 ? 140 : 210), now, 16 * 1024);
      sizes.push(window.bytes / 1024);
    }
    // 16 KiB each 28 ms for the path and 25 ms of queue, and the block itself.
    expect(Math.max(...sizes)).toBeGreaterThan(100);
    expect(sizes.at(-1)).toBeCloseTo((16 / 28) * 125 + 16);
  });

  test('[WN2] slow start ends where the window has stayed at what the line fills, though nothing was late', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = 100;
    for (let now = 140; now < 3000 && window.inSlowStart; now += 28) {
      window.full();
      window.sample(now - 140, now, 16 * 1024);
    }
    expect(window.inSlowStart).toBe(false);
    expect(window.bytes / 1024).toBeCloseTo((16 / 28) * 125 + 16);
  });

  test.each([
    // Of the path, 25 ms of queue and the block itself.
    ['was seen to be slow are given no more than fills it', 1000, (16 / 28) * 225 + 16],
    ['was hardly seen are given 16 KiB each', 320, 256],
  ])('[WN11] [WN12] lanes that come to a line that %s', (_, from, kib) => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = 200;
    for (let now = 230; now < 6000; now += 28) {
      window.full();
      window.connections = now < from ? 1 : 16;
      window.sample(now - (now < from ? 230 : 500), now, 16 * 1024);
    }
    expect(window.bytes / 1024).toBeCloseTo(kib, 0);
  });

  test.each([
    // 2.3 Mbit/s: 64 to 80 KiB in a round trip, with 25 ms of queue and a quarter more.
    ['was seen to be slow: what it carries', 1500, 88, 110],
    ['was hardly seen: 192 KiB', 400, 192, 192],
  ])(
    '[WN10] [WN12] what lanes may be asked for, without a delay, on a line that %s',
    (_, from, least, most) => {
      const window = new RequestWindow(DEFAULT_LIMITS);
      window.pathMs = 200;
      for (let now = 260; now < 9000; now += 56) {
        window.full();
        window.connections = now < from ? 1 : 4;
        window.sample(now - 260, now, 16 * 1024);
      }
      expect(window.bytes / 1024).toBeGreaterThanOrEqual(least);
      expect(window.bytes / 1024).toBeLessThanOrEqual(most);
    },
  );

  test('[WN12] a line that was seen to be slow and becomes faster is followed over lanes', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = 200;
    const blocks = (from: number, to: number, gap: number): void => {
      for (let now = from; now < to; now += gap) {
        window.full();
        window.sample(now - 230, now, 16 * 1024);
      }
    };
    blocks(230, 1500, 28);
    window.connections = 4;
    blocks(1500, 3000, 28);
    const slow = window.bytes;
    blocks(3000, 6000, 7);
    expect(window.bytes).toBeGreaterThan(3 * slow);
  });

  test('[WN8] [WN12] a window that starts anew knows no rate of the line before', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.pathMs = 100;
    for (const gap of [28, 56]) {
      window.reset();
      for (let now = 140; now < 6000 && window.inSlowStart; now += gap) {
        window.full();
        window.sample(now - 140, now, 16 * 1024);
      }
      expect(window.bytes / 1024).toBeCloseTo((16 / gap) * 125 + 16);
    }
  });

  test('[WN9] does not shrink below its floor', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    window.floor = 48 * 1024;
    let now = 0;
    for (const rtt of [50, ...Array<number>(30).fill(400)]) {
      for (let block = 0; block < 8; block += 1) {
        window.full();
        window.sample(now, now + rtt, 16 * 1024);
      }
      now += rtt;
    }
    expect(window.bytes).toBe(48 * 1024);
  });

  test('[WN3] follows a line that becomes faster', () => {
    const rate = (now: number): number => (now < 8000 ? 20 : 100) * MBIT;
    expect(run(1, { mbit: 0, ms: 50, rate, durationMs: 20_000, warmMs: 10_000 }).totalUse).toBeGreaterThan(
      0.9,
    );
  });

  test('[WN7] windows on one line share it', () => {
    const report = run(4, { mbit: 100, ms: 50, warmMs: 5000 });
    expect(report.totalUse).toBeGreaterThan(0.95);
    expect(Math.min(...report.use)).toBeGreaterThan(0.1);
    expect(report.meanQueueMs).toBeLessThan(30);
  });

  test('[WN6] nor after slow start', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    let now = 0;
    const round = (rtt: number, full: boolean): void => {
      for (let block = 0; block < 8; block += 1) {
        if (full) window.full();
        window.sample(now, now + rtt, 16 * 1024);
      }
      now += rtt;
    };
    round(20, true);
    const climbed = window.bytes;
    for (let step = 0; step < 4; step += 1) round(80, true);
    // Delay has ended slow start.
    expect(window.bytes).toBeLessThan(climbed);
    round(20, false);
    const before = window.bytes;
    for (let step = 0; step < 20; step += 1) round(20, false);
    expect(window.bytes).toBe(before);
    for (let step = 0; step < 20; step += 1) round(20, true);
    expect(window.bytes).toBeGreaterThan(before);
  });

  test('[WN6] does not grow when nothing held back', () => {
    const window = new RequestWindow(DEFAULT_LIMITS);
    for (let now = 10; now < 10_000; now += 10) window.sample(now - 10, now, 16 * 1024);
    expect(window.bytes).toBe(DEFAULT_LIMITS.windowInitialBytes);
    window.full();
    window.sample(10_000, 10_010, 16 * 1024);
    expect(window.bytes).toBeGreaterThan(DEFAULT_LIMITS.windowInitialBytes);
  });
});
