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
