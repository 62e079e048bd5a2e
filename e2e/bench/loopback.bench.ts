import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder, writeNoise } from '../support/files.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { cpuOf, memoryOf, watchMemory } from './support/processes.ts';
import { rawChannel } from './support/raw-channel.ts';
import { median, report } from './support/rows.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './support/watch-row.ts';

const MB = 1e6;
const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 1024) * 1024 * 1024;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 3);

test('loopback: one file, one receiver, beside a raw channel', async ({ server, person, dir }, info) => {
  const path = join(dir, 'big.bin');
  await writeNoise(path, BYTES);
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  const raws: number[] = [];
  const shoals: number[] = [];
  const rawCpus: number[] = [];
  const shoalCpus: number[] = [];
  const growths: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const profiles = [
      await mkdtemp(join(tmpdir(), 'shoal-bench-a-')),
      await mkdtemp(join(tmpdir(), 'shoal-bench-b-')),
    ];
    const [profileA = '', profileB = ''] = profiles;
    const cpu = (): number => cpuOf(profileA) + cpuOf(profileB);
    const ann = await person(`ann${round}`, { profile: profileA });
    const bob = await person(`bob${round}`, { profile: profileB });

    await Promise.all([ann, bob].map(async p => await p.page.goto(`${server.url}/healthz`)));
    const cpuBefore = cpu();
    raws.push(await rawChannel(ann.page, bob.page, BYTES));
    rawCpus.push(cpu() - cpuBefore);

    const link = await shareFiles(ann.page, server.url, hello);
    await bob.page.goto(link);
    await expectOnline(bob.page);
    await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
    const idle = profiles.map(memoryOf);
    const memory = watchMemory(profiles);
    const start = cpu();
    await acceptWhenOffered(bob.page, 'big.bin');
    await chooseFile(ann.page, path);
    const { offered, complete } = await sightingOf(bob.page, 'complete');
    shoals.push(BYTES / MB / ((complete - offered) / 1000));
    shoalCpus.push(cpu() - start);
    growths.push(memory.stop().map((peak, i) => (peak - (idle[i] ?? 0)) / MB));
    await Promise.all([ann.close(), bob.close()]);
    for (const profile of profiles) await removeFolder(profile);
  }
  const ratio = median(shoals) / median(raws);
  const perGib = 1024 ** 3 / BYTES;
  const growth = median(growths.map(g => g.reduce((a, b) => a + b, 0)));
  await report(info, { what: 'raw RTCDataChannel', value: median(raws), unit: 'MB/s' });
  await report(info, { what: 'Shoal, hashed and stored', value: median(shoals), unit: 'MB/s' });
  await report(info, {
    what: 'Shoal over raw',
    value: ratio,
    unit: 'ratio',
    bar: '>= 0.85',
    met: ratio >= 0.85,
  });
  await report(info, { what: 'CPU, raw', value: median(rawCpus) * perGib, unit: 's/GiB' });
  await report(info, { what: 'CPU, Shoal', value: median(shoalCpus) * perGib, unit: 's/GiB' });
  await report(info, {
    what: 'memory over idle, sharer',
    value: median(growths.map(g => g[0] ?? 0)),
    unit: 'MB',
  });
  await report(info, {
    what: 'memory over idle, receiver',
    value: median(growths.map(g => g[1] ?? 0)),
    unit: 'MB',
  });
  await report(info, {
    what: 'memory over idle, both',
    value: growth,
    unit: 'MB',
    bar: '< 150',
    met: growth < 150,
  });
});
