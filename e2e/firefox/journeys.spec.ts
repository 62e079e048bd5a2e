import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { findFirefox } from '../../scripts/firefox.mjs';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import {
  cap,
  downloadAll,
  fileRow,
  roomLink,
  rowProgress,
  rowReaches,
  saveRow,
  shareFiles,
  showFiles,
  waitComplete,
} from '../support/room-page.ts';
import { hashesInZip } from '../support/zip.ts';
import { NO_FIREFOX } from './support/firefox.ts';
import type { FirefoxPerson } from './support/firefox.ts';
import { expect, test } from './support/test.ts';

test.skip(() => findFirefox() === undefined, NO_FIREFOX);

/** Saves by the row's button and waits until what lies in the downloads folder is the source. */
async function expectSaved(fox: FirefoxPerson, name: string, sum: string): Promise<void> {
  await fileRow(fox.page, name).getByRole('button', { name: 'Save', exact: true }).click();
  await expect
    .poll(async () => await sha256OfFile(join(fox.downloads, name)).catch(() => 'not there yet'))
    .toBe(sum);
}

/**
 * Chooses these files of a folder as if by the folder. WebDriver BiDi cannot choose one: the files come one by one, and get the paths
 * that they have within it.
 */
async function shareFolder(
  page: Page,
  url: string,
  folder: string,
  names: readonly string[],
): Promise<string> {
  await page.goto(url);
  const input = page.getByTestId('folder-input');
  const paths = names.map(name => `${basename(folder)}/${name}`);
  await input.evaluate((element, paths) => {
    if (!(element instanceof HTMLInputElement)) throw new Error('no input');
    element.webkitdirectory = false;
    element.multiple = true;
    const name = (): void => {
      for (const [i, file] of [...(element.files ?? [])].entries())
        Object.defineProperty(file, 'webkitRelativePath', { value: paths[i] });
    };
    // Before the page itself hears of it.
    window.addEventListener('change', name, { capture: true, once: true });
  }, paths);
  await input.setInputFiles(names.map(name => join(folder, name)));
  return await roomLink(page);
}

test('Firefox shares, Chromium receives', async ({ server, pair: [ann], person, dir }) => {
  const path = join(dir, 'film.bin');
  const sum = await writeNoise(path, 8_000_017);
  const cleo = await person('cleo');
  await cleo.page.goto(await shareFiles(ann.page, server.url, path));
  await downloadAll(cleo.page);
  await waitComplete(cleo.page, 'film.bin');
  expect(await sha256OfFile(await saveRow(cleo.page, 'film.bin'))).toBe(sum);
  expect([...ann.errors, ...cleo.errors]).toEqual([]);
});

test('Chromium shares, Firefox receives, in a private window too, which says first that nothing stays', async ({
  server,
  pair: [, bob],
  fox,
  person,
  dir,
}) => {
  const path = join(dir, 'talk.bin');
  const sum = await writeNoise(path, 8_000_017);
  const [dan, cleo] = [await person('dan'), await fox('cleo', { privateWindow: true })];
  const link = await shareFiles(dan.page, server.url, path);
  for (const { page } of [bob, cleo]) await page.goto(link);
  await expect(cleo.page.getByText('This looks like a private window')).toBeVisible();
  await expect(bob.page.getByText('This looks like a private window')).toHaveCount(0);
  for (const receiver of [bob, cleo]) {
    await downloadAll(receiver.page);
    await waitComplete(receiver.page, 'talk.bin');
    await expectSaved(receiver, 'talk.bin', sum);
  }
  expect([...dan.errors, ...bob.errors, ...cleo.errors]).toEqual([]);
});

test('Firefox shares, Firefox reloads in mid-transfer and fetches nothing twice', async ({
  server,
  pair: [ann, bob],
  dir,
}) => {
  const path = join(dir, 'film.bin');
  const size = 12_000_017;
  const sum = await writeNoise(path, size);
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  // Slow enough to be met in its midst.
  await cap(bob.page, 'Download', 2);
  await downloadAll(bob.page);
  const row = fileRow(bob.page, 'film.bin');
  await rowReaches(row, 0.3);
  const before = await rowProgress(row);
  await bob.page.reload();
  await waitComplete(bob.page, 'film.bin');
  const fetched = Number(await bob.page.getByTestId('peer-row').getAttribute('data-down-bytes'));
  expect(fetched).toBeGreaterThan(0);
  expect(fetched).toBeLessThanOrEqual(size * (1 - before));
  await expectSaved(bob, 'film.bin', sum);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test('a nested folder with awkward names goes from Firefox to Firefox, and is saved as a .zip', async ({
  server,
  pair: [ann, bob],
  dir,
}) => {
  const folder = join(dir, 'project');
  const names = [
    'empty.txt',
    'with spaces and (brackets).txt',
    'emoji 🐟🐠/shoal 🐡.bin',
    'deep/er/and/deeper/still/leaf.txt',
    'Grüße/naïve café.txt',
  ];
  const sums = new Map<string, string>();
  for (const [i, name] of names.entries())
    sums.set(`project/${name}`, await writeNoise(join(folder, name), i * 33_333, i));
  await bob.page.goto(await shareFolder(ann.page, server.url, folder, names));
  await downloadAll(bob.page);
  await showFiles(bob.page);
  await expect(bob.page.locator('[data-testid="file-row"][data-state="complete"]')).toHaveCount(sums.size);
  await bob.page.getByRole('button', { name: 'Save all', exact: true }).click();
  await expect
    .poll(async () => await hashesInZip(join(bob.downloads, 'project.zip')).catch(() => 'not there yet'))
    .toEqual(sums);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});
