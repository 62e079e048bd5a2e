import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import { hashesInFolder, pickFile, withholdPermission } from '../support/handles.ts';
import { fileRow, rowProgress, rowReaches, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

const MIB = 1024 * 1024;
const NAME = 'too large for this browser.bin';

test('a file larger than the quota is saved as it arrives, and a click goes on after a reload', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, 24 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, path);
  // What the browser says it has room for: the picked file lies in its own storage here, and must not count.
  await bob.page.addInitScript(quota => {
    navigator.storage.estimate = async () => ({ quota, usage: 0 });
  }, 16 * MIB);
  await withholdPermission(bob.page);
  await pickFile(bob.page, 'picked');

  await bob.page.goto(link);
  const row = fileRow(bob.page, NAME);
  // Where the window is narrow the buttons go below the text, instead of squeezing it to a word a line.
  await bob.page.setViewportSize({ width: 900, height: 800 });
  await expect(row).toBeVisible();
  expect((await row.boundingBox())?.height).toBeLessThan(250);
  await row.getByRole('button', { name: 'Save as it arrives', exact: true }).click();
  await rowReaches(row, 0.4 + Number.EPSILON);
  await bob.page.reload();
  await expect(row).toHaveAttribute('data-state', 'paused');
  expect(await rowProgress(row)).toBeGreaterThan(0.4);
  await row.getByRole('button', { name: 'Resume', exact: true }).click();
  await waitComplete(bob.page, NAME);

  // Beside it Chromium may leave the copy that the reload cut off.
  expect((await hashesInFolder(bob.page, 'picked')).get(NAME)).toBe(sum);
  expect([...(await hashesInFolder(bob.page, 'shoal-v1')).keys()]).toEqual([]);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});
