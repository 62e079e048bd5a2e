import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { SERVER } from '../lab/lab.ts';
import { TURN_HOST } from '../lab/turn.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { closeFlow, eachSecond, openFlow, rateOf, sendFlow } from './support/flow.ts';
import type { Filling, Samples } from './support/flow.ts';
import { delayVerdict, lineCases, rateVerdict } from './support/line-case.ts';
import { Ping } from './support/ping.ts';
import { followFile, followed } from './support/progress.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { chooseFile } from './support/watch-row.ts';

/**
 * Lines to try: round trip in ms, loss in % each way, Mbit/s, queue in ms. All of the grid, one by one:
 * SHOAL_BENCH_LINES="20/0/50/100 50/0.1/50/100 …" npm run bench -- line
 */
const LINES = lineCases(
  process.env['SHOAL_BENCH_LINES'] ??
    '20/0/20/50 50/0/50/100 20/0/100/50 200/0/50/100 50/0.1/50/100 50/1/50/100',
);
/** Each sender gets so long, or the bytes that the line carries in that time. */
const SECONDS = Number(process.env['SHOAL_BENCH_SECONDS'] ?? 12);
/** What the start of a transfer takes is another matter than how well it fills the line. */
const START_MS = 2000;
const STOPPING: Filling = { kind: 'stop-and-wait', bytes: 1024 * 1024 };
const STUN = [{ urls: `stun:${TURN_HOST}:3478` }];

/** What arrived when, and what a ping beside it took. */
interface Sent {
  readonly result: Samples;
  readonly p95: number;
}

test('one pair over emulated lines: Shoal, a raw channel, and one that stops each 1 MB', async ({
  lab,
  person,
  dir,
}, info) => {
  const server = await lab.server();
  const [home, away] = [await lab.member({ line: {} }), await lab.member()];
  const [ann, bob] = [
    await person('ann', { ...home.browser, ...SMALL }),
    await person('bob', { ...away.browser, ...SMALL }),
  ];
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  const ping = await Ping.open(home, away);

  const raw = async (filling: Filling, bytes: number): Promise<Sent> => {
    for (const { page } of [ann, bob]) await page.goto(`http://${SERVER}:443/healthz`);
    await openFlow(ann.page, bob.page, 'raw', STUN);
    const options = { filling, bytes, limitMs: SECONDS * 1000 };
    const sent = await ping.beside(async () => await sendFlow(ann.page, bob.page, 'raw', options));
    await closeFlow(ann.page, bob.page, 'raw');
    return sent;
  };
  const shoal = async (name: string, bytes: number): Promise<Sent> => {
    await bob.page.goto(await shareFiles(ann.page, server.url, hello));
    await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'direct');
    await followFile(bob.page, name);
    await chooseFile(ann.page, join(dir, name));
    return await ping.beside(async () => await followed(bob.page, bytes, SECONDS * 1500));
  };

  for (const [i, line] of LINES.entries()) {
    const { text, rtt, loss, rate, queue } = line;
    home.line.set({ up: rate, down: rate, delay: rtt / 2, loss, queue });
    const bytes = Math.round(((rate * 1e6) / 8) * SECONDS);
    const [file, idle] = [`case-${i}.bin`, await ping.idle()];
    await writeNoise(join(dir, file), bytes, i + 1);
    const row = async (what: string, value: number, unit: string, verdict = {}): Promise<void> =>
      await report(info, { what: `${text} ${what}`, value, unit, ...verdict });
    const rated = (what: string, { result: samples, p95 }: Sent): [rate: number, added: number] => {
      console.log(`${text} ${what}: ${eachSecond(samples)}`);
      return [rateOf(samples, START_MS), p95 - idle];
    };

    const [filled, behindFilled] = rated('raw, filled', await raw({ kind: 'filled' }, bytes));
    await row('raw, filled', filled, 'MB/s');
    await row('raw, filled: added delay, p95', behindFilled, 'ms');
    const [stopping] = rated('raw, stops each 1 MB', await raw(STOPPING, bytes));
    await row('raw, stops each 1 MB', stopping, 'MB/s');
    const drops = (await home.line.counts()).up.dropped;
    const [verified, behindShoal] = rated('Shoal', await shoal(file, bytes));
    await row('Shoal', verified, 'MB/s', rateVerdict(line, verified, filled));
    await row('Shoal: added delay, p95', behindShoal, 'ms', delayVerdict(line, behindShoal));
    await row('Shoal: connections', await connectionsOf(ann.page), '');
    await row('Shoal: dropped by the queue', (await home.line.counts()).up.dropped - drops, 'frames');
  }
});

/** That a page has to its neighbour, lanes included: more than one where loss holds it back. */
async function connectionsOf(page: Page): Promise<number> {
  const text = await page.getByTestId('peer-row').textContent();
  return Number(/(\d+) connections/.exec(text ?? '')?.[1] ?? 1);
}
