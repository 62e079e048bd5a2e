import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import { test } from '../support/test.ts';
import { RECEIVERS, distribute } from './support/crowd.ts';
import { watchCores } from './support/processes.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';

const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 100) * 1024 * 1024;

test('swarm on loopback: four receivers at once', async ({ server, person, dir }, info) => {
  const [path, hello] = [join(dir, 'big.bin'), join(dir, 'hello.txt')];
  await writeNoise(path, BYTES);
  await writeNoise(hello, 1000);
  const sharer = await person('sharer', SMALL);
  const receivers = [];
  for (let i = 0; i < RECEIVERS; i++) receivers.push(await person(`receiver${i}`, SMALL));
  const cores = watchCores();
  const { first, last, uploaded } = await distribute(sharer, receivers, server.url, {
    path,
    hello,
    name: 'big.bin',
  });
  const copies = uploaded / BYTES;
  await report(info, { what: 'swarm, loopback: first complete', value: first, unit: 's' });
  await report(info, { what: 'swarm, loopback: last complete', value: last, unit: 's' });
  await report(info, {
    what: 'swarm, loopback: uploaded by the sharer',
    value: copies,
    unit: 'copies',
    bar: '<= 1.5',
    met: copies <= 1.5,
  });
  await report(info, { what: 'swarm, loopback: cores busy', value: cores(), unit: 'cores' });
});
