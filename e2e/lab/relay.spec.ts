import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Lab, Member } from './lab.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { downloadAll, hideAddress, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test } from './test.ts';

const MIB = 1024 * 1024;

/** What a page notes for its test. */
declare global {
  var relayNames: string[];
  var toldCandidates: string[];
}

/** Two members that need a relay, the first behind a slow line: their transfer takes some seconds. */
async function slowPair(lab: Lab): Promise<[Member, Member]> {
  const home = await lab.member({ kind: 'symmetric', line: { up: 4 } });
  return [home, await lab.member({ kind: 'symmetric' })];
}

/** Runs in the page before its own scripts: under which names it asks relays for help. */
function noteNames(): void {
  const names: string[] = [];
  globalThis.relayNames = names;
  const Native = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(config?: RTCConfiguration) {
      super(config);
      for (const { username } of config?.iceServers ?? [])
        if (username !== undefined && !names.includes(username)) names.push(username);
    }
  };
}

async function relayNames(page: Page): Promise<string[]> {
  return await page.evaluate(() => globalThis.relayNames);
}

test('a transfer through a relay that takes longer than its credentials live: they are renewed, and nothing is noticed', async ({
  lab,
  person,
  dir,
}) => {
  const [annAt, bobAt] = await slowPair(lab);
  const server = await lab.server({ TURN_TTL_SECONDS: '10' });
  const file = join(dir, 'long.bin');
  const sum = await writeNoise(file, 6 * MIB);
  const [ann, bob] = await Promise.all([person('ann', annAt.browser), person('bob', bobAt.browser)]);
  for (const { page } of [ann, bob]) await page.addInitScript(noteNames);
  await bob.page.goto(await shareFiles(ann.page, server.url, file));
  await downloadAll(bob.page);
  const started = Date.now();
  await waitComplete(bob.page, 'long.bin');
  expect(Date.now() - started).toBeGreaterThan(11_000);
  expect(await sha256OfFile(await saveRow(bob.page, 'long.bin'))).toBe(sum);
  for (const { page } of [ann, bob]) {
    expect((await relayNames(page)).length).toBeGreaterThan(1);
    await expect(page.getByTestId('peer-row')).toHaveAttribute('data-path', 'relay');
    await expect(page.getByRole('alert')).toHaveCount(0);
  }
});

test('a relayed link becomes a direct one when the routers let it, in mid-transfer', async ({
  lab,
  person,
  dir,
}) => {
  const [annAt, bobAt] = await slowPair(lab);
  const server = await lab.server();
  const file = join(dir, 'long.bin');
  const sum = await writeNoise(file, 4 * MIB);
  const [ann, bob] = await Promise.all([person('ann', annAt.browser), person('bob', bobAt.browser)]);
  await bob.page.goto(await shareFiles(ann.page, server.url, file));
  for (const { page } of [ann, bob])
    await expect(page.getByTestId('peer-row')).toHaveAttribute('data-path', 'relay');
  await downloadAll(bob.page);
  for (const member of [annAt, bobAt]) await member.setKind('cone', 'keep');
  for (const { page } of [ann, bob])
    await expect(page.getByTestId('peer-row')).toHaveAttribute('data-path', 'direct');
  await waitComplete(bob.page, 'long.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'long.bin'))).toBe(sum);
  for (const { page } of [ann, bob]) await expect(page.getByRole('alert')).toHaveCount(0);
});

test('[RO1] who hides their address shows the relay’s alone, though a direct way is open', async ({
  lab,
  person,
  dir,
}) => {
  const [annAt, bobAt] = [await lab.member(), await lab.member()];
  const server = await lab.server();
  const file = join(dir, 'notes.bin');
  await writeNoise(file, MIB);
  const [ann, bob] = await Promise.all([person('ann', annAt.browser), person('bob', bobAt.browser)]);
  await bob.page.addInitScript(noteCandidates);
  await hideAddress(ann.page, server.url);
  await bob.page.goto(await shareFiles(ann.page, server.url, file));
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'notes.bin');
  await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'relay');
  const told = await bob.page.evaluate(() => globalThis.toldCandidates);
  expect(told.join()).toContain('typ relay');
  expect(told.join()).not.toMatch(/typ (?:host|srflx|prflx)/);
  for (const address of ['10.0.1.', '203.0.113.101']) expect(told.join()).not.toContain(address);
});

/** Runs in the page before its own scripts: all that the other side says of itself. */
function noteCandidates(): void {
  const told: string[] = [];
  globalThis.toldCandidates = told;
  const { prototype } = RTCPeerConnection;
  for (const name of ['addIceCandidate', 'setRemoteDescription'] as const) {
    const native: (...args: never[]) => unknown = prototype[name];
    Object.defineProperty(prototype, name, {
      value(this: RTCPeerConnection, ...args: unknown[]) {
        told.push(JSON.stringify(args));
        return Reflect.apply(native, this, args);
      },
    });
  }
}
