import { join } from 'node:path';
import { TURN_HOST } from '../lab/turn.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { LONG_LINE, boundOf, crowdOnLines, distribute, shortLine } from './support/crowd.ts';
import { closeFlow, openFlow, sendFlow } from './support/flow.ts';
import { watchCores } from './support/processes.ts';
import { report } from './support/rows.ts';

const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 64) * 1024 * 1024;
/** Unacknowledged bytes of one plain flow: four of them fill the sharer's line and half of its queue. */
const FLOW_WINDOW = 48 * 1024;
const STUN = [{ urls: `stun:${TURN_HOST}:3478` }];

/** The bar's own set-up, and longer lines, whose five emulators take the CPU that the browsers need. */
for (const crowd of [shortLine(), LONG_LINE]) {
  test(`swarm on ${crowd.what}`, async ({ lab, person, dir }, info) => {
    const [path, hello] = [join(dir, 'lecture.bin'), join(dir, 'hello.txt')];
    await writeNoise(path, BYTES);
    await writeNoise(hello, 1000);
    const server = await lab.server();
    const { home, sharer, receivers } = await crowdOnLines(lab, person, crowd);

    const before = (await home.traffic()).sent;
    const drops = (await home.line.counts()).up.dropped;
    const cores = watchCores();
    const { first, last, uploaded } = await distribute(sharer, receivers, server.url, {
      path,
      hello,
      name: 'lecture.bin',
    });
    const busy = cores();
    const onTheLine = ((await home.traffic()).sent - before) / BYTES;
    const dropped = (await home.line.counts()).up.dropped - drops;
    const ratio = last / boundOf(BYTES);
    const row = async (what: string, value: number, unit: string, bar?: number): Promise<void> => {
      const verdict = bar === undefined ? {} : { bar: `<= ${bar}`, met: value <= bar };
      await report(info, { what: `${crowd.what}, swarm: ${what}`, value, unit, ...verdict });
    };
    await row('bound', boundOf(BYTES), 's');
    await row('first complete', first, 's');
    await row('last complete', last, 's');
    await row('last over bound', ratio, 'ratio', 1.6);
    await row('payload of the sharer', uploaded / BYTES, 'copies');
    await row('sent by the sharer, headers and all', onTheLine, 'copies', 1.3);
    await row("dropped by the sharer's queue", dropped, 'frames');
    await row('cores busy', busy, 'cores');
  });

  test(`plain fan-out on ${crowd.what}: everyone fetches from the sharer`, async ({ lab, person }, info) => {
    const server = await lab.server();
    const { sharer, receivers } = await crowdOnLines(lab, person, crowd);
    for (const { page } of [sharer, ...receivers]) await page.goto(`${server.url}/healthz`);
    for (const [i, { page }] of receivers.entries()) await openFlow(sharer.page, page, `${i}`, STUN);
    const start = performance.now();
    await Promise.all(
      receivers.map(async ({ page }, i) => {
        const options = { filling: { kind: 'window', bytes: FLOW_WINDOW }, bytes: BYTES } as const;
        await sendFlow(sharer.page, page, `${i}`, options);
      }),
    );
    const fanOut = (performance.now() - start) / 1000;
    for (const [i, { page }] of receivers.entries()) await closeFlow(sharer.page, page, `${i}`);
    await report(info, { what: `${crowd.what}, plain fan-out: last complete`, value: fanOut, unit: 's' });
  });
}
