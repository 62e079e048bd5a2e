import { join } from 'node:path';
import { SERVER } from '../lab/lab.ts';
import { TURN_HOST } from '../lab/turn.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { closeFlow, eachSecond, openFlow, rateOf, sendFlow } from './support/flow.ts';
import type { Filling } from './support/flow.ts';
import { followFile, followed } from './support/progress.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { chooseFile } from './support/watch-row.ts';

/**
 * Lines to try: round trip in ms, loss in % each way, Mbit/s, queue in ms. All of the grid, one by one:
 * SHOAL_BENCH_LINES="20/0/50/100 50/0.1/50/100 …" npm run bench -- line
 */
const LINES = (
  process.env['SHOAL_BENCH_LINES'] ??
  '20/0/20/50 50/0/50/100 20/0/100/50 200/0/50/100 50/0.1/50/100 50/1/50/100'
)
  .split(' ')
  .map(text => {
    const [rtt = 0, loss = 0, rate = 0, queue = 0] = text.split('/').map(Number);
    return { text, rtt, loss, rate, queue };
  });
/** Each sender gets so long, or the bytes that the line carries in that time. */
const SECONDS = Number(process.env['SHOAL_BENCH_SECONDS'] ?? 12);
/** What the start of a transfer takes is another matter than how well it fills the line. */
const START_MS = 2000;
const RAW: readonly (readonly [what: string, filling: Filling])[] = [
  ['raw, filled', { kind: 'filled' }],
  ['raw, stops each 1 MB', { kind: 'stop-and-wait', bytes: 1024 * 1024 }],
];
const STUN = [{ urls: `stun:${TURN_HOST}:3478` }];

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
  for (const [i, { text, rtt, loss, rate, queue }] of LINES.entries()) {
    home.line.set({ up: rate, down: rate, delay: rtt / 2, loss, queue });
    const bytes = Math.round(((rate * 1e6) / 8) * SECONDS);
    const carried = rate / 8;

    for (const [what, filling] of RAW) {
      for (const { page } of [ann, bob]) await page.goto(`http://${SERVER}:443/healthz`);
      const name = `${what}${i}`;
      await openFlow(ann.page, bob.page, name, STUN);
      const samples = await sendFlow(ann.page, bob.page, name, { filling, bytes, limitMs: SECONDS * 1000 });
      await closeFlow(ann.page, bob.page, name);
      console.log(`${text} ${what}: ${eachSecond(samples)}`);
      await report(info, { what: `${text} ${what}`, value: rateOf(samples, START_MS), unit: 'MB/s' });
    }

    const file = join(dir, `case-${i}.bin`);
    await writeNoise(file, bytes, i + 1);
    await bob.page.goto(await shareFiles(ann.page, server.url, hello));
    await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'direct');
    await followFile(bob.page, `case-${i}.bin`);
    const drops = (await home.line.counts()).up.dropped;
    await chooseFile(ann.page, file);
    const samples = await followed(bob.page, bytes, SECONDS * 1500);
    const value = rateOf(samples, START_MS);
    console.log(`${text} Shoal: ${eachSecond(samples)}`);
    await report(info, { what: `${text} Shoal`, value, unit: 'MB/s', ...barOf(rtt, loss, value / carried) });
    await report(info, {
      what: `${text} Shoal, dropped by the queue`,
      value: (await home.line.counts()).up.dropped - drops,
      unit: 'frames',
    });
  }
});

/** Of the line's own rate; what loss of 1 % is measured by stands beside it. */
function barOf(rtt: number, loss: number, part: number): { bar?: string; met?: boolean } {
  const least = loss === 0 ? 0.9 : loss <= 0.1 && rtt === 50 ? 0.85 : undefined;
  if (least === undefined) return {};
  return { bar: `>= ${least} of the line (${part.toFixed(2)})`, met: part >= least };
}
