import type { Row } from './rows.ts';

/** One line of the table. */
export interface LineCase {
  readonly text: string;
  /** Milliseconds there and back. */
  readonly rtt: number;
  /** Percent, each way. */
  readonly loss: number;
  /** Mbit/s. */
  readonly rate: number;
  /** Milliseconds. */
  readonly queue: number;
}

type Verdict = Pick<Row, 'bar' | 'met'>;

/** No queue is that short for an interactive program. */
const LEAST_DELAY_MS = 60;

/** @param text such as `20/0/50/100 50/0.1/50/100`: round trip, loss, rate, queue */
export function lineCases(text: string): readonly LineCase[] {
  return text.split(' ').map(text => {
    const [rtt = 0, loss = 0, rate = 0, queue = 0] = text.split('/').map(Number);
    return { text, rtt, loss, rate, queue };
  });
}

/** Rates in MB/s: Shoal's, and that of the raw channel which is kept filled. */
export function rateVerdict({ rtt, loss, rate }: LineCase, shoal: number, filled: number): Verdict {
  if (loss >= 1)
    return { bar: `>= 5 times raw, filled (${(shoal / filled).toFixed(1)})`, met: shoal >= 5 * filled };
  const least = loss === 0 ? 0.9 : loss <= 0.1 && rtt === 50 ? 0.85 : undefined;
  if (least === undefined) return {};
  const part = shoal / (rate / 8);
  return { bar: `>= ${least} of the line (${part.toFixed(2)})`, met: part >= least };
}

/** What a ping beside the transfer takes longer, in ms. */
export function delayVerdict({ queue }: LineCase, added: number): Verdict {
  const most = Math.max(LEAST_DELAY_MS, queue);
  return { bar: `<= ${most}`, met: added <= most };
}
