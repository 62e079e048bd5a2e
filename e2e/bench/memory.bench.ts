import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256OfFile, writeNoise, writeSparse } from '../support/files.ts';
import { expectOnline, saveRow, shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { memoryOf, watchMemory } from './support/processes.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './support/watch-row.ts';

const MB = 1e6;
const MIB = 1024 * 1024;
/** The largest takes ten minutes and 20 GiB of disk: SHOAL_BENCH_MEMORY_MIB="100 1024 10240" npm run bench -- memory */
const SIZES = (process.env['SHOAL_BENCH_MEMORY_MIB'] ?? '100 1024').split(' ').map(Number);

test('memory: one file of each size, one receiver', async ({ server, person, dir }, info) => {
  test.setTimeout(60 * 60_000);
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  const sums: number[] = [];
  for (const size of SIZES) {
    const path = join(dir, 'big.bin');
    const hash = await writeSparse(path, size * MIB);
    const [profileA, profileB] = [
      await mkdtemp(join(tmpdir(), 'shoal-bench-a-')),
      await mkdtemp(join(tmpdir(), 'shoal-bench-b-')),
    ];
    const profiles = [profileA, profileB];
    const ann = await person(`ann${size}`, { profile: profileA, ...SMALL });
    const bob = await person(`bob${size}`, { profile: profileB, ...SMALL });
    await bob.page.goto(await shareFiles(ann.page, server.url, hello));
    await expectOnline(bob.page);
    await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
    const idle = profiles.map(memoryOf);
    const memory = watchMemory(profiles);
    await acceptWhenOffered(bob.page, 'big.bin');
    await chooseFile(ann.page, path);
    const { offered, complete } = await sightingOf(bob.page, 'complete');
    const saved = await saveRow(bob.page, 'big.bin');
    const [sharer = 0, receiver = 0] = memory.stop().map((peak, i) => (peak - (idle[i] ?? 0)) / MB);
    expect(await sha256OfFile(saved)).toBe(hash);
    await Promise.all([ann.close(), bob.close()]);
    for (const place of [...profiles, path]) await rm(place, { recursive: true });

    const what = size < 1024 ? `${size} MiB` : `${size / 1024} GiB`;
    sums.push(sharer + receiver);
    await report(info, {
      what: `${what}, rate`,
      value: (size * MIB) / 1e3 / (complete - offered),
      unit: 'MB/s',
    });
    await report(info, { what: `${what}, memory over idle, sharer`, value: sharer, unit: 'MB' });
    await report(info, {
      what: `${what}, memory over idle, receiver, saved too`,
      value: receiver,
      unit: 'MB',
    });
    await report(info, {
      what: `${what}, memory over idle, both`,
      value: sharer + receiver,
      unit: 'MB',
      bar: '< 200',
      met: sharer + receiver < 200,
    });
  }
  const growth = (sums.at(-1) ?? 0) / (sums[0] ?? 1);
  await report(info, {
    what: 'memory, the largest over the smallest',
    value: growth,
    unit: 'ratio',
    bar: '<= 1.2',
    met: growth <= 1.2,
  });
});
