import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import {
  cap,
  downloadAll,
  fileRow,
  rowReaches,
  saveRow,
  shareFiles,
  waitComplete,
} from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

const MIB = 1024 * 1024;

test('two receivers get the file from the sharer and from each other', async ({ server, person, dir }) => {
  const path = join(dir, 'lecture.bin');
  const size = 16 * MIB;
  const sum = await writeNoise(path, size);
  const [ann, bob, cleo] = [await person('ann'), await person('bob'), await person('cleo')];
  const link = await shareFiles(ann.page, server.url, path);
  for (const { page } of [bob, cleo]) await page.goto(link);
  for (const { page } of [bob, cleo]) await expect(page.getByTestId('peer-row')).toHaveCount(2);
  await Promise.all([downloadAll(bob.page), downloadAll(cleo.page)]);
  await Promise.all([waitComplete(bob.page, 'lecture.bin'), waitComplete(cleo.page, 'lecture.bin')]);
  for (const { page } of [bob, cleo])
    expect(await sha256OfFile(await saveRow(page, 'lecture.bin'))).toBe(sum);

  // Each receiver names what it sent: verified bytes flowed between the receivers too.
  const sent = async (page: typeof bob.page): Promise<number> => {
    const rows = await page.getByTestId('peer-row').all();
    const bytes = await Promise.all(rows.map(async row => Number(await row.getAttribute('data-up-bytes'))));
    return bytes.reduce((sum, b) => sum + b, 0);
  };
  const [fromAnn, fromBob, fromCleo] = [await sent(ann.page), await sent(bob.page), await sent(cleo.page)];
  expect(fromBob + fromCleo).toBeGreaterThan(0.2 * size);
  expect(fromAnn).toBeLessThan(1.8 * size);
});

test('a receiver that joins late gets it from those who are there, even when the sharer has left', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'handout.pdf');
  const sum = await writeNoise(path, 6 * MIB + 5);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, path);
  await bob.page.goto(link);
  await fileRow(bob.page, 'handout.pdf').getByRole('button', { name: 'Download', exact: true }).click();
  await waitComplete(bob.page, 'handout.pdf');
  await ann.close();

  const cleo = await person('cleo');
  await cleo.page.goto(link);
  await downloadAll(cleo.page);
  await waitComplete(cleo.page, 'handout.pdf');
  expect(await sha256OfFile(await saveRow(cleo.page, 'handout.pdf'))).toBe(sum);
});

test('the signaling server dies in mid-transfer: the transfer finishes', async ({ server, person, dir }) => {
  const path = join(dir, 'big.bin');
  const sum = await writeNoise(path, 10 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, path);
  await bob.page.goto(link);
  await cap(bob.page, 'Download', 1.5);
  await downloadAll(bob.page);
  const row = fileRow(bob.page, 'big.bin');
  await rowReaches(row, Number.EPSILON);
  await server.kill();
  await expect(bob.page.getByTestId('connection-state')).not.toHaveAttribute('data-state', 'online');
  await expect(row).toHaveAttribute('data-state', 'downloading');
  await cap(bob.page, 'Download', undefined);
  await waitComplete(bob.page, 'big.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'big.bin'))).toBe(sum);
});
