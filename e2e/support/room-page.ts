import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';

/** What tests may touch of the page: only the names that the house plan keeps stable. */

export async function shareFiles(
  page: Page,
  url: string,
  paths: string | readonly string[],
): Promise<string> {
  await page.goto(url);
  await page.getByTestId('file-input').setInputFiles(typeof paths === 'string' ? paths : [...paths]);
  return await roomLink(page);
}

export async function shareFolder(page: Page, url: string, folder: string): Promise<string> {
  await page.goto(url);
  await page.getByTestId('folder-input').setInputFiles(folder);
  return await roomLink(page);
}

export async function roomLink(page: Page): Promise<string> {
  const link = page.getByTestId('room-link');
  await expect(link).toHaveText(/#[\w-]{22}$/);
  return (await link.textContent())?.trim() ?? '';
}

export function fileRow(page: Page, path: string): Locator {
  return page.locator(`[data-testid="file-row"][data-path=${JSON.stringify(path)}]`);
}

/** Expands folders that are collapsed, so that every file has its row. */
export async function showFiles(page: Page): Promise<void> {
  for (const button of await page.getByRole('button', { name: 'Show files', exact: true }).all())
    await button.click();
}

export async function downloadAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Download all', exact: true }).click();
}

/** Sets the page's cap, so that a small file is long enough under way to be caught there on any machine; `undefined` lifts it. */
export async function cap(
  page: Page,
  way: 'Download' | 'Upload',
  megabytesPerSecond: number | undefined,
): Promise<void> {
  const field = page.getByLabel(`${way} at most`);
  const settings = page.getByText('Connection settings', { exact: true });
  // By keyboard: what moves as the page fills cannot be missed.
  if ((await settings.locator('..').getAttribute('open')) === null) await settings.press('Enter');
  // Key by key: over WebDriver BiDi, `fill` sets the value behind React's back, which then sees no change.
  await field.press('ControlOrMeta+a');
  await field.press('Delete');
  await field.pressSequentially(String(megabytesPerSecond ?? ''));
  await field.press('Enter');
}

/** Sets “Hide my IP address”, and opens the page anew, as it counts from then on. */
export async function hideAddress(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByText('Connection settings', { exact: true }).click();
  await page.getByLabel('Hide my IP address from others').check();
  await page.reload();
}

/**
 * Waits until so much of a row is verified. Watched inside the page: to ask for it as often as it is told at once would cost more than the
 * transfer itself.
 */
export async function rowReaches(row: Locator, fraction: number, timeout = 30_000): Promise<void> {
  await row.evaluate(
    async (element, { least, patience }) =>
      await new Promise<void>((resolve, reject) => {
        const stands = (): number => Number(element.getAttribute('data-progress'));
        const observer = new MutationObserver(() => look());
        const late = setTimeout(() => end(new Error(`at ${stands()} of ${least}`)), patience);
        const end = (error?: Error): void => {
          observer.disconnect();
          clearTimeout(late);
          if (error === undefined) resolve();
          else reject(error);
        };
        const look = (): void => {
          if (stands() >= least) end();
        };
        observer.observe(element, { attributeFilter: ['data-progress'] });
        look();
      }),
    { least: fraction, patience: timeout },
  );
}

/** Of a row, verified: 0 to 1. */
export async function rowProgress(row: Locator): Promise<number> {
  return Number(await row.getAttribute('data-progress'));
}

export async function waitComplete(page: Page, path: string, timeout = 150_000): Promise<void> {
  await expect(fileRow(page, path)).toHaveAttribute('data-state', 'complete', { timeout });
}

/** Clicks the row's Save and returns where the download lies. */
export async function saveRow(page: Page, path: string): Promise<string> {
  const download = page.waitForEvent('download');
  await fileRow(page, path).getByRole('button', { name: 'Save', exact: true }).click();
  return await (await download).path();
}

export async function saveAll(page: Page): Promise<{ path: string; name: string }> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all', exact: true }).click();
  const saved = await download;
  return { path: await saved.path(), name: saved.suggestedFilename() };
}

export async function expectOnline(page: Page): Promise<void> {
  await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
}
