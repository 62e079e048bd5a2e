import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { FULL, countSent, crashBrowser, killProcesses, record, tabSwitch } from '../support/faults.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { hashesInFolder, pickFile, withholdPermission } from '../support/handles.ts';
import { downloadAll, fileRow, saveRow, waitComplete } from '../support/room-page.ts';
import { startServer } from '../support/server.ts';
import { expect, test } from '../support/test.ts';
import { NAME, SIZE, judge, progress, reaches, share } from './transfer.ts';

/** Browser crashes in a row, each at a random instant. */
const CRASHES = FULL ? 20 : 2;
/** So soon after the page is up Chromium has lost what it keeps in its database. */
const FIRST_MOMENTS_MS = 60;
/** Seconds that two tabs lie in the background with nothing to do. */
const BACKGROUND = Number(process.env['SHOAL_FAULT_CUT'] ?? 60);

async function shareAgain(page: Page, path: string): Promise<void> {
  await page.getByTestId('share-again').locator('input[type=file]').setInputFiles(path);
  await expect(fileRow(page, NAME)).toHaveAttribute('data-state', 'seeding');
}

test('receiver reload', { tag: '@full' }, async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  for (const fraction of [0.3, 0.6]) {
    await reaches(bob.page, fraction);
    await bob.page.reload();
    await reaches(bob.page, fraction);
  }
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge('receiver reloads, twice', sent.bytes, 2);
});

test('renderer kill -9', { tag: '@full' }, async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  const link = await share(ann.page, server.url, path);
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await reaches(bob.page, 0.3 + 0.3 * Math.random());
  const crashed = bob.page.waitForEvent('crash');
  await killProcesses(bob.context, bob.page, 'renderer');
  await crashed;
  const page = await bob.context.newPage();
  await page.goto(link);
  await waitComplete(page, NAME);
  expect(await sha256OfFile(await saveRow(page, NAME))).toBe(sum);
  judge("the receiver's tab is killed (kill -9)", sent.bytes, 1);
});

test('browser kill -9 at random instants', async ({ server, person, dir }) => {
  test.slow(FULL);
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const profile = join(dir, 'bob');
  const ann = await person('ann');
  const sent = await countSent(ann.context);
  const link = await share(ann.page, server.url, path);
  let [bob, crashes, before] = [await person('bob', { profile }), 0, 0];
  await bob.page.goto(link);
  await downloadAll(bob.page);
  for (; crashes < CRASHES; crashes += 1) {
    await reaches(bob.page, Math.max(before, 0.0001));
    before = await progress(bob.page);
    // A random instant, counted in progress, so that all of them fall into the transfer.
    await reaches(
      bob.page,
      Math.min(0.97, before + (Math.random() * 1.6 * (0.97 - before)) / (CRASHES - crashes)),
    );
    before = await progress(bob.page);
    await crashBrowser(bob);
    bob = await person('bob', { profile });
    await bob.page.goto(link);
    // What was shown as verified is still there.
    await reaches(bob.page, before);
  }
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge(`the receiver's browser is killed (kill -9), ${CRASHES} times`, sent.bytes, CRASHES);
});

test('browser kill -9 in its first moments', { tag: '@full' }, async ({ server, person, dir }) => {
  test.slow();
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const profile = join(dir, 'bob');
  const ann = await person('ann');
  const sent = await countSent(ann.context);
  const link = await share(ann.page, server.url, path);
  let bob = await person('bob', { profile });
  await bob.page.goto(link);
  await downloadAll(bob.page);
  for (let crash = 0; crash < CRASHES; crash += 1) {
    await fileRow(bob.page, NAME).waitFor();
    // Of what was shown before, nothing is lost.
    const before = await progress(bob.page);
    await sleep(Math.random() * FIRST_MOMENTS_MS);
    await crashBrowser(bob);
    bob = await person('bob', { profile });
    await bob.page.goto(link);
    await reaches(bob.page, before);
  }
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge(`the receiver's browser is killed in its first moments, ${CRASHES} times`, sent.bytes, CRASHES);
});

test(
  'browser kill -9 while saving as it arrives, then the sharer leaves',
  { tag: '@full' },
  async ({ server, person, dir }) => {
    const path = join(dir, NAME);
    const sum = await writeNoise(path, SIZE);
    const profile = join(dir, 'bob');
    const ann = await person('ann');
    const sent = await countSent(ann.context);
    const link = await share(ann.page, server.url, path);
    const openBob = async (): ReturnType<typeof person> => {
      const bob = await person('bob', { profile });
      // Half of it, by what the browser says: the picked file lies in its own storage here, and must not count.
      await bob.page.addInitScript(quota => {
        navigator.storage.estimate = async () => ({ quota, usage: 0 });
      }, SIZE / 2);
      await withholdPermission(bob.page);
      await pickFile(bob.page, 'picked');
      await bob.page.goto(link);
      return bob;
    };
    const press = async (page: Page, name: string): Promise<void> =>
      await fileRow(page, NAME).getByRole('button', { name, exact: true }).click();
    let bob = await openBob();
    await press(bob.page, 'Save as it arrives');
    await reaches(bob.page, 0.4 + 0.3 * Math.random());
    const before = await progress(bob.page);
    await crashBrowser(bob);
    bob = await openBob();
    await reaches(bob.page, before);
    await expect(fileRow(bob.page, NAME)).toHaveAttribute('data-state', 'paused');
    await press(bob.page, 'Resume');
    await waitComplete(bob.page, NAME);
    // Beside it Chromium may leave the copy that the crash cut off.
    expect((await hashesInFolder(bob.page, 'picked')).get(NAME)).toBe(sum);
    await ann.close();
    const cleo = await person('cleo');
    await cleo.page.goto(link);
    await downloadAll(cleo.page);
    await waitComplete(cleo.page, NAME);
    expect(await sha256OfFile(await saveRow(cleo.page, NAME))).toBe(sum);
    judge("the receiver's browser is killed (kill -9) while it saves as it arrives", sent.bytes, 1);
  },
);

test('sharer reload', { tag: '@full' }, async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.3);
  await ann.page.reload();
  await shareAgain(ann.page, path);
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge('sharer reloads and chooses the file again', sent.bytes, 1);
});

test('both sides reload', async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.3);
  await Promise.all([ann.page.reload(), bob.page.reload()]);
  await shareAgain(ann.page, path);
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge('both sides reload', sent.bytes, 1);
});

test('server killed and restarted', { tag: '@full' }, async ({ person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const first = await startServer();
  const [ann, bob] = [await person('ann'), await person('bob')];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, first.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.2);
  await first.kill();
  await expect(bob.page.getByTestId('connection-state')).not.toHaveAttribute('data-state', 'online');
  const second = await startServer({ port: Number(new URL(first.url).port) });
  await waitComplete(bob.page, NAME);
  for (const { page } of [ann, bob])
    await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge('the server is killed and restarted', sent.bytes, 0);
  await second.stop();
});

test('background tabs', { tag: '@full' }, async ({ server, person, dir }) => {
  test.setTimeout((BACKGROUND + 240) * 1000);
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const [hideAnn, hideBob] = [await tabSwitch(ann.context), await tabSwitch(bob.context)];
  const sent = await countSent(ann.context);
  await bob.page.goto(await share(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.2);
  await Promise.all([hideAnn(ann.page, true), hideBob(bob.page, true)]);
  await waitComplete(bob.page, NAME);
  await sleep(BACKGROUND * 1000);
  for (const { page } of [ann, bob]) {
    await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
    await expect(page.getByTestId('peer-row')).toHaveCount(1);
  }
  await hideBob(bob.page, false);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  judge(`both tabs are in the background, until ${BACKGROUND} s after the end`, sent.bytes, 0);
});

test('two tabs', { tag: '@full' }, async ({ server, person, dir }) => {
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await share(ann.page, server.url, path);
  const other = await bob.context.newPage();
  for (const page of [bob.page, other]) {
    await page.goto(link);
    await downloadAll(page);
  }
  await Promise.all([bob.page, other].map(async page => await waitComplete(page, NAME)));
  for (const page of [bob.page, other]) expect(await sha256OfFile(await saveRow(page, NAME))).toBe(sum);
  record({
    fault: 'two tabs of one browser',
    size: SIZE,
    end: 'complete in both, SHA-256 right',
    sent: 0,
    cuts: 0,
  });
});
