import type { Page } from '@playwright/test';

/** What a receiver's page saw of one file, in milliseconds since the epoch (all browsers share the machine's clock); 0 = not yet. */
export interface Sighting {
  readonly offered: number;
  readonly firstVerified: number;
  readonly complete: number;
}

/**
 * Accepts a file or folder the moment its row shows, and notes when its first verified bytes and its end show.
 * Runs inside the page, so that no round trip of the test tool is measured. Call before the file is offered.
 */
export async function acceptWhenOffered(page: Page, path: string): Promise<void> {
  await page.evaluate(path => {
    const seen = { offered: 0, firstVerified: 0, complete: 0 };
    globalThis.benchSeen = seen;
    const look = (): void => {
      const row = document.querySelector(
        `:is([data-testid="file-row"], [data-testid="folder-row"])[data-path=${JSON.stringify(path)}]`,
      );
      if (!(row instanceof HTMLElement)) return;
      const { state, progress } = row.dataset;
      if (seen.offered === 0 && state === 'offered') {
        seen.offered = Date.now();
        const buttons = [...row.querySelectorAll('button')];
        const download = buttons.find(button => button.textContent.trim() === 'Download');
        // In a task of its own, as a person's click comes: not inside the one that showed the row.
        setTimeout(() => download?.click());
      }
      if (seen.firstVerified === 0 && Number(progress) > 0) seen.firstVerified = Date.now();
      if (state === 'complete') {
        seen.complete = Date.now();
        observer.disconnect();
      }
      document.dispatchEvent(new Event('bench-seen'));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
  }, path);
}

/** Waits until the page has seen `moment`. */
export async function sightingOf(page: Page, moment: keyof Sighting): Promise<Sighting> {
  // Told by an event: asking again and again would cost the page CPU time that is being measured.
  return await page.evaluate(async moment => {
    while (globalThis.benchSeen[moment] === 0)
      await new Promise(resolve => document.addEventListener('bench-seen', resolve, { once: true }));
    return globalThis.benchSeen;
  }, moment);
}

/** Chooses a file in a page and returns when the page learnt of it (its `change` event). */
export async function chooseFile(page: Page, path: string): Promise<number> {
  await page.evaluate(() => {
    globalThis.benchChosen = new Promise<number>(resolve => {
      document.addEventListener('change', () => resolve(Date.now()), { capture: true, once: true });
    });
  });
  await page.getByTestId('file-input').setInputFiles(path);
  return await page.evaluate(async () => await globalThis.benchChosen);
}
