import type { Page } from '@playwright/test';

/** Chromium's trace events, as far as they are looked at; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly tdur?: number;
}

export interface WatchOptions {
  /** From when files have been chosen: until then the browser itself hands them over, 10,000 of them in one task. */
  readonly afterChange?: boolean;
}

const MARK = 'bench-from';

/** Notes every task of the page's thread above 50 ms (the browser reports no shorter ones) that begins from now on. */
export async function watchTasks(page: Page, { afterChange = false }: WatchOptions = {}): Promise<void> {
  await page.evaluate(
    ([afterChange, mark]) => {
      globalThis.benchTasks = [];
      let from = Infinity;
      const begin = (): void => {
        from = performance.now();
        performance.mark(mark);
      };
      if (afterChange) document.addEventListener('change', begin, { capture: true, once: true });
      else begin();
      new PerformanceObserver(list => {
        for (const { startTime, duration } of list.getEntries())
          if (startTime >= from) globalThis.benchTasks.push(duration);
      }).observe({ type: 'longtask' });
    },
    [afterChange, MARK] as const,
  );
}

/** The longest in milliseconds; 0 when there was none above 50. */
export async function longestTask(page: Page): Promise<number> {
  return await page.evaluate(() => Math.max(0, ...globalThis.benchTasks));
}

/**
 * As {@link watchTasks}, but for what tasks take of the processor: several browsers that share two cores keep each other's threads
 * waiting in mid-task, and that is the machine's doing. The trace slows the page down, so no rate is measured beside it.
 * @returns ends the trace; the most that one task took, in milliseconds
 */
export async function traceTasks(page: Page, options: WatchOptions = {}): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) if (isTraceEvent(event)) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordUntilFull', includedCategories: ['toplevel', 'blink.user_timing'] },
  });
  await watchTasks(page, options);
  return async () => {
    const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    return mostCpu(events);
  };
}

/** Of the tasks that began after the mark on the thread that set it. */
function mostCpu(events: readonly TraceEvent[]): number {
  const mark = events.find(({ name }) => name === MARK);
  if (mark === undefined) throw new Error('the trace does not hold the mark');
  const ofPage = events.filter(
    ({ name, pid, tid, ts }) =>
      name.endsWith('RunTask') && pid === mark.pid && tid === mark.tid && ts >= mark.ts,
  );
  if (ofPage.length === 0) throw new Error('the trace holds no task of the page');
  return Math.max(...ofPage.map(({ tdur = 0 }) => tdur / 1000));
}

function isTraceEvent(event: object): event is TraceEvent {
  return 'name' in event && 'pid' in event && 'tid' in event && 'ts' in event;
}
