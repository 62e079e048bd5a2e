import { describe, expect, test } from 'vitest';
import { lineOf, printGrid } from './grid.ts';
import { runPair } from './pair.ts';

/** What headers leave of a line's bytes. */
const PAYLOAD = 0.916;

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

  test.each([
    ['50/0.1/20/100', 0.93],
    ['50/0.1/50/100', 0.93],
    ['50/1/20/100', 0.6],
    ['50/1/50/100', 0.25],
  ] as const)('[WN9] %s: loss leaves a window that lanes can fill', (line, least) => {
    expect(runPair(lineOf(line)).use / PAYLOAD).toBeGreaterThan(least);
  });

  test.each([
    ['20>60/0/20/100', 0.9],
    ['20>100/0/20/100', 0.88],
    ['20>100/0/50/100', 0.88],
    ['50>150/0/20/100', 0.85],
  ] as const)('[WN5] %s: a path that grows longer in mid-transfer leaves %d', (line, least) => {
    expect(runPair(lineOf(line)).use / PAYLOAD).toBeGreaterThan(least);
  });

  test('[LN2] [RQ2] 50 Mbit/s at some 200 ms: 0.945 of what headers leave, in the mean', () => {
    const uses = [183, 191, 203, 211, 219].map(rtt => runPair(lineOf(`${rtt}/0/50/100`)).use / PAYLOAD);
    expect(uses.reduce((sum, use) => sum + use, 0) / uses.length).toBeGreaterThan(0.945);
  });

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
