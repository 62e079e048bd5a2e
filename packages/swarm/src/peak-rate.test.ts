import { expect, test } from 'vitest';
import { PeakRate } from './peak-rate.ts';

const BLOCK = 16_000;
const PAUSE_MS = 80;

/** Blocks of 16,000 bytes after these gaps, ms. */
function seen(gaps: readonly number[], loneAndFar: boolean): PeakRate {
  const peak = new PeakRate();
  let now = 0;
  for (const gap of [0, ...gaps]) {
    now += gap;
    peak.add({ now, bytes: BLOCK, pauseMs: PAUSE_MS, loneAndFar });
  }
  return peak;
}

test('[WN12] over one connection bursts show the line’s rate together, without the pauses between them', () => {
  const burst = [100, 20, 20];
  expect(seen(burst, true).bytesPerMs).toBe(0);
  const two = seen([...burst, ...burst], true);
  expect([two.bytesPerMs, two.isSure]).toEqual([BLOCK / 20, false]);
  const four = seen([...burst, ...burst, ...burst, ...burst], true);
  expect([four.bytesPerMs, four.isSure]).toEqual([BLOCK / 20, true]);
});

test('[WN12] over lanes, or on shorter paths, a train with a pause shows nothing', () => {
  const burst = [100, 20, 20];
  expect(seen([...burst, ...burst, ...burst], false).bytesPerMs).toBe(0);
  const whole = seen([...burst, 20, 20], false);
  expect([whole.bytesPerMs, whole.isSure]).toEqual([BLOCK / 20, false]);
});

test('[WN12] what a busy page saw late and then together is evened out by the gaps that follow', () => {
  const stall = [100, 5, 5, 20, 20];
  expect(seen(stall, true).bytesPerMs).toBe((4 * BLOCK) / 50);
  expect(seen([...stall, 20, 20, 20, 20], true).bytesPerMs).toBe((8 * BLOCK) / 130);
});

test('[WN12] the fastest whole train counts, until it is cleared', () => {
  const peak = seen([20, 20, 20, 20, 40, 40, 40, 40], false);
  expect(peak.bytesPerMs).toBe(BLOCK / 20);
  peak.clear();
  expect([peak.bytesPerMs, peak.isSure]).toEqual([0, false]);
  peak.add({ now: 1e6, bytes: BLOCK, pauseMs: Infinity, loneAndFar: false });
  expect(peak.bytesPerMs).toBe(0);
});

test('[WN12] blocks of one tick of the clock do not make it endless', () => {
  expect(seen([0, 0, 0, 0], false).bytesPerMs).toBe((4 * BLOCK) / 0.5);
});
