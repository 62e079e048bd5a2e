import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { downloadAll, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import type { NatKind } from './nat.ts';
import { expect, test } from './test.ts';
import { CLOCK_BEHIND } from './turn.ts';

const MIB = 1024 * 1024;

/** Two members, and the way that their bytes can take. `npm run bench -- nat` tries all pairs. */
const PAIRS: readonly (readonly [sharer: NatKind, receiver: NatKind, path: 'direct' | 'relay'])[] = [
  ['open', 'cone', 'direct'],
  ['cone', 'cone', 'direct'],
  ['symmetric', 'symmetric', 'relay'],
  ['udpblock', 'cone', 'relay'],
  ['symmetric', 'tls443', 'relay'],
];

for (const [a, b, path] of PAIRS) {
  test(`${a} to ${b}: a file arrives, ${path}`, async ({ lab, person, dir }) => {
    const [annAt, bobAt] = [await lab.member({ kind: a }), await lab.member({ kind: b })];
    const server = await lab.server();
    const file = join(dir, 'notes.bin');
    const sum = await writeNoise(file, MIB);
    const [ann, bob] = await Promise.all([person('ann', annAt.browser), person('bob', bobAt.browser)]);
    await bob.page.goto(await shareFiles(ann.page, server.url, file));
    await downloadAll(bob.page);
    await waitComplete(bob.page, 'notes.bin');
    expect(await sha256OfFile(await saveRow(bob.page, 'notes.bin'))).toBe(sum);
    for (const { page } of [ann, bob])
      await expect(page.getByTestId('peer-row')).toHaveAttribute('data-path', path);
  });
}

// Wrong credentials get the same answer (401); the check's own test has those.
test('a relay for which the server’s credentials have expired: both are told so, with a code', async ({
  lab,
  person,
  dir,
}) => {
  const [annAt, bobAt] = [await lab.member({ kind: 'symmetric' }), await lab.member({ kind: 'symmetric' })];
  const server = await lab.server(CLOCK_BEHIND);
  const file = join(dir, 'notes.bin');
  await writeNoise(file, MIB);
  const [ann, bob] = await Promise.all([person('ann', annAt.browser), person('bob', bobAt.browser)]);
  await bob.page.goto(await shareFiles(ann.page, server.url, file));
  for (const { page } of [ann, bob])
    await expect(page.locator('[role=alert][data-code=turn-refused]')).toBeVisible();
});
