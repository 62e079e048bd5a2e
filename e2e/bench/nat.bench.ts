import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { NAT_KINDS } from '../lab/nat.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { rateOf } from './support/flow.ts';
import { followFile, followed } from './support/progress.ts';
import { median, report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { chooseFile } from './support/watch-row.ts';

const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 5);
const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 8) * 1024 * 1024;
const LIMIT_MS = 60_000;

test('all pairs of the six kinds of network: way, time to connect, rate', async ({
  lab,
  person,
  dir,
}, info) => {
  const server = await lab.server();
  const [home, away] = [await lab.member(), await lab.member()];
  const [ann, bob] = [
    await person('ann', { ...home.browser, ...SMALL }),
    await person('bob', { ...away.browser, ...SMALL }),
  ];
  await bob.page.addInitScript(noteMoments);
  const [hello, file] = [join(dir, 'hello.txt'), join(dir, 'file.bin')];
  await writeNoise(hello, 1000);
  await writeNoise(file, BYTES);
  for (const [i, a] of NAT_KINDS.entries()) {
    for (const b of NAT_KINDS.slice(i)) {
      await home.setKind(a);
      await away.setKind(b);
      const seconds: number[] = [];
      const rates: number[] = [];
      const paths = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const link = await shareFiles(ann.page, server.url, hello);
        await bob.page.goto(link);
        await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', /direct|relay/);
        paths.add((await bob.page.getByTestId('peer-row').getAttribute('data-path')) ?? '');
        seconds.push(await secondsToConnect(bob.page));
        await followFile(bob.page, 'file.bin');
        await chooseFile(ann.page, file);
        rates.push(rateOf(await followed(bob.page, BYTES, LIMIT_MS)));
        // The next room is another one: both leave this one first.
        for (const { page } of [ann, bob]) await page.goto('about:blank');
      }
      const path = [...paths].join(', ');
      const limit = path === 'direct' ? 3 : 5;
      const value = median(seconds);
      await report(info, {
        what: `${a} x ${b}: ${path}, connected in`,
        value,
        unit: 's',
        bar: `< ${limit}`,
        met: value < limit,
      });
      await report(info, { what: `${a} x ${b}: ${path}`, value: median(rates), unit: 'MB/s' });
    }
  }
});

/** Runs in each page before its own scripts: when the server let it in, and when it had its first neighbour. */
function noteMoments(): void {
  globalThis.benchMoments = { online: 0, neighbour: 0 };
  const look = (): void => {
    const moments = globalThis.benchMoments;
    if (document.querySelector('[data-testid="connection-state"][data-state="online"]') !== null)
      moments.online ||= performance.now();
    if (document.querySelector('[data-testid="peer-row"]') !== null) moments.neighbour ||= performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

async function secondsToConnect(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { online, neighbour } = globalThis.benchMoments;
    return (neighbour - online) / 1000;
  });
}
