import { join } from 'node:path';
import { findFirefox } from '../../scripts/firefox.mjs';
import { NO_FIREFOX } from '../firefox/support/firefox.ts';
import { expect, test } from '../firefox/support/test.ts';
import { writeNoise } from '../support/files.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { rawChannel } from './support/raw-channel.ts';
import { median, report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './support/watch-row.ts';

const MB = 1e6;
const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 64) * 1024 * 1024;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 1);

const PAIRS = [
  ['Firefox', 'Chromium'],
  ['Chromium', 'Firefox'],
  ['Firefox', 'Firefox'],
] as const;

test.skip(() => findFirefox() === undefined, NO_FIREFOX);

for (const [from, to] of PAIRS) {
  const pair = `${from} to ${to}`;
  test(`${pair}: one file, one receiver, beside a raw channel`, async ({
    server,
    fox,
    person,
    dir,
  }, info) => {
    const open = { Firefox: fox, Chromium: person };
    const path = join(dir, 'big.bin');
    await writeNoise(path, BYTES);
    const hello = join(dir, 'hello.txt');
    await writeNoise(hello, 1000);
    const raws: number[] = [];
    const shoals: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [ann, bob] = [await open[from](`ann${round}`, SMALL), await open[to](`bob${round}`, SMALL)];
      for (const { page } of [ann, bob]) await page.goto(`${server.url}/healthz`);
      raws.push(await rawChannel(ann.page, bob.page, BYTES));

      await bob.page.goto(await shareFiles(ann.page, server.url, hello));
      await expectOnline(bob.page);
      await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
      await acceptWhenOffered(bob.page, 'big.bin');
      await chooseFile(ann.page, path);
      const { offered, complete } = await sightingOf(bob.page, 'complete');
      shoals.push(BYTES / MB / ((complete - offered) / 1000));
      await Promise.all([ann.close(), bob.close()]);
    }
    const ratio = median(shoals) / median(raws);
    await report(info, { what: `${pair}, raw RTCDataChannel`, value: median(raws), unit: 'MB/s' });
    await report(info, { what: `${pair}, Shoal, hashed and stored`, value: median(shoals), unit: 'MB/s' });
    await report(info, {
      what: `${pair}, Shoal over raw`,
      value: ratio,
      unit: 'ratio',
      bar: '>= 0.8',
      met: ratio >= 0.8,
    });
  });
}
