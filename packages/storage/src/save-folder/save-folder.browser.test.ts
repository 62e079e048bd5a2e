import { expect, test } from 'vitest';
import { newOffer } from '../testing/fixtures.ts';
import { saveFolder } from './save-folder.ts';

test('a file that could not be saved leaves nothing, and has its own name the next time', async () => {
  const root = await navigator.storage.getDirectory();
  const into = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const name of into.keys()) found.push(name);
    return found;
  };
  const entries = [{ offer: newOffer(), file: 0, path: 'film.mkv' }];
  // The disk is full in the midst of it.
  const broken = new Blob(['whole']);
  broken.stream = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(2));
      },
      pull(controller) {
        controller.error(new DOMException('full', 'QuotaExceededError'));
      },
    });
  await expect(saveFolder(entries, async () => broken, into)).rejects.toMatchObject({ code: 'disk-full' });
  expect(await names()).toEqual([]);
  await saveFolder(entries, async () => new Blob(['whole']), into);
  expect(await names()).toEqual(['film.mkv']);
});
