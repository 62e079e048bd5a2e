import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { cap, fileRow, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { bundleEvilPeer } from './evil/bundle.ts';
import type { Attack } from './evil/evil-peer.ts';

const MIB = 1024 * 1024;
let script = '';

test.beforeAll(async () => {
  script = await bundleEvilPeer();
});

async function evilJoins(page: Page, url: string, link: string, attack: Attack): Promise<void> {
  await page.goto(`${url}/healthz`);
  await page.addScriptTag({ content: script });
  await page.evaluate(async ([link, attack]) => await globalThis.evil.join(link, attack), [
    link,
    attack,
  ] as const);
}

const ended = async (page: Page): Promise<string> =>
  (await page.evaluate(() => globalThis.evil.ended)).join('\n');

test('a peer that serves wrong blocks is dropped and named; the file comes whole from the others', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'thesis.bin');
  const sum = await writeNoise(path, 8 * MIB);
  const [ann, bob, mallory] = [
    await person('ann'),
    await person('bob'),
    await person('mallory', { bypassCSP: true }),
  ];
  const link = await shareFiles(ann.page, server.url, path);
  // So slow that everybody who offers to serve is asked.
  await cap(ann.page, 'Upload', 4);
  await bob.page.goto(link);
  await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
  await evilJoins(mallory.page, server.url, link, 'wrong-block');
  await expect(bob.page.getByTestId('peer-row')).toHaveCount(2);

  await fileRow(bob.page, 'thesis.bin').getByRole('button', { name: 'Download', exact: true }).click();
  await waitComplete(bob.page, 'thesis.bin');
  expect(await mallory.page.evaluate(() => globalThis.evil.served)).toBeGreaterThan(0);
  await expect(bob.page.locator('[role="alert"][data-code="bad-piece"]')).toBeVisible();
  await expect(bob.page.getByTestId('peer-row')).toHaveCount(1);
  expect(await sha256OfFile(await saveRow(bob.page, 'thesis.bin'))).toBe(sum);
});

/** What the room says to a peer as it ends the link. A peer whose own link ends is another matter: it comes back. */
const reasons = [
  ['truncated', 'protocol-error', 'A message is malformed.'],
  ['unknown-type', 'misbehaved', 'A message has an unknown type.'],
  ['unknown-frame', 'protocol-error', 'an unknown kind of frame'],
  ['oversized', 'protocol-error', 'a frame of a forbidden size'],
  ['unasked-block', 'misbehaved', 'A block came for request 4000000000, which is not open.'],
  ['garbage-log', 'misbehaved', 'A log entry is malformed.'],
] as const;

test('a peer that sends what it must not loses its links, with a reason; the room goes on', async ({
  server,
  person,
  dir,
}) => {
  // One for each attack: that the room goes on is seen by somebody who comes after it.
  const sums = new Map<string, string>();
  for (const [seed, [attack]] of reasons.entries())
    sums.set(attack, await writeNoise(join(dir, `${attack}.bin`), MIB, seed));
  const [ann, bob, mallory] = [
    await person('ann'),
    await person('bob'),
    await person('mallory', { bypassCSP: true }),
  ];
  const paths = [...sums.keys()].map(attack => join(dir, `${attack}.bin`));
  const link = await shareFiles(ann.page, server.url, paths);
  for (const [attack, code, reason] of reasons) {
    await test.step(attack, async () => {
      await evilJoins(mallory.page, server.url, link, attack);
      await expect
        .poll(async () => await ended(mallory.page))
        .toBe(`${code}: The other side ended the connection: ${reason}`);
      await expect(ann.page.getByTestId('peer-row')).toHaveCount(0);

      const name = `${attack}.bin`;
      await bob.page.goto(link);
      await fileRow(bob.page, name).getByRole('button', { name: 'Download', exact: true }).click();
      await waitComplete(bob.page, name);
      expect(await sha256OfFile(await saveRow(bob.page, name))).toBe(sums.get(attack));
      await bob.page.goto('about:blank');
      await expect(ann.page.getByTestId('peer-row')).toHaveCount(0);
    });
  }
});
