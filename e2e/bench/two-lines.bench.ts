import { join } from 'node:path';
import { SERVER } from '../lab/lab.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import type { Person } from '../support/profiles.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { uploadedBy } from './support/crowd.ts';
import { eachSecond, rateOf } from './support/flow.ts';
import { watchCores } from './support/processes.ts';
import { followFile, followed } from './support/progress.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { chooseFile } from './support/watch-row.ts';

/** Mbit/s: the sharer's line carries what both receivers can take together, so that neither has to yield to the other. */
const [UP, FAST, SLOW] = [40, 20, 2];
const AROUND = { delay: 10, queue: 100 };
const SECONDS = Number(process.env['SHOAL_BENCH_SECONDS'] ?? 15);
const BYTES = Math.round(((FAST * 1e6) / 8) * SECONDS);
/** What the start of a transfer takes is another matter. */
const START_MS = 2000;
/** As a part of what it gets alone. */
const BAR = 0.9;

test('two receivers on different lines from one sharer', async ({ lab, person, dir }, info) => {
  const server = await lab.server();
  const behind = async (name: string, mbit: number): Promise<Person> => {
    const { browser } = await lab.member({ line: { up: mbit, down: mbit, ...AROUND } });
    return await person(name, { ...browser, ...SMALL });
  };
  const [sharer, fast, slow] = [
    await behind('sharer', UP),
    await behind('fast', FAST),
    await behind('slow', SLOW),
  ];
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);

  /** In a room of its own. Ends when the fast one has all. @returns what each has verified when, in MB/s after the start */
  const give = async (name: string, receivers: readonly Person[]): Promise<readonly number[]> => {
    await writeNoise(join(dir, name), BYTES, receivers.length);
    for (const { page } of [sharer, fast, slow]) await page.goto(`http://${SERVER}:443/healthz`);
    const link = await shareFiles(sharer.page, server.url, hello);
    for (const { page } of receivers) await page.goto(link);
    for (const { page } of [sharer, ...receivers])
      await expect(page.getByTestId('peer-row')).toHaveCount(receivers.length);
    for (const { page } of receivers) await followFile(page, name);
    await chooseFile(sharer.page, join(dir, name));
    await followed(fast.page, BYTES, SECONDS * 3000);
    const all = await Promise.all(receivers.map(async ({ page }) => await followed(page, BYTES, 0)));
    for (const [i, samples] of all.entries())
      console.log(`${name} ${receivers[i]?.name}: ${eachSecond(samples)}`);
    return all.map(samples => rateOf(samples, START_MS));
  };

  const [alone = NaN] = await give('alone.bin', [fast]);
  const cores = watchCores();
  const [beside = NaN, other = NaN] = await give('both.bin', [fast, slow]);
  const busy = cores();
  const row = async (what: string, value: number, unit: string, verdict = {}): Promise<void> =>
    await report(info, { what: `two lines: ${what}`, value, unit, ...verdict });
  const part = beside / alone;
  await row(`${FAST} Mbit/s alone`, alone, 'MB/s');
  await row(`${FAST} Mbit/s beside ${SLOW}`, beside, 'MB/s');
  await row('beside over alone', part, 'ratio', { bar: `>= ${BAR}`, met: part >= BAR });
  await row(`${SLOW} Mbit/s meanwhile`, other, 'MB/s');
  // The sharer needs nothing, so this is what went to the fast one.
  await row(`given by ${SLOW} Mbit/s`, (await uploadedBy(slow.page)) / BYTES, 'copies');
  await row('given by the sharer', (await uploadedBy(sharer.page)) / BYTES, 'copies');
  await row('cores busy', busy, 'cores');
});
