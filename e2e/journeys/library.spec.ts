import { join } from 'node:path';
import type { Page } from '@playwright/test';
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

/** Bytes in the origin's file system, as the browser counts them. */
async function bytesOnDisk(page: Page): Promise<number> {
  return await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
}

test('an unfinished room is on the landing page: it goes on from there, and can be removed with its bytes', async ({
  server,
  person,
  dir,
}) => {
  const [film, song] = [join(dir, 'film.bin'), join(dir, 'song.bin')];
  const sum = await writeNoise(film, 12 * MIB, 1);
  await writeNoise(song, 3 * MIB, 2);
  const [ann, bob, cleo] = [await person('ann'), await person('bob'), await person('cleo')];
  await bob.page.goto(await shareFiles(cleo.page, server.url, song));
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'song.bin');
  await bob.page.goto(await shareFiles(ann.page, server.url, film));
  await cap(bob.page, 'Download', 1.5);
  await downloadAll(bob.page);
  const row = fileRow(bob.page, 'film.bin');
  await rowReaches(row, 0.1);
  await row.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(row).toHaveAttribute('data-state', 'paused');

  await bob.page.goto(server.url);
  const rooms = bob.page.getByTestId('kept-room');
  await expect(rooms).toHaveCount(2);
  // Unfinished ones first.
  await expect(rooms.nth(0)).toHaveAttribute('data-state', 'unfinished');
  await expect(rooms.nth(0)).toContainText('film.bin');
  await expect(rooms.nth(1)).toHaveAttribute('data-state', 'complete');
  await expect(rooms.nth(1)).toHaveAttribute('data-bytes', String(3 * MIB));

  await rooms.nth(0).getByRole('link', { name: 'Continue', exact: true }).click();
  await cap(bob.page, 'Download', undefined);
  await row.getByRole('button', { name: 'Resume', exact: true }).click();
  await waitComplete(bob.page, 'film.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'film.bin'))).toBe(sum);

  await bob.page.goto(server.url);
  await expect(rooms).toHaveCount(2);
  expect(await bytesOnDisk(bob.page)).toBeGreaterThan(12 * MIB);
  const kept = rooms.filter({ hasText: 'film.bin' });
  await kept.getByRole('button', { name: 'Remove', exact: true }).click();
  await kept.getByRole('button', { name: /^Delete/ }).click();
  await expect(rooms).toHaveCount(1);
  await expect.poll(async () => await bytesOnDisk(bob.page)).toBeLessThan(10 * MIB);
  expect(bob.errors).toEqual([]);
});

test('a room that is open in another tab is not removed, and said so', async ({ server, person, dir }) => {
  const path = join(dir, 'song.bin');
  await writeNoise(path, MIB);
  const ann = await person('ann');
  await shareFiles(ann.page, server.url, path);
  const other = await ann.context.newPage();
  await other.goto(server.url);
  const room = other.getByTestId('kept-room');
  await expect(room).toHaveAttribute('data-state', 'shared');
  await room.getByRole('button', { name: 'Remove', exact: true }).click();
  await room.getByRole('button', { name: 'Forget it', exact: true }).click();
  await expect(other.getByRole('alert')).toHaveAttribute('data-code', 'busy');
  await ann.page.close();
  await expect(async () => {
    const forget = room.getByRole('button', { name: 'Forget it', exact: true });
    if ((await room.count()) > 0) await forget.click();
    await expect(room).toHaveCount(0, { timeout: 1000 });
  }).toPass();
});

test('a browser that does not open its database says what that means, and downloads all the same', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'song.bin');
  const sum = await writeNoise(path, 2 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, path);
  await bob.page.addInitScript(() => {
    indexedDB.open = () => {
      throw new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
    };
  });
  await bob.page.goto(link);
  await expect(bob.page.locator('[role=alert][data-code=nothing-kept]')).toBeVisible();
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'song.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'song.bin'))).toBe(sum);
});
