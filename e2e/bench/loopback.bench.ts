import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder, writeNoise } from '../support/files.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { apart, cpuOf, memoryOf, watchMemory } from './support/processes.ts';
import { rawChannel } from './support/raw-channel.ts';
import { median, report } from './support/rows.ts';
import { acceptWhenOffered, chooseFile, sightingOf } from './support/watch-row.ts';

const MB = 1e6;
const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 1024) * 1024 * 1024;
const ROUNDS = Number(process.env['SHOAL_BENCH_ROUNDS'] ?? 3);

/**
 * Free, the scheduler decides which of six network threads share a core, and with that half of the rate: on cores of its own each, a raw channel's
 * browsers pass 57,000 packets a second, mixed 29,000 to 34,000. It mixes the more, the more other threads there are, so raw and Shoal do not draw the
 * same lots. Apart, both browsers have what two machines would have, and the figures of a run agree.
 */
const PLACES = [
  { place: 'apart', title: 'each browser on cores of its own' },
  { place: 'free', title: 'both browsers on all cores' },
] as const;

for (const { place, title } of PLACES)
  test(`loopback: one file, one receiver, beside a raw channel, ${title}`, async ({
    server,
    person,
    dir,
  }, info) => {
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

      if (place === 'apart') apart(profiles);

      await Promise.all([ann, bob].map(async p => await p.page.goto(`${server.url}/healthz`)));
      // What looking costs, it costs both.
      const rawMemory = watchMemory(profiles);
      const cpuBefore = cpu();
      raws.push(await rawChannel(ann.page, bob.page, BYTES));
      rawCpus.push(cpu() - cpuBefore);
      rawMemory.stop();

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
    const cpuRatio = median(shoalCpus) / median(rawCpus);
    const row = async (what: string, value: number, unit: string, bar?: { bar: string; met: boolean }) =>
      await report(info, { what: `${what} (${place})`, value, unit, ...bar });
    await row('raw RTCDataChannel', median(raws), 'MB/s');
    await row('Shoal, hashed and stored', median(shoals), 'MB/s');
    await row('Shoal over raw', ratio, 'ratio', { bar: '>= 0.85', met: ratio >= 0.85 });
    await row('CPU, raw', median(rawCpus) * perGib, 's/GiB');
    await row('CPU, Shoal', median(shoalCpus) * perGib, 's/GiB');
    await row('CPU, Shoal over raw', cpuRatio, 'ratio', { bar: '<= 1.15', met: cpuRatio <= 1.15 });
    await row('memory over idle, sharer', median(growths.map(g => g[0] ?? 0)), 'MB');
    await row('memory over idle, receiver', median(growths.map(g => g[1] ?? 0)), 'MB');
    await row('memory over idle, both', growth, 'MB', { bar: '< 150', met: growth < 150 });
  });
