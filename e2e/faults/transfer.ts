import type { Page } from '@playwright/test';
import { FULL, record } from '../support/faults.ts';
import { cap, fileRow, rowProgress, rowReaches, shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';

const MIB = 1024 * 1024;
/** Of the file that is on its way when something happens, bytes. */
export const SIZE = (FULL ? 128 : 12) * MIB;
export const NAME = 'film.bin';
/** The sharer sends so much at most, MB/s: a file is 5 s on its way or more, long enough to be caught there, and costs a small machine no more than it must. */
const RATE = FULL ? 8 : 2.5;
/** Lost with a cut: what is on its way, unfinished pieces, and what was not committed yet (a quarter of a second). */
export const IN_FLIGHT = (FULL ? 6 : 2) * MIB;

export async function progress(page: Page): Promise<number> {
  return await rowProgress(fileRow(page, NAME));
}

export async function reaches(page: Page, fraction: number, timeout?: number): Promise<void> {
  await rowReaches(fileRow(page, NAME), fraction, timeout);
}

export function judge(fault: string, sent: number, cuts: number): void {
  record({ fault, size: SIZE, end: 'complete, SHA-256 right', sent, cuts });
  expect(sent).toBeLessThan(SIZE * 1.01 + IN_FLIGHT * cuts);
}

/** What a cut costs hangs on the rate: no machine's is faster than this. */
export async function share(page: Page, url: string, paths: string | readonly string[]): Promise<string> {
  const link = await shareFiles(page, url, paths);
  await cap(page, 'Upload', RATE);
  return link;
}
