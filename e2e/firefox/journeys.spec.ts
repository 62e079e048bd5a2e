import { join } from 'node:path';
import { findFirefox } from '../../scripts/firefox.mjs';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { downloadAll, fileRow, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test as base } from '../support/test.ts';
import { NO_FIREFOX, openFirefox } from './support/firefox.ts';

type OpenFirefox = typeof openFirefox;

const test = base.extend<{ fox: OpenFirefox }>({
  // oxlint-disable-next-line no-empty-pattern
  fox: async ({}, use) => {
    const people: Awaited<ReturnType<OpenFirefox>>[] = [];
    await use(async (name, options) => {
      const person = await openFirefox(name, options);
      people.push(person);
      return person;
    });
    for (const person of people) await person.close();
  },
});

test.skip(() => findFirefox() === undefined, NO_FIREFOX);

/** Saves by the row's button and waits until what lies in the downloads folder is the source. */
async function expectSaved(fox: Awaited<ReturnType<OpenFirefox>>, name: string, sum: string): Promise<void> {
  await fileRow(fox.page, name).getByRole('button', { name: 'Save', exact: true }).click();
  await expect
    .poll(async () => await sha256OfFile(join(fox.downloads, name)).catch(() => 'not there yet'))
    .toBe(sum);
}

test('Firefox shares, Chromium receives', async ({ server, fox, person, dir }) => {
  const path = join(dir, 'film.bin');
  const sum = await writeNoise(path, 20_000_017);
  const [ann, bob] = [await fox('ann'), await person('bob')];
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'film.bin');
  expect(await sha256OfFile(await saveRow(bob.page, 'film.bin'))).toBe(sum);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test('Chromium shares, Firefox receives, in a private window too, which says first that nothing stays', async ({
  server,
  fox,
  person,
  dir,
}) => {
  const path = join(dir, 'film.bin');
  const sum = await writeNoise(path, 20_000_017);
  const [ann, bob, cleo] = [
    await person('ann'),
    await fox('bob'),
    await fox('cleo', { privateWindow: true }),
  ];
  const link = await shareFiles(ann.page, server.url, path);
  for (const { page } of [bob, cleo]) await page.goto(link);
  await expect(cleo.page.getByText('This looks like a private window')).toBeVisible();
  await expect(bob.page.getByText('This looks like a private window')).toHaveCount(0);
  for (const receiver of [bob, cleo]) {
    await downloadAll(receiver.page);
    await waitComplete(receiver.page, 'film.bin');
    await expectSaved(receiver, 'film.bin', sum);
  }
  expect([...ann.errors, ...bob.errors, ...cleo.errors]).toEqual([]);
});
