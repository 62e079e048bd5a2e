import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { Person } from '../../support/profiles.ts';
import { shareFiles } from '../../support/room-page.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './watch-row.ts';

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
