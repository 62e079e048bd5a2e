import type { CDPSession, Page } from '@playwright/test';

/** The longest task of a page's thread, in milliseconds. */
export interface LongestTask {
  /** From its beginning to its end; 0 when there was none above 50. */
  readonly wall: number;
  /**
   * What the longest took of the processor. Several browsers that share two cores keep each other's threads waiting in mid-task: the
   * difference to `wall` is the machine's, not the page's.
   */
  readonly cpu: number;
}

/** Chromium's trace events, as far as they are looked at; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

const MARK = 'bench-from';
const TRACED = ['toplevel', 'blink.user_timing', '__metadata'];

/**
 * Watches the tasks of the page's thread that begin from now on; with `afterChange`, once files have been chosen: until then the
 * browser itself hands them over, 10,000 of them in one task.
 * @returns ends the watch
 */
export async function watchTasks(
  page: Page,
  { afterChange = false } = {},
): Promise<() => Promise<LongestTask>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) if (isTraceEvent(event)) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordUntilFull', includedCategories: TRACED },
  });
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
      // The browser reports no task below 50 ms.
      new PerformanceObserver(list => {
        for (const { startTime, duration } of list.getEntries())
          if (startTime >= from) globalThis.benchTasks.push(duration);
      }).observe({ type: 'longtask' });
    },
    [afterChange, MARK] as const,
  );
  return async () => {
    await stopTracing(session);
    const wall = await page.evaluate(() => Math.max(0, ...globalThis.benchTasks));
    return { wall, cpu: longestCpu(events) };
  };
}

async function stopTracing(session: CDPSession): Promise<void> {
  const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
}

/** Of the tasks that began after the mark on the thread that set it. */
function longestCpu(events: readonly TraceEvent[]): number {
  const mark = events.find(({ name }) => name === MARK);
  if (mark === undefined) throw new Error('the trace does not hold the mark');
  const ofPage = events.filter(
    ({ name, pid, tid, ts }) =>
      name.endsWith('RunTask') && pid === mark.pid && tid === mark.tid && ts >= mark.ts,
  );
  return Math.max(0, ...ofPage.map(({ tdur = 0 }) => tdur / 1000));
}

function isTraceEvent(event: object): event is TraceEvent {
  return 'name' in event && 'pid' in event && 'tid' in event && 'ts' in event;
}
