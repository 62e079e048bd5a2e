import type { Page } from '@playwright/test';

/**
 * Notes every task of the page's thread above 50 ms (the browser reports no shorter ones) that begins from now on; with
 * `afterChange`, once files have been chosen: until then the browser itself hands them over, 10,000 of them in one task.
 */
export async function watchTasks(page: Page, { afterChange = false } = {}): Promise<void> {
  await page.evaluate(afterChange => {
    globalThis.benchTasks = [];
    let from = afterChange ? Infinity : performance.now();
    document.addEventListener('change', () => (from = performance.now()), { capture: true, once: true });
    new PerformanceObserver(list => {
      for (const { startTime, duration } of list.getEntries())
        if (startTime >= from) globalThis.benchTasks.push(duration);
    }).observe({ type: 'longtask' });
  }, afterChange);
}

/** The longest in milliseconds; 0 when there was none above 50. */
export async function longestTask(page: Page): Promise<number> {
  return await page.evaluate(() => Math.max(0, ...globalThis.benchTasks));
}
