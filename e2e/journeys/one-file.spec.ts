import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import {
  cap,
  downloadAll,
  expectOnline,
  fileRow,
  roomLink,
  rowReaches,
  saveRow,
  shareFiles,
  waitComplete,
} from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

const MIB = 1024 * 1024;

test('one file of 100 MiB arrives whole, and the sharer needs no account, no upload, no wait', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'holiday film.bin');
  const sum = await writeNoise(path, 100 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];

  const link = await shareFiles(ann.page, server.url, path);
  expect(ann.page.url()).toBe(link);
  await expect(fileRow(ann.page, 'holiday film.bin')).toHaveAttribute('data-state', 'seeding');

  await bob.page.goto(link);
  const row = fileRow(bob.page, 'holiday film.bin');
  await expect(row).toHaveAttribute('data-state', 'offered');
  await expectOnline(bob.page);
  await row.getByRole('button', { name: 'Download', exact: true }).click();
  await waitComplete(bob.page, 'holiday film.bin');
  await expect(row).toHaveAttribute('data-progress', '1');
  await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'direct');

  expect(await sha256OfFile(await saveRow(bob.page, 'holiday film.bin'))).toBe(sum);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test('anyone in the room may offer files: the second person shares, the first receives', async ({
  server,
  person,
  dir,
}) => {
  const [first, second] = [join(dir, 'first.txt'), join(dir, 'second.txt')];
  await writeNoise(first, 10_000, 1);
  const sum = await writeNoise(second, 3 * MIB + 17, 2);
  const [ann, bob] = [await person('ann'), await person('bob')];

  const link = await shareFiles(ann.page, server.url, first);
  await bob.page.goto(link);
  await expect(fileRow(bob.page, 'first.txt')).toBeVisible();
  await bob.page.getByTestId('file-input').setInputFiles(second);

  await expect(fileRow(ann.page, 'second.txt')).toHaveAttribute('data-state', 'offered');
  await downloadAll(ann.page);
  await waitComplete(ann.page, 'second.txt');
  expect(await sha256OfFile(await saveRow(ann.page, 'second.txt'))).toBe(sum);
});

test('a download can be cancelled and accepted again', async ({ server, person, dir }) => {
  const path = join(dir, 'big.bin');
  const sum = await writeNoise(path, 8 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, path);
  await bob.page.goto(link);
  const row = fileRow(bob.page, 'big.bin');

  await cap(bob.page, 'Download', 1.5);
  await row.getByRole('button', { name: 'Download', exact: true }).click();
  await rowReaches(row, 0.01);
  await row.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(row).toHaveAttribute('data-state', 'paused');
  await row.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(row).toHaveAttribute('data-state', 'downloading');
  await row.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(row).toHaveAttribute('data-state', 'offered');
  await expect(row).toHaveAttribute('data-progress', '0');

  await cap(bob.page, 'Download', undefined);
  await row.getByRole('button', { name: 'Download', exact: true }).click();
  await waitComplete(bob.page, 'big.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'big.bin'))).toBe(sum);
});

test('a link that was cut short is refused in plain words, with a way on', async ({ server, person }) => {
  const ann = await person('ann');
  await ann.page.goto(`${server.url}/#tooShort`);
  await expect(ann.page.getByRole('alert')).toHaveAttribute('data-code', 'bad-link');
});

test('nothing moves by itself for longer than five seconds (WCAG 2.2.2) where there is nothing to wait for', async ({
  server,
  person,
}) => {
  const { page } = await person('ann');
  for (const [path, content] of [
    ['/', page.getByRole('button', { name: 'Choose files' })],
    ['/#tooShort', page.getByRole('alert')],
  ] as const) {
    await page.goto(`${server.url}${path}`);
    await expect(content).toBeVisible();
    const ends = await page.evaluate(() =>
      document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().endTime ?? 0)),
    );
    expect(Math.max(0, ...ends)).toBeLessThanOrEqual(5000);
  }
});

test('the room link can be copied, and opened again by the one who made it', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'note.txt');
  await writeNoise(path, 1000);
  const ann = await person('ann');
  const link = await shareFiles(ann.page, server.url, path);
  await ann.page.getByRole('button', { name: 'Copy link', exact: true }).click();
  expect(await ann.page.evaluate(async () => await navigator.clipboard.readText())).toBe(link);
  // Office programs put a picture of a text beside it: in a field the text counts, and no picture is shared.
  await ann.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1, 1);
    canvas.getContext('2d');
    const picture = await canvas.convertToBlob();
    const text = new Blob(['Heron'], { type: 'text/plain' });
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture, 'text/plain': text })]);
  });
  await ann.page.getByLabel('Your name').fill('');
  await ann.page.getByLabel('Your name').press('Control+V');
  await expect(ann.page.getByLabel('Your name')).toHaveValue('Heron');
  await expect(ann.page.getByTestId('file-row')).toHaveCount(1);
  await ann.page.reload();
  expect(await roomLink(ann.page)).toBe(link);
});

test('what was received is still there after a reload, can be saved, and is passed on without the sharer', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'kept.bin');
  const sum = await writeNoise(path, 3 * MIB + 1);
  const [ann, bob] = [await person('ann'), await person('bob')];
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'kept.bin');
  await ann.close();
  await bob.page.reload();
  await waitComplete(bob.page, 'kept.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'kept.bin'))).toBe(sum);

  const cleo = await person('cleo');
  await cleo.page.goto(bob.page.url());
  await downloadAll(cleo.page);
  await waitComplete(cleo.page, 'kept.bin', 20_000);
});
