import { mkdir, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import type { Person } from '../support/profiles.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { longestTask, watchTasks } from './support/long-tasks.ts';
import { stepBack } from './support/processes.ts';
import { median, report } from './support/rows.ts';
import { acceptWhenOffered, sightingOf } from './support/watch-row.ts';
import type { Sighting } from './support/watch-row.ts';

const KIB = 1024;
const FILES = Number(process.env['SHOAL_BENCH_FILES'] ?? 10_000);
const FILE_BYTES = 4 * KIB;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 3);
const MB = 1e6;

interface Pair {
  readonly ann: Person;
  readonly bob: Person;
  readonly profiles: { readonly sharer: string; readonly receiver: string };
}

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
  const pair = async (name: string): Promise<Pair> => {
    const profiles = { sharer: join(dir, `ann-${name}`), receiver: join(dir, `bob-${name}`) };
    const ann = await person(`ann-${name}`, { profile: profiles.sharer });
    const bob = await person(`bob-${name}`, { profile: profiles.receiver });
    await bob.page.goto(await shareFiles(ann.page, server.url, hello));
    await expectOnline(bob.page);
    await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
    return { ann, bob, profiles };
  };
  const transfer = async ({ ann, bob }: Pair, many: boolean): Promise<Sighting> => {
    await acceptWhenOffered(bob.page, many ? 'many' : 'single.bin');
    if (many) await ann.page.getByTestId('folder-input').setInputFiles(folder);
    else await ann.page.getByTestId('file-input').setInputFiles(single);
    return await sightingOf(bob.page, 'complete');
  };
  const part = async ({ ann, bob }: Pair): Promise<void> => {
    await Promise.all([ann.close(), bob.close()]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['single', 'many'] as const) {
      const people = await pair(`${kind}-${round}`);
      const chosen = Date.now();
      const { offered, complete } = await transfer(people, kind === 'many');
      rates[kind].push(bytes / MB / ((complete - offered) / 1000));
      if (kind === 'many') untilOffered.push(offered - chosen);
      await part(people);
    }
    for (const side of ['sharer', 'receiver'] as const) {
      const people = await pair(`${side}-${round}`);
      // The two do not sit at one machine: whoever is looked at has it almost to itself.
      stepBack(people.profiles[side === 'sharer' ? 'receiver' : 'sharer']);
      const { page } = side === 'sharer' ? people.ann : people.bob;
      await watchTasks(page, { afterChange: side === 'sharer' });
      await transfer(people, true);
      tasks[side].push(await longestTask(page));
      await part(people);
    }
  }
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
  }
});
