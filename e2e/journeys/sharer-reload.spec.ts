import type { Page } from '@playwright/test';
import { appendFile, mkdir, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { dropFiles, profileThatAllows, withholdPermission } from '../support/handles.ts';
import {
  cap,
  downloadAll,
  fileRow,
  roomLink,
  rowReaches,
  saveRow,
  shareFiles,
  waitComplete,
} from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

const MIB = 1024 * 1024;

/** The only offer of the page was hashed to its end: its author's log has profile, offer and seal. */
async function sealed(page: Page): Promise<void> {
  const entries = async (): Promise<number> =>
    await page.evaluate(
      async () =>
        await new Promise<number>((resolve, reject) => {
          const opening = indexedDB.open('shoal');
          opening.addEventListener('error', () => reject(opening.error ?? new Error('no vault')));
          opening.addEventListener('success', () => {
            const counting = opening.result.transaction('entries').objectStore('entries').count();
            counting.addEventListener('success', () => {
              opening.result.close();
              resolve(counting.result);
            });
          });
        }),
    );
  await expect.poll(entries).toBe(3);
}

test('a sharer who reloads in mid-transfer chooses the same file again: no new offer, the receiver goes on', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'film.bin');
  const sum = await writeNoise(path, 12 * MIB);
  const [ann, bob] = [await person('ann'), await person('bob')];
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await cap(bob.page, 'Download', 1.5);
  const row = fileRow(bob.page, 'film.bin');
  await downloadAll(bob.page);
  await rowReaches(row, 0.05);
  await ann.page.reload();
  await expect(fileRow(ann.page, 'film.bin')).toHaveAttribute('data-state', 'offered');
  await expect(row).not.toHaveAttribute('data-state', 'complete');
  const kept = Number(await row.getAttribute('data-progress'));
  await cap(bob.page, 'Download', undefined);

  const input = ann.page.getByTestId('share-again').locator('input[type=file]');
  await expect(ann.page.getByTestId('share-again')).toHaveAttribute('data-how', 'choose');
  await input.setInputFiles(path);
  await expect(fileRow(ann.page, 'film.bin')).toHaveAttribute('data-state', 'seeding');
  await expect(ann.page.getByTestId('file-row')).toHaveCount(1);
  await waitComplete(bob.page, 'film.bin');
  expect(kept).toBeGreaterThan(0.05);
  await expect(bob.page.getByTestId('file-row')).toHaveCount(1);
  expect(await sha256OfFile(await saveRow(bob.page, 'film.bin'))).toBe(sum);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test('what was dropped is shared on after a reload by itself, where the browser may read it', async ({
  server,
  person,
  dir,
}) => {
  const sum = await writeNoise(join(dir, 'trip', 'day 1', 'a.bin'), 6 * MIB, 1);
  await writeNoise(join(dir, 'trip', 'b.bin'), 1000, 2);
  const profile = await profileThatAllows(join(dir, 'ann'), server.url);
  const [ann, bob] = [await person('ann', { profile }), await person('bob')];
  await ann.page.goto(server.url);
  await dropFiles(ann.page, [join(dir, 'trip')]);
  const link = await roomLink(ann.page);
  await expect(fileRow(ann.page, 'trip/day 1/a.bin')).toHaveAttribute('data-state', 'seeding');

  await ann.page.reload();
  await expect(fileRow(ann.page, 'trip/day 1/a.bin')).toHaveAttribute('data-state', 'seeding');
  await expect(ann.page.getByTestId('share-again')).toHaveCount(0);
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'trip/day 1/a.bin');
  await waitComplete(bob.page, 'trip/b.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'trip/day 1/a.bin'))).toBe(sum);
});

test('one click shares dropped files again when the browser wants to be asked', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'notes.bin');
  const sum = await writeNoise(path, 3 * MIB);
  const profile = await profileThatAllows(join(dir, 'ann'), server.url);
  const [ann, bob] = [await person('ann', { profile }), await person('bob')];
  await ann.page.goto(server.url);
  await dropFiles(ann.page, [path]);
  const link = await roomLink(ann.page);
  await expect(fileRow(ann.page, 'notes.bin')).toHaveAttribute('data-state', 'seeding');

  await withholdPermission(ann.page);
  await ann.page.reload();
  await expect(ann.page.getByTestId('share-again')).toHaveAttribute('data-how', 'click');
  await ann.page.getByRole('button', { name: 'Share again', exact: true }).click();
  await expect(fileRow(ann.page, 'notes.bin')).toHaveAttribute('data-state', 'seeding');
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'notes.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'notes.bin'))).toBe(sum);
});

test('a file that changed while the page was closed is offered as a new version, never served as the old one', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'report.bin');
  await writeNoise(path, 6 * MIB, 1);
  const [ann, bob] = [await person('ann'), await person('bob')];
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await expect(fileRow(bob.page, 'report.bin')).toBeVisible();
  const oldRow = await fileRow(bob.page, 'report.bin').elementHandle();
  await ann.page.reload();
  await expect(fileRow(ann.page, 'report.bin')).toHaveAttribute('data-state', 'offered');
  // Of the same length: only time and content tell.
  const sum = await writeNoise(path, 6 * MIB, 2);
  await ann.page.getByTestId('file-input').setInputFiles(path);
  const alert = ann.page.locator('[role=alert][data-code=source-changed]');
  await expect(alert).toContainText('new version');
  await expect(ann.page.getByTestId('file-row')).toHaveCount(1);
  await expect(fileRow(ann.page, 'report.bin')).toHaveAttribute('data-state', 'seeding');
  // The old version goes and the new one comes, in whichever order.
  await oldRow?.waitForElementState('hidden');
  await expect(bob.page.getByTestId('file-row')).toHaveCount(1);
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'report.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'report.bin'))).toBe(sum);
});

test('content that changed behind an old date is found by its hashes', async ({ server, person, dir }) => {
  const path = join(dir, 'sneaky.bin');
  await writeNoise(path, 40 * MIB, 1);
  const then = new Date(1_700_000_000_000);
  await utimes(path, then, then);
  const ann = await person('ann');
  await shareFiles(ann.page, server.url, path);
  await sealed(ann.page);
  await ann.page.reload();
  await expect(fileRow(ann.page, 'sneaky.bin')).toHaveAttribute('data-state', 'offered');
  await writeNoise(path, 40 * MIB, 2);
  await utimes(path, then, then);
  await ann.page.getByTestId('file-input').setInputFiles(path);
  await expect(ann.page.locator('[role=alert][data-code=source-changed]')).toContainText('new version');
});

test('a file that changes while it is shared is no longer served, and said so on its row', async ({
  server,
  person,
  dir,
}) => {
  const [path, other] = [join(dir, 'both', 'live.bin'), join(dir, 'both', 'still.bin')];
  await mkdir(join(dir, 'both'));
  await writeNoise(path, 40 * MIB, 1);
  const sum = await writeNoise(other, 3 * MIB, 2);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, [path, other]);
  await appendFile(path, 'more');
  await bob.page.goto(link);
  await downloadAll(bob.page);
  const row = fileRow(ann.page, 'live.bin');
  await expect(row).toHaveAttribute('data-state', 'failed');
  await expect(row.getByRole('alert')).toHaveAttribute('data-code', 'source-changed');
  await waitComplete(bob.page, 'still.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'still.bin'))).toBe(sum);
  await expect(fileRow(bob.page, 'live.bin')).not.toHaveAttribute('data-state', 'complete');
  // The new version, chosen again.
  await rename(path, join(dir, 'live.bin'));
  await ann.page.getByTestId('file-input').setInputFiles(join(dir, 'live.bin'));
  await expect(bob.page.locator('[data-testid="file-row"][data-path="live.bin"]')).toHaveCount(2);
});
