import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { hasKernelLines } from '../../lab/kernel-line.ts';
import type { Lab, Member, MemberOptions } from '../../lab/lab.ts';
import type { Person, ProfileOptions } from '../../support/profiles.ts';
import { shareFiles } from '../../support/room-page.ts';
import { SMALL } from './viewport.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './watch-row.ts';

export const RECEIVERS = 4;
/** Mbit/s up and down, ms, ms. Slower lines tell whether it was the machine that could not keep up. */
const UP = Number(process.env['SHOAL_BENCH_UP'] ?? 20);
const RATES = { up: UP, down: 5 * UP, queue: 100 };

/** A line that each of a crowd has. */
export type CrowdLine = Required<Pick<MemberOptions, 'line' | 'by'>> & { readonly what: string };

/** Nothing between two members but rate and queue. */
export function shortLine(): CrowdLine {
  return hasKernelLines()
    ? { what: 'lines limited by the kernel', line: RATES, by: 'kernel' }
    : { what: 'lines limited by the emulator (no tbf here)', line: RATES, by: 'emulator' };
}

export const LONG_LINE: CrowdLine = {
  what: 'emulated lines of 10 ms each way',
  line: { ...RATES, delay: 10 },
  by: 'emulator',
};

/** Seconds in which all receivers can have so many bytes at best (Kumar and Ross, 2006). */
export function boundOf(bytes: number): number {
  const [up, down] = [(RATES.up * 1e6) / 8, (RATES.down * 1e6) / 8];
  return Math.max(bytes / up, bytes / down, (RECEIVERS * bytes) / (up * (1 + RECEIVERS)));
}

type OpenPerson = (name: string, options?: ProfileOptions) => Promise<Person>;

/** A sharer and four receivers, each behind a line of its own. */
export async function crowdOnLines(
  lab: Lab,
  open: OpenPerson,
  { line, by }: CrowdLine,
): Promise<{ home: Member; sharer: Person; receivers: Person[] }> {
  const home = await lab.member({ line, by });
  const sharer = await open('sharer', { ...home.browser, ...SMALL });
  const receivers = [];
  for (let i = 0; i < RECEIVERS; i++) {
    const { browser } = await lab.member({ line, by });
    receivers.push(await open(`receiver${i}`, { ...browser, ...SMALL }));
  }
  return { home, sharer, receivers };
}

export interface Crowd {
  /** Seconds from the file's choice to the last completion, and to the first. */
  readonly last: number;
  readonly first: number;
  /** Payload bytes that the sharer sent, as its own page counts. */
  readonly uploaded: number;
}

/** A sharer and receivers who all know each other and all take the file the moment it is offered. */
export async function distribute(
  sharer: Person,
  receivers: readonly Person[],
  url: string,
  file: { readonly path: string; readonly name: string; readonly hello: string },
): Promise<Crowd> {
  const link = await shareFiles(sharer.page, url, file.hello);
  for (const { page } of receivers) await page.goto(link);
  for (const { page } of [sharer, ...receivers])
    await expect(page.getByTestId('peer-row')).toHaveCount(receivers.length);
  await Promise.all(receivers.map(async ({ page }) => await acceptWhenOffered(page, file.name)));
  const chosen = await chooseFile(sharer.page, file.path);
  const seen = await Promise.all(receivers.map(async ({ page }) => await sightingOf(page, 'complete')));
  const seconds = seen.map(({ complete }) => (complete - chosen) / 1000);
  return { last: Math.max(...seconds), first: Math.min(...seconds), uploaded: await uploadedBy(sharer.page) };
}

/** Payload bytes that a page counts as sent, to all neighbours that it still has. */
export async function uploadedBy(page: Page): Promise<number> {
  const rows = await page.getByTestId('peer-row').all();
  const bytes = await Promise.all(rows.map(async row => Number(await row.getAttribute('data-up-bytes'))));
  return bytes.reduce((sum, b) => sum + b, 0);
}
