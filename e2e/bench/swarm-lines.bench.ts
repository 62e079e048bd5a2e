import { join } from 'node:path';
import { TURN_HOST } from '../lab/turn.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { LINE, RECEIVERS, crowdOnLines, distribute } from './support/crowd.ts';
import { closeFlow, openFlow, sendFlow } from './support/flow.ts';
import { watchCores } from './support/processes.ts';
import { report } from './support/rows.ts';

const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 64) * 1024 * 1024;
/** Unacknowledged bytes of one plain flow: four of them fill the sharer's line and half of its queue. */
const FLOW_WINDOW = 48 * 1024;
const STUN = [{ urls: `stun:${TURN_HOST}:3478` }];

test('swarm on lines', async ({ lab, person, dir }, info) => {
  const [path, hello] = [join(dir, 'lecture.bin'), join(dir, 'hello.txt')];
  await writeNoise(path, BYTES);
  await writeNoise(hello, 1000);
  const server = await lab.server();
  const { home, sharer, receivers } = await crowdOnLines(lab, person);
  const uplink = (LINE.up * 1e6) / 8;
  const bound = Math.max(
    BYTES / uplink,
    BYTES / ((LINE.down * 1e6) / 8),
    (RECEIVERS * BYTES) / (uplink * (1 + RECEIVERS)),
  );

  const before = (await home.traffic()).sent;
  const cores = watchCores();
  const { first, last, uploaded } = await distribute(sharer, receivers, server.url, {
    path,
    hello,
    name: 'lecture.bin',
  });
  const busy = cores();
  const onTheLine = ((await home.traffic()).sent - before) / BYTES;
  const ratio = last / bound;
  await report(info, { what: 'swarm, lines: bound', value: bound, unit: 's' });
  await report(info, { what: 'swarm, lines: first complete', value: first, unit: 's' });
  await report(info, { what: 'swarm, lines: last complete', value: last, unit: 's' });
  const fast = ratio <= 1.6;
  await report(info, {
    what: 'swarm, lines: last over bound',
    value: ratio,
    unit: 'ratio',
    bar: '<= 1.6',
    met: fast,
  });
  await report(info, {
    what: 'swarm, lines: payload of the sharer',
    value: uploaded / BYTES,
    unit: 'copies',
  });
  await report(info, {
    what: 'swarm, lines: sent by the sharer, headers and all',
    value: onTheLine,
    unit: 'copies',
    bar: '<= 1.3',
    met: onTheLine <= 1.3,
  });
  await report(info, { what: 'swarm, lines: cores busy', value: busy, unit: 'cores' });
});

test('plain fan-out on the same lines: everyone fetches from the sharer', async ({ lab, person }, info) => {
  const server = await lab.server();
  const { sharer, receivers } = await crowdOnLines(lab, person);
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
  await report(info, { what: 'plain fan-out, lines: last complete', value: fanOut, unit: 's' });
});
