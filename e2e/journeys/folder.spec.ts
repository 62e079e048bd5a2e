import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { hashesInFolder, pickFolder } from '../support/handles.ts';
import {
  downloadAll,
  fileRow,
  roomLink,
  saveAll,
  saveRow,
  shareFolder,
  showFiles,
} from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';
import { hashesInZip } from '../support/zip.ts';

/** 300 files with the names that break tools: path under the folder → bytes. */
function awkwardNames(): Map<string, number> {
  const names = new Map<string, number>();
  names.set('empty.txt', 0);
  names.set('with spaces and (brackets).txt', 1234);
  names.set('emoji 🐟🐠/shoal 🐡.bin', 70_000);
  names.set(`${'n'.repeat(251)}.bin`, 16_384);
  names.set('Case.txt', 11);
  names.set('case.txt', 12);
  names.set('deep/er/and/deeper/still/leaf.txt', 65_537);
  names.set('Grüße/naïve café.txt', 999);
  names.set("quote's & <tags>.txt", 321);
  for (let i = names.size; i < 300; i++) names.set(`many/${i % 7}/file ${i}.dat`, (i * 977) % 40_000);
  return names;
}

test('a nested folder of 300 awkward files arrives as it was, one by one, as a .zip and into a folder', async ({
  server,
  person,
  dir,
}) => {
  const folder = join(dir, 'project');
  const sums = new Map<string, string>();
  let seed = 1;
  for (const [name, bytes] of awkwardNames()) {
    const path = join(folder, name);
    sums.set(`project/${name}`, await writeNoise(path, bytes, seed++));
  }
  expect(sums.size).toBe(300);
  await writeFile(join(dir, 'not shared.txt'), 'stays home');

  const [ann, bob] = [await person('ann'), await person('bob')];
  const link = await shareFolder(ann.page, server.url, folder);
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await showFiles(bob.page);
  await expect(bob.page.locator('[data-testid="file-row"]')).toHaveCount(300);
  await expect(bob.page.locator('[data-testid="file-row"][data-state="complete"]')).toHaveCount(300);
  const shown = await bob.page
    .locator('[data-testid="file-row"]')
    .evaluateAll(rows => rows.map(row => row.getAttribute('data-path') ?? ''));
  expect(shown.toSorted()).toEqual([...sums.keys()].toSorted());

  const zip = await saveAll(bob.page);
  expect(zip.name).toBe('project.zip');
  expect([...(await hashesInZip(zip.path))].toSorted()).toEqual([...sums].toSorted());

  await pickFolder(bob.page, 'picked');
  await bob.page.getByRole('button', { name: 'Save to folder', exact: true }).click();
  await expect
    .poll(async () => [...(await hashesInFolder(bob.page, 'picked'))].toSorted())
    .toEqual([...sums].toSorted());

  for (const name of [
    'project/empty.txt',
    'project/Case.txt',
    'project/case.txt',
    'project/emoji 🐟🐠/shoal 🐡.bin',
  ]) {
    await expect(fileRow(bob.page, name)).toHaveCount(1);
    expect(await sha256OfFile(await saveRow(bob.page, name))).toBe(sums.get(name));
  }
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test('paths that climb out or are absolute are made harmless, and arrive', async ({ server, person }) => {
  const paths = ['../../up.txt', '/etc/passwd', 'a/./b/../c.txt', 'C:\\Windows\\nul.txt', 'fine/kept.txt'];
  const [ann, bob] = [await person('ann'), await person('bob')];
  await ann.page.goto(server.url);
  // No browser makes such paths by itself: a page that was tampered with might.
  await ann.page.getByTestId('folder-input').evaluate((input, paths) => {
    if (!(input instanceof HTMLInputElement)) throw new Error('no input');
    const chosen = new DataTransfer();
    for (const path of paths) {
      const file = new File([path], path.split('/').at(-1) ?? '');
      Object.defineProperty(file, 'webkitRelativePath', { value: path });
      chosen.items.add(file);
    }
    input.files = chosen.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, paths);
  await bob.page.goto(await roomLink(ann.page));
  await downloadAll(bob.page);
  await showFiles(bob.page);
  const rows = bob.page.locator('[data-testid="file-row"][data-state="complete"]');
  await expect(rows).toHaveCount(paths.length);
  const shown = await rows.evaluateAll(all => all.map(row => row.getAttribute('data-path') ?? ''));
  for (const path of shown) {
    expect(path).not.toMatch(/^\/|\\|:/);
    for (const segment of path.split('/')) expect(['', '.', '..']).not.toContain(segment);
  }
  expect(shown).toContain('fine/kept.txt');
  const kept = await hashesInZip((await saveAll(bob.page)).path);
  expect([...kept.keys()].toSorted()).toEqual(shown.toSorted());
  expect([...kept.values()].toSorted()).toEqual(
    paths.map(path => createHash('sha256').update(path).digest('hex')).toSorted(),
  );
});
