import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeNoise } from '../support/files.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

test('files are taken after something dragged within the page vanished under the pointer', async ({
  server,
  person,
}) => {
  const { page } = await person('ann');
  await page.goto(server.url);
  const link = page.getByRole('link', { name: 'Check the connection' });
  const ends = await page.evaluateHandle(() => {
    const seen: string[] = [];
    for (const type of ['dragstart', 'dragend']) addEventListener(type, () => seen.push(type));
    return seen;
  });
  await link.hover();
  await page.mouse.down();
  await page.mouse.move(300, 300, { steps: 5 });
  await expect.poll(async () => await ends.jsonValue()).toEqual(['dragstart']);
  // As rows, alerts and lists do when what they show is over.
  await link.evaluate(element => element.remove());
  await page.mouse.up();
  expect(await ends.jsonValue()).toEqual(['dragstart']);
  const taken = await page.evaluate(() => {
    const dragged = new DataTransfer();
    dragged.items.add(new File(['x'], 'x.txt'));
    const init = { bubbles: true, cancelable: true, dataTransfer: dragged };
    // What is not prevented opens the file in place of the page.
    return ['dragover', 'drop'].map(type => !document.body.dispatchEvent(new DragEvent(type, init)));
  });
  expect(taken).toEqual([true, true]);
  await expect(page.getByTestId('file-row')).toHaveAttribute('data-path', 'x.txt');
});

test('a page that is older than its server says that it must be loaded anew, and works from then on', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'a.bin');
  await writeNoise(path, 1000);
  const { page } = await person('ann');
  await page.goto(server.url);
  // After an update the server has the parts of the new version, under other names.
  await page.context().route(/\/assets\//, route => route.fulfill({ status: 404 }));
  await page.getByTestId('file-input').setInputFiles(path);
  await expect(page.getByRole('alert')).toHaveAttribute('data-code', 'not-loaded');
  await page.context().unrouteAll();
  await page.getByRole('button', { name: 'Reload the page', exact: true }).click();
  await page.getByTestId('file-input').setInputFiles(path);
  await expect(page.getByTestId('file-row')).toHaveAttribute('data-path', 'a.bin');
});

test('a browser whose WebRTC is switched off is told so in plain words', async ({ server, person, dir }) => {
  const path = join(dir, 'a.bin');
  await writeNoise(path, 1000);
  const [ann, bob] = [await person('ann'), await person('bob')];
  // As an extension, or a setting of the browser, does.
  await bob.page.addInitScript(
    "for (const name of ['', 'webkit']) delete globalThis[`${name}RTCPeerConnection`];",
  );
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await expect(bob.page.getByRole('alert')).toHaveAttribute('data-code', 'webrtc-missing');
  await expect(bob.page.getByRole('button', { name: 'Try again', exact: true })).toBeVisible();
});

test('the check tells a broken database from storage that does not open: rooms do open then', async ({
  server,
  person,
}) => {
  const { page } = await person('ann');
  await page.addInitScript(() => {
    indexedDB.open = indexedDB.deleteDatabase = () => {
      throw new DOMException('Internal error opening backing store.', 'UnknownError');
    };
  });
  await page.goto(`${server.url}/check`);
  const storage = page.locator('[data-testid=check-row][data-check=storage]');
  await expect(storage).toHaveAttribute('data-value', 'not-remembered');
});

test('what goes wrong with a drop where a room did not open is told there', async ({ server, person }) => {
  const { page } = await person('ann');
  await page.goto(`${server.url}/#tooShort`);
  await expect(page.locator('[role=alert][data-code=bad-link]')).toBeVisible();
  await page.evaluate(() => {
    const dragged = new DataTransfer();
    dragged.setData('text/plain', 'no file');
    document.body.dispatchEvent(
      new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: dragged }),
    );
  });
  await expect(page.locator('[role=alert][data-code=nothing-to-share]')).toBeVisible();
});

test('Enter within a composition (Japanese, Chinese) chooses characters, and keeps no half name', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'a.bin');
  await writeNoise(path, 1000);
  const { page, context } = await person('ann');
  await shareFiles(page, server.url, path);
  const field = page.getByLabel('Your name');
  await field.press('ControlOrMeta+a');
  await field.press('Delete');
  const keyboard = await context.newCDPSession(page);
  await keyboard.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await expect(field).toHaveValue('にほん');
  await keyboard.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await expect(field).toHaveValue('にほん');
  await keyboard.send('Input.insertText', { text: '日本' });
  await expect(field).toHaveValue('日本');
  await field.press('Enter');
  await page.reload();
  await expect(field).toHaveValue('日本');
});

test('the keyboard goes on from where the button or the row it was on went away', async ({
  server,
  person,
  dir,
}) => {
  const large = join(dir, 'large.bin');
  await writeNoise(large, 8_000_000);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFiles(ann.page, server.url, large);
  await bob.page.goto(link);
  const row = bob.page.locator('[data-testid=file-row][data-path="large.bin"]');
  const focused = (page: Page) => page.locator(':focus');
  await row.getByRole('button', { name: 'Download', exact: true }).press('Enter');
  await row.getByRole('button', { name: 'Pause', exact: true }).press('Enter');
  await row.getByRole('button', { name: 'Cancel', exact: true }).press('Enter');
  await expect(focused(bob.page)).toHaveText('Download');
  // The only offer goes, and its button with it: on to what stands after it.
  await ann.page.getByRole('button', { name: 'Stop sharing' }).press('Enter');
  await expect(ann.page.getByTestId('file-row')).toHaveCount(0);
  await expect(focused(ann.page)).toHaveText('Add files');
  // A question takes the button's place: on to the answer that does least.
  await ann.page.goto(server.url);
  await ann.page.getByTestId('kept-room').getByRole('button', { name: 'Remove', exact: true }).press('Enter');
  await expect(focused(ann.page)).toHaveText('Keep');
});
