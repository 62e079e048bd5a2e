import type { Page } from '@playwright/test';
import { closeFlow, openFlow, rateOf, sendFlow } from './flow.ts';

/** Sends `bytes` over one raw RTCDataChannel between two pages and returns MB/s: the ceiling that the browser sets. */
export async function rawChannel(a: Page, b: Page, bytes: number): Promise<number> {
  await openFlow(a, b, 'raw');
  const samples = await sendFlow(a, b, 'raw', { filling: { kind: 'filled' }, bytes });
  await closeFlow(a, b, 'raw');
  return rateOf(samples);
}
