import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { median, report } from './support/rows.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './support/watch-row.ts';

const MIB = 1024 * 1024;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 5);

test('from choosing a file to its first verified piece at a receiver who is there', async ({
  server,
  person,
  dir,
}, info) => {
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  const small: number[] = [];
  const large: number[] = [];
  await writeNoise(join(dir, 'small.bin'), MIB, 1);
  await writeNoise(join(dir, 'large.bin'), 1024 * MIB, 2);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [times, name] of [
      [small, 'small.bin'],
      [large, 'large.bin'],
    ] as const) {
      const [ann, bob] = [await person('ann'), await person('bob')];
      const link = await shareFiles(ann.page, server.url, hello);
      await bob.page.goto(link);
      await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
      await acceptWhenOffered(bob.page, name);
      const chosen = await chooseFile(ann.page, join(dir, name));
      times.push((await sightingOf(bob.page, 'firstVerified')).firstVerified - chosen);
      await Promise.all([ann.close(), bob.close()]);
    }
  }
  const ratio = median(large) / median(small);
  await report(info, { what: 'first verified piece, 1 MiB', value: median(small), unit: 'ms' });
  await report(info, { what: 'first verified piece, 1 GiB', value: median(large), unit: 'ms' });
  await report(info, {
    what: '1 GiB over 1 MiB',
    value: ratio,
    unit: 'ratio',
    bar: '<= 1.5',
    met: ratio <= 1.5,
  });
});
