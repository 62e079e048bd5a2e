import type { Page } from '@playwright/test';

export interface WatchOptions {
  /** From when files have been chosen: until then the browser itself hands them over, 10,000 of them in one task. */
  readonly afterChange?: boolean;
}

/** Notes every task of the page's thread above 50 ms (the browser reports no shorter ones) that begins from now on. */
export async function watchTasks(page: Page, { afterChange = false }: WatchOptions = {}): Promise<void> {
  await page.evaluate(afterChange => {
    globalThis.benchTasks = [];
    let from = Infinity;
    const begin = (): void => {
      from = performance.now();
    };
    if (afterChange) document.addEventListener('change', begin, { capture: true, once: true });
    else begin();
    new PerformanceObserver(list => {
      for (const { startTime, duration } of list.getEntries())
        if (startTime >= from) globalThis.benchTasks.push(duration);
    }).observe({ type: 'longtask' });
  }, afterChange);
}

/** The longest in milliseconds; 0 when there was none above 50. */
export async function longestTask(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    // The observer hears of a task some time after its end.
    await new Promise(resolve => requestIdleCallback(resolve));
    return Math.max(0, ...globalThis.benchTasks);
  });
}
