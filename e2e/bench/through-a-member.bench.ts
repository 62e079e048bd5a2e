import { join } from 'node:path';
import { test } from '../lab/test.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { downloadAll, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { report } from './support/rows.ts';
import { SMALL } from './support/viewport.ts';

const MIB = 1024 * 1024;

test('two members that cannot reach each other, no relay, and a third that reaches both', async ({
  lab,
  person,
  dir,
}, info) => {
  const [annAt, bobAt] = [await lab.member({ kind: 'symmetric' }), await lab.member({ kind: 'symmetric' })];
  const cleoAt = await lab.member();
  const server = await lab.server({ TURN_URLS: '', TURN_SECRET: '' });
  const file = join(dir, 'notes.bin');
  const sum = await writeNoise(file, 8 * MIB);
  const [ann, bob, cleo] = [
    await person('ann', { ...annAt.browser, ...SMALL }),
    await person('bob', { ...bobAt.browser, ...SMALL }),
    await person('cleo', { ...cleoAt.browser, ...SMALL }),
  ];
  const link = await shareFiles(ann.page, server.url, file);
  const start = performance.now();
  for (const { page } of [cleo, bob]) {
    await page.goto(link);
    await downloadAll(page);
  }
  await waitComplete(bob.page, 'notes.bin');
  const seconds = (performance.now() - start) / 1000;
  expect(await sha256OfFile(await saveRow(bob.page, 'notes.bin'))).toBe(sum);
  for (const { page } of [ann, bob]) {
    await expect(page.getByTestId('indirect-row')).toHaveCount(1, { timeout: 60_000 });
    await expect(page.getByTestId('peer-row')).toHaveCount(1);
    await expect(page.getByRole('alert')).toHaveCount(0);
  }
  const told = (performance.now() - start) / 1000;
  await report(info, { what: 'through a member: 8 MiB complete', value: seconds, unit: 's' });
  await report(info, { what: 'through a member: both pages say so', value: told, unit: 's' });
});
