import { join } from 'node:path';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import { fileRow, shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { acceptWhenOffered, chooseFile } from './support/watch-row.ts';
import { LONG_LINE, RECEIVERS, crowdOnLines, uploadedBy } from './support/crowd.ts';
import { report } from './support/rows.ts';

const BYTES = Number(process.env['SHOAL_BENCH_MIB'] ?? 32) * 1024 * 1024;
const COPIES = Number(process.env['SHOAL_BENCH_COPIES'] ?? 1.05);
/** For what is left to be done between the receivers, several times over. */
const PATIENCE_MS = 90_000;

test('the sharer closes its tab when one copy is out: the rest complete', async ({
  lab,
  person,
  dir,
}, info) => {
  const [path, hello] = [join(dir, 'lecture.bin'), join(dir, 'hello.txt')];
  await writeNoise(path, BYTES);
  await writeNoise(hello, 1000);
  const server = await lab.server();
  const { sharer, receivers } = await crowdOnLines(lab, person, LONG_LINE);
  const link = await shareFiles(sharer.page, server.url, hello);
  for (const { page } of receivers) await page.goto(link);
  for (const { page } of [sharer, ...receivers])
    await expect(page.getByTestId('peer-row')).toHaveCount(RECEIVERS);
  await Promise.all(receivers.map(async ({ page }) => await acceptWhenOffered(page, 'lecture.bin')));
  await chooseFile(sharer.page, path);
  await expect
    .poll(async () => (await uploadedBy(sharer.page)) / BYTES, { timeout: PATIENCE_MS, intervals: [50] })
    .toBeGreaterThanOrEqual(COPIES);
  const uploaded = (await uploadedBy(sharer.page)) / BYTES;
  await sharer.close();
  const left = performance.now();
  const completed = await Promise.all(
    receivers.map(
      async ({ page }) =>
        await expect(fileRow(page, 'lecture.bin'))
          .toHaveAttribute('data-state', 'complete', { timeout: PATIENCE_MS })
          .then(
            () => true,
            () => false,
          ),
    ),
  );
  const count = completed.filter(Boolean).length;
  await report(info, { what: 'sharer leaves: copies out by then', value: uploaded, unit: 'copies' });
  await report(info, {
    what: 'sharer leaves: receivers that complete',
    value: count,
    unit: 'of 4',
    bar: '= 4',
    met: count === RECEIVERS,
  });
  await report(info, {
    what: 'sharer leaves: last complete after that',
    value: (performance.now() - left) / 1000,
    unit: 's',
  });
});
