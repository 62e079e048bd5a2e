import { describe, expect, test } from 'vitest';
import { lineOf, printGrid } from './grid.ts';
import { runPair } from './pair.ts';
import type { PairReport } from './pair.ts';

/** What headers leave of a line's bytes. */
const PAYLOAD = 0.916;

function meanOf(reports: readonly PairReport[], of: (report: PairReport) => number): number {
  return reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
}

// Seconds on a free machine; a loaded one must not fail it.
describe('the request window over SCTP', { timeout: 120_000 }, () => {
  test.each([
    ['20/0/20/100', 0.98],
    ['20/0/50/100', 0.98],
    ['50/0/20/100', 0.98],
    ['50/0/50/100', 0.98],
    ['100/0/20/100', 0.97],
    ['100/0/50/100', 0.97],
  ] as const)('[WN1] %s: after 2 s %d of what headers leave, a queue below 60 ms', (line, least) => {
    const report = runPair(lineOf(line));
    expect(report.use / PAYLOAD).toBeGreaterThan(least);
    expect(report.p95QueueMs).toBeLessThan(60);
  });

  // The mean of several lengths too: where single losses fall decides much of one run.
  test.each([
    ['0.1/20/100', 0.96, 0.96],
    ['0.1/50/100', 0.96, 0.96],
    ['0.3/50/100', 0.93, 0.93],
    ['1/5/100', 0.9, 0.9],
    ['1/20/100', 0.8, 0.88],
    ['1/50/100', 0.58, 0.62],
  ] as const)('[RQ3] [WN9] [WN11] 50/%s: loss leaves a window that lanes can fill', (line, least, mean) => {
    const [report, ...others] = [50, 42, 44, 46, 48, 52, 54, 56, 58].map(rtt =>
      runPair(lineOf(`${rtt}/${line}`)),
    );
    expect((report?.use ?? 0) / PAYLOAD).toBeGreaterThan(least);
    expect(meanOf(others, ({ use }) => use / PAYLOAD)).toBeGreaterThan(mean);
  });

  test.each([
    ['0.1/50/100', 0.93],
    ['0.3/50/100', 0.65],
    ['1/20/100', 0.62],
    ['1/5/100', 0.87],
  ] as const)('[RQ3] [WN9] [WN11] some 100/%s: so it does on longer paths', (line, mean) => {
    const reports = [90, 95, 100, 105, 110].map(rtt => runPair(lineOf(`${rtt}/${line}`)));
    expect(meanOf(reports, ({ use }) => use / PAYLOAD)).toBeGreaterThan(mean);
  });

  test.each([
    [100, [90, 95, 100, 105, 110], 0.985, 0],
    [200, [183, 191, 203, 211, 219], 0.95, 60],
  ])('[WN10] [WN12] 5 Mbit/s at some %d ms: slow start stops short of its queue', (_, rtts, mean, drops) => {
    const reports = rtts.map(rtt => runPair(lineOf(`${rtt}/0/5/100`)));
    expect(meanOf(reports, ({ use }) => use / PAYLOAD)).toBeGreaterThan(mean);
    expect(meanOf(reports, report => report.drops)).toBeLessThanOrEqual(drops);
  });

  // A block of 16 KiB is longer than that on 5 Mbit/s.
  test.each([
    [5, 50, [42, 46, 50, 54, 58], 0.83],
    [5, 100, [90, 95, 100, 105, 110], 0.89],
    [5, 200, [183, 191, 203, 211, 219], 0.75],
    [20, 100, [90, 95, 100, 105, 110], 0.89],
    [20, 200, [183, 191, 203, 211, 219], 0.73],
  ])('[RQ3] %d Mbit/s at some %d ms with a queue of 20 ms', (mbit, _, rtts, mean) => {
    const reports = rtts.map(rtt => runPair(lineOf(`${rtt}/0/${mbit}/20`)));
    expect(meanOf(reports, ({ use }) => use / PAYLOAD)).toBeGreaterThan(mean);
  });

  test.each([
    ['20>60/0/20/100', 0.9],
    ['20>100/0/20/100', 0.88],
    ['20>100/0/50/100', 0.88],
    ['50>150/0/20/100', 0.85],
  ] as const)('[WN5] %s: a path that grows longer in mid-transfer leaves %d', (line, least) => {
    expect(runPair(lineOf(line)).use / PAYLOAD).toBeGreaterThan(least);
  });

  test.each([
    [20, 0.98, 0.89],
    [50, 0.975, 0.86],
    [100, 0.94, 0.81],
  ])(
    '[WN10] [LN2] [RQ3] %d Mbit/s at some 200 ms: %d of what headers leave after 2 s, %d from the first block on, and nothing overflows',
    (mbit, least, cold) => {
      const reports = [183, 191, 203, 211, 219].map(rtt => runPair(lineOf(`${rtt}/0/${mbit}/100`)));
      expect(meanOf(reports, ({ use }) => use / PAYLOAD)).toBeGreaterThan(least);
      expect(meanOf(reports, ({ coldUse }) => coldUse / PAYLOAD)).toBeGreaterThan(cold);
      expect(meanOf(reports, ({ drops }) => drops)).toBe(0);
    },
  );

  test('[WN7] four sharers fill one line together', () => {
    const report = runPair(lineOf('50/0/50/100/4'));
    expect(report.use / PAYLOAD).toBeGreaterThan(0.97);
    expect(Math.min(...report.shares)).toBeGreaterThan(0.1);
  });

  test('a row tells of a line by name', () => {
    const rows: string[] = [];
    printGrid(row => rows.push(row), ['20/0/20/100']);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatch(/^20\/0\/20\/100 +0\.9/);
  });
});
