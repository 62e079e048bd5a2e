import { runPair } from './pair.ts';
import type { PairOptions, PairReport } from './pair.ts';

const MBIT = 125_000;
/** A transfer of 12 s or so, and when a line changes in it. */
const DURATION_MS = 14_000;
const WARM_MS = 2_000;
const CHANGE_MS = 7_000;
const RTTS = [1, 20, 50, 100, 200];
const LOSSES = [0, 0.1, 1];
const RATES = [5, 20, 50, 100];
const QUEUES = [20, 100, 500];
/** Lines whose rate or length changes in mid-transfer. */
const CHANGES = [
  '50/0/20>50/100',
  '50/0/50>20/100',
  '20>100/0/20/100',
  '20>100/0/50/100',
  '50>150/0/20/100',
  '100>20/0/50/100',
  '200/0/20>50/100',
  '200/0/50>20/100',
  '200>50/0/20/100',
];
/** Several sharers behind one line. */
const SHARED = ['20/0/50/100/4', '50/0/10/100/4', '50/0/50/100/4', '200/0/20/100/4', '200/0/50/100/4'];

/** Prints what the request window makes of lines, named as `lineOf` reads them: all of the grid unless some are named. */
export function printGrid(print: (line: string) => void, names: readonly string[]): void {
  print(`${'line'.padEnd(20)}    use   cold   p95 drops  MB/s each second, or shares`);
  for (const name of names.length > 0 ? names : allLines()) print(rowOf(name, runPair(lineOf(name))));
}

/** Round trip in ms, loss in % each way, Mbit/s, queue in ms, sharers; `a>b` changes in mid-transfer: `50/0.1/20>50/100`. */
export function lineOf(name: string): PairOptions {
  const [rtt, loss, mbit, queue, givers = '1'] = name.split('/');
  const rate = courseOf(mbit);
  return {
    rate: now => rate(now) * MBIT,
    rtt: courseOf(rtt),
    loss: Number(loss) / 100,
    queueMs: Number(queue),
    givers: Number(givers),
    durationMs: DURATION_MS,
    warmMs: WARM_MS,
  };
}

function courseOf(text = ''): (now: number) => number {
  const [before = 0, after = before] = text.split('>').map(Number);
  return now => (now < CHANGE_MS ? before : after);
}

function allLines(): string[] {
  const still = RTTS.flatMap(rtt =>
    LOSSES.flatMap(loss => RATES.flatMap(rate => QUEUES.map(queue => `${rtt}/${loss}/${rate}/${queue}`))),
  );
  return [...CHANGES, ...SHARED, ...still];
}

function rowOf(name: string, { use, coldUse, p95QueueMs, drops, seconds, shares }: PairReport): string {
  const columns = [use.toFixed(3), coldUse.toFixed(3), p95QueueMs.toFixed(0), String(drops)];
  const tail = shares.length > 1 ? shares.map(part => part.toFixed(2)) : seconds.map(mb => mb.toFixed(1));
  return `${name.padEnd(20)} ${columns.map(column => column.padStart(6)).join('')}  ${tail.join(' ')}`;
}
