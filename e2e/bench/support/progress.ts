import type { Page } from '@playwright/test';
import type { Samples } from './flow.ts';

/** Accepts a file when it is offered, and notes how its verified bytes grow. Call before it is offered. */
export async function followFile(page: Page, path: string): Promise<void> {
  await page.evaluate(path => {
    globalThis.benchProgress = [];
    const look = (): void => {
      const row = document.querySelector(`[data-testid="file-row"][data-path=${JSON.stringify(path)}]`);
      if (!(row instanceof HTMLElement)) return;
      const { state, progress } = row.dataset;
      if (state === 'offered')
        [...row.querySelectorAll('button')].find(button => button.textContent.trim() === 'Download')?.click();
      const part = state === 'complete' ? 1 : Number(progress);
      if (part > (globalThis.benchProgress.at(-1)?.[1] ?? 0))
        globalThis.benchProgress.push([performance.now(), part]);
      if (part === 1) document.dispatchEvent(new Event('bench-complete'));
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
  }, path);
}

/** Waits for the end, or `limitMs` from now. @returns verified bytes since the first of them, as a raw flow's samples */
export async function followed(page: Page, bytes: number, limitMs: number): Promise<Samples> {
  const seen = await page.evaluate(async limitMs => {
    await new Promise<unknown>(resolve => {
      if (globalThis.benchProgress.at(-1)?.[1] === 1) resolve(undefined);
      document.addEventListener('bench-complete', resolve, { once: true });
      setTimeout(resolve, limitMs);
    });
    return globalThis.benchProgress;
  }, limitMs);
  const start = seen[0]?.[0] ?? 0;
  return seen.map(([at, part]) => [at - start, part * bytes]);
}

/** Waits until so much of the file that is followed is verified. */
export async function verifiedPart(page: Page, part: number): Promise<void> {
  await page.waitForFunction(part => (globalThis.benchProgress.at(-1)?.[1] ?? 0) >= part, part);
}

/** The parts of that file that were verified by some moments, in ms since the epoch. */
export async function verifiedBy(page: Page, moments: readonly number[]): Promise<readonly number[]> {
  return await page.evaluate(
    moments =>
      moments.map(moment => {
        const seen = globalThis.benchProgress.findLast(([at]) => performance.timeOrigin + at <= moment);
        return seen?.[1] ?? 0;
      }),
    moments,
  );
}
