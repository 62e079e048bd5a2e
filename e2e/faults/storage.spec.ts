import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FULL, countSent, record } from '../support/faults.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import {
  downloadAll,
  fileRow,
  rowProgress,
  rowReaches,
  saveRow,
  waitComplete,
} from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { IN_FLIGHT, NAME, SIZE, judge, progress, reaches, share } from './transfer.ts';

/** More than a sharer keeps in memory of what it hashed, so that the changed file is read again. */
const CHANGING = (FULL ? 128 : 32) * 1024 * 1024;

test('the browser loses its database', async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.5);
  const before = await progress(bob.page);
  await bob.page.goto(server.url);
  await expect(bob.page.getByTestId('kept-room')).toHaveCount(1);
  await bob.page.evaluate(
    async () =>
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase('shoal');
        request.addEventListener('success', () => resolve());
        request.addEventListener('error', () => reject(new Error('still there')));
      }),
  );
  await bob.page.reload();
  // The list of rooms has its own file; what is wanted of the room as well.
  await bob.page.getByTestId('kept-room').getByRole('link').first().click();
  await reaches(bob.page, before);
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge("the receiver's browser loses its database, and keeps the files", sent.bytes, 1);
});

test('disk full', async ({ server, person, dir }) => {
  // Several files: Chromium grants the room for one large file in advance, so that it would not notice. Fewer than ten: it ignores the
  // eleventh download that a page starts within a second.
  const names = Array.from({ length: 8 }, (_, index) => `part ${index}.bin`);
  const sums = await Promise.all(
    names.map(async (name, index) => await writeNoise(join(dir, name), SIZE / names.length, index)),
  );
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  const link = await share(
    ann.page,
    server.url,
    names.map(name => join(dir, name)),
  );
  const quota = await bob.context.newCDPSession(bob.page);
  const allow = async (quotaSize?: number): Promise<void> => {
    const origin = server.url;
    await quota.send(
      'Storage.overrideQuotaForOrigin',
      quotaSize === undefined ? { origin } : { origin, quotaSize },
    );
  };
  const alert = bob.page.locator('[role=alert][data-code=disk-full]');
  const folder = bob.page.getByTestId('folder-row');
  // Said before anything is fetched.
  await allow(SIZE / 2);
  await bob.page.goto(link);
  await expect(folder).toBeVisible();
  await downloadAll(bob.page);
  await expect(alert).toBeVisible();
  await expect(folder).toHaveAttribute('data-state', 'paused');
  expect(await rowProgress(folder)).toBeLessThan(0.2);
  // Room was made: it begins by itself. Then the disk fills up under it.
  await allow();
  await rowReaches(folder, 0.1);
  await allow(1024 * 1024);
  await expect(alert).toBeVisible();
  await expect(folder).toHaveAttribute('data-state', 'paused');
  expect(await rowProgress(folder)).toBeLessThan(1);
  await allow();
  for (const name of names) await waitComplete(bob.page, name);
  await expect(alert).toHaveCount(0);
  for (const [index, name] of names.entries())
    expect(await sha256OfFile(await saveRow(bob.page, name))).toBe(sums[index]);
  // It is stopped twice.
  judge('disk full before and during, then room is made (`disk-full` meanwhile)', sent.bytes, 2);
});

test("the sharer's file changes in mid-transfer", async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  await writeNoise(path, CHANGING);
  const [ann, bob] = [await person('ann'), await person('bob')];
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.1);
  await appendFile(path, 'more');
  await expect(fileRow(ann.page, NAME).getByRole('alert')).toHaveAttribute('data-code', 'source-changed');
  await expect(fileRow(ann.page, NAME)).toHaveAttribute('data-state', 'failed');
  await expect(fileRow(bob.page, NAME)).not.toHaveAttribute('data-state', 'complete');
  record({
    fault: "the sharer's file changes in mid-transfer",
    size: CHANGING,
    end: '`source-changed` at the sharer',
    sent: 0,
    cuts: 0,
  });
});

test('storage evicted', async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  const link = await share(ann.page, server.url, path);
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await waitComplete(bob.page, NAME);
  await bob.page.goto(server.url);
  const keep = 0.75;
  await bob.page.evaluate(async (part: number) => {
    const visit = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const entry of folder.values()) {
        if (entry instanceof FileSystemDirectoryHandle) await visit(entry);
        else if (entry instanceof FileSystemFileHandle) {
          const writable = await entry.createWritable({ keepExistingData: true });
          await writable.truncate(Math.floor((await entry.getFile()).size * part));
          await writable.close();
        }
      }
    };
    await visit(await navigator.storage.getDirectory());
  }, keep);
  await bob.page.goto(link);
  // The rest is found again by its hashes.
  await reaches(bob.page, keep - 0.05);
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  const lost = SIZE * (1 - keep);
  record({
    fault: 'a quarter of what is stored is evicted',
    size: SIZE + lost,
    end: 'complete, SHA-256 right',
    sent: sent.bytes,
    cuts: 0,
  });
  expect(sent.bytes).toBeLessThan((SIZE + lost) * 1.01 + IN_FLIGHT);
  await rm(path);
});
