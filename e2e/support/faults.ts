import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { kill } from 'node:process';
import type { BrowserContext, Page } from '@playwright/test';
import type { Person } from './profiles.ts';

/** The whole matrix (`npm run e2e:faults`), or the short form that `npm test` runs. */
export const FULL = process.env['SHOAL_FAULTS'] === 'full';
const ROWS = process.env['SHOAL_FAULT_ROWS'];

/** One line of the table. */
export interface FaultRow {
  readonly fault: string;
  /** Bytes of the file. */
  readonly size: number;
  /** How it ended, in words or by code. */
  readonly end: string;
  /** Bytes that the sharer's page sent, all told. */
  readonly sent: number;
  readonly cuts: number;
  /** Seconds from the end of the fault to the next verified bytes. */
  readonly back?: number;
}

export function record(row: FaultRow): void {
  if (ROWS === undefined) return;
  mkdirSync(dirname(ROWS), { recursive: true });
  appendFileSync(ROWS, `${JSON.stringify(row)}\n`);
}

export interface Counter {
  readonly bytes: number;
}

/** Counts what the pages of a browser hand to their data channels, over every reload. Up to 1 MiB behind. */
export async function countSent(context: BrowserContext): Promise<Counter> {
  const counter = { bytes: 0 };
  await context.exposeBinding('shoalSent', (_, bytes: number) => {
    counter.bytes += bytes;
  });
  await context.addInitScript(() => {
    const tell = (window as unknown as { shoalSent(bytes: number): Promise<void> }).shoalSent;
    let pending = 0;
    const flush = (): void => {
      if (pending > 0) void tell(pending);
      pending = 0;
    };
    // Four overloads of one method: what is counted is bytes, and nothing here sends text.
    const channel = RTCDataChannel.prototype as unknown as { send(data: ArrayBufferView): void };
    const send = channel.send;
    channel.send = function count(data) {
      pending += data.byteLength;
      if (pending >= 1024 * 1024) flush();
      send.call(this, data);
    };
    setInterval(flush, 500);
  });
  return counter;
}

/**
 * Lets pages of a browser go behind another tab and come back. Chromium under Playwright always believes to be seen, so what it does
 * to the timers of a hidden page is done here: they run once a second, on the second, and nothing is painted. (Pages with an open data channel
 * are spared the once a minute; timers in workers are not slowed.)
 * @returns sends a page to the back, or to the front
 */
export async function tabSwitch(
  context: BrowserContext,
): Promise<(page: Page, hidden: boolean) => Promise<void>> {
  await context.addInitScript(() => {
    const state = { hidden: false };
    Object.defineProperty(document, 'visibilityState', {
      get: () => (state.hidden ? 'hidden' : 'visible'),
    });
    const [later, often, paint] = [setTimeout, setInterval, requestAnimationFrame];
    const onTheSecond = (ms: number): number => Math.ceil((Date.now() + ms) / 1000) * 1000 - Date.now();
    const page = window as unknown as {
      setTimeout(task: () => void, ms?: number): unknown;
      setInterval(task: () => void, ms?: number): unknown;
      requestAnimationFrame(task: FrameRequestCallback): number;
      shoalHide(hidden: boolean): void;
    };
    page.setTimeout = (task, ms = 0) => later(task, state.hidden ? onTheSecond(ms) : ms);
    page.setInterval = (task, ms = 0) => {
      let second = 0;
      return often(() => {
        const now = Math.floor(Date.now() / 1000);
        if (state.hidden && now === second) return;
        second = now;
        task();
      }, ms);
    };
    page.requestAnimationFrame = task => {
      if (!state.hidden) return paint(task);
      return Number(later(() => page.requestAnimationFrame(task), 100));
    };
    page.shoalHide = hidden => {
      state.hidden = hidden;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  return async (page, hidden) => {
    await page.evaluate(value => {
      (window as unknown as { shoalHide(hidden: boolean): void }).shoalHide(value);
    }, hidden);
  };
}

type ProcessKind = 'browser' | 'renderer';

/** SIGKILL to the processes of one person's browser: what a crash looks like. */
export async function killProcesses(context: BrowserContext, page: Page, kind: ProcessKind): Promise<void> {
  for (const { type, id } of await processesOf(context, page)) if (type === kind) kill(id, 'SIGKILL');
}

/** Kills a whole browser, and waits until it is gone. */
export async function crashBrowser({ context, page }: Pick<Person, 'context' | 'page'>): Promise<void> {
  const closed = context.waitForEvent('close');
  await killProcesses(context, page, 'browser');
  await closed;
}

/** Stops all processes of one person's browser, as a laptop that sleeps does. @returns lets them go on */
export async function sleepProcesses(context: BrowserContext, page: Page): Promise<() => void> {
  const processes = await processesOf(context, page);
  for (const { id } of processes) kill(id, 'SIGSTOP');
  return () => {
    for (const { id } of processes) kill(id, 'SIGCONT');
  };
}

async function processesOf(
  context: BrowserContext,
  page: Page,
): Promise<readonly { type: string; id: number }[]> {
  const browser = context.browser();
  const session = browser === null ? await context.newCDPSession(page) : await browser.newBrowserCDPSession();
  return (await session.send('SystemInfo.getProcessInfo')).processInfo;
}
