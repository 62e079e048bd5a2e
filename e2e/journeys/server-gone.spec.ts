import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { startHostileServer } from '../support/hostile-server.ts';
import { downloadAll, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

const MIB = 1024 * 1024;
/** Milliseconds for a small file, four browsers sharing what may be one busy core. */
const PATIENCE_MS = 150_000;

test('the server dies while three members know the sharer only: they find each other, and finish without the sharer', async ({
  person,
  dir,
}) => {
  // Four browsers on what may be two cores.
  test.slow();
  const path = join(dir, 'album.bin');
  const sum = await writeNoise(path, 3 * MIB);
  const [ann, bob, cleo, dan] = [
    await person('ann'),
    await person('bob'),
    await person('cleo'),
    await person('dan'),
  ];
  const receivers = [bob, cleo, dan];
  // Nothing passes between two receivers, ever: each link between them is made over the sharer, or over each other.
  const server = await startHostileServer((box, { from, to }) => {
    const [sharer] = server.joined;
    return from === sharer || to === sharer ? box : undefined;
  });
  const link = await shareFiles(ann.page, server.url, path);
  await Promise.all(receivers.map(async ({ page }) => await page.goto(link)));
  await expect(ann.page.getByTestId('peer-row')).toHaveCount(3);
  await server.stop();

  await Promise.all(
    [ann, ...receivers].map(
      async ({ page }) => await expect(page.getByTestId('peer-row')).toHaveCount(3, { timeout: 30_000 }),
    ),
  );
  await expect(bob.page.getByTestId('connection-state')).not.toHaveAttribute('data-state', 'online');

  await Promise.all(receivers.map(async ({ page }) => await downloadAll(page)));
  // One of them has it all: the sharer may go.
  await Promise.race(receivers.map(async ({ page }) => await waitComplete(page, 'album.bin', PATIENCE_MS)));
  await ann.close();
  await Promise.all(receivers.map(async ({ page }) => await waitComplete(page, 'album.bin', PATIENCE_MS)));
  for (const { page } of receivers) {
    expect(await sha256OfFile(await saveRow(page, 'album.bin'))).toBe(sum);
    await expect(page.getByTestId('peer-row')).toHaveCount(2);
  }
});
