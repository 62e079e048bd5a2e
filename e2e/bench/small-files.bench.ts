import { mkdir, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import type { Person } from '../support/profiles.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { longestTask, traceTasks, watchTasks } from './support/long-tasks.ts';
import { median, report } from './support/rows.ts';
import { acceptWhenOffered, sightingOf } from './support/watch-row.ts';
import type { Sighting } from './support/watch-row.ts';

const KIB = 1024;
const FILES = Number(process.env['SHOAL_BENCH_FILES'] ?? 10_000);
const FILE_BYTES = 4 * KIB;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 3);
const MB = 1e6;

test('a folder of many small files, beside one file of the same size', async ({
  server,
  person,
  dir,
}, info) => {
  test.setTimeout(10 * 60_000);
  const folder = join(dir, 'many');
  await mkdir(folder);
  for (let i = 0; i < FILES; i++) await writeFile(join(folder, `${i}.bin`), randomBytes(FILE_BYTES));
  const single = join(dir, 'single.bin');
  const bytes = FILES * FILE_BYTES;
  await writeNoise(single, bytes);
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  const rates: { many: number[]; single: number[] } = { many: [], single: [] };
  const untilOffered: number[] = [];
  const tasks: { sharer: number[]; receiver: number[] } = { sharer: [], receiver: [] };
  const pair = async (name: string): Promise<{ ann: Person; bob: Person }> => {
    const [ann, bob] = [await person(`ann${name}`), await person(`bob${name}`)];
    await bob.page.goto(await shareFiles(ann.page, server.url, hello));
    await expectOnline(bob.page);
    await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
    return { ann, bob };
  };
  const transfer = async ({ ann, bob }: { ann: Person; bob: Person }, many: boolean): Promise<Sighting> => {
    await acceptWhenOffered(bob.page, many ? 'many' : 'single.bin');
    if (many) await ann.page.getByTestId('folder-input').setInputFiles(folder);
    else await ann.page.getByTestId('file-input').setInputFiles(single);
    return await sightingOf(bob.page, 'complete');
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['single', 'many'] as const) {
      const people = await pair(String(round));
      const { ann, bob } = people;
      await Promise.all([watchTasks(ann.page, { afterChange: true }), watchTasks(bob.page)]);
      const chosen = Date.now();
      const { offered, complete } = await transfer(people, kind === 'many');
      rates[kind].push(bytes / MB / ((complete - offered) / 1000));
      if (kind === 'many') {
        untilOffered.push(offered - chosen);
        tasks.sharer.push(await longestTask(ann.page));
        tasks.receiver.push(await longestTask(bob.page));
      }
      await Promise.all([ann.close(), bob.close()]);
    }
  }
  const traced = await pair('traced');
  const cpu = {
    sharer: await traceTasks(traced.ann.page, { afterChange: true }),
    receiver: await traceTasks(traced.bob.page),
  };
  await transfer(traced, true);
  const ratio = median(rates.many) / median(rates.single);
  await report(info, { what: `one file of ${bytes / KIB} KiB`, value: median(rates.single), unit: 'MB/s' });
  await report(info, { what: `${FILES} files of 4 KiB`, value: median(rates.many), unit: 'MB/s' });
  const enough = ratio >= 1 / 3;
  await report(info, { what: 'many over one', value: ratio, unit: 'ratio', bar: '>= 0.33', met: enough });
  await report(info, { what: 'many: chosen to offered', value: median(untilOffered), unit: 'ms' });
  for (const side of ['sharer', 'receiver'] as const) {
    const longest = median(tasks[side]);
    await report(info, {
      what: `many: longest task, ${side}`,
      value: longest,
      unit: 'ms',
      bar: '<= 100',
      met: longest <= 100,
    });
    await report(info, { what: `many: most CPU of a task, ${side}`, value: await cpu[side](), unit: 'ms' });
  }
});
