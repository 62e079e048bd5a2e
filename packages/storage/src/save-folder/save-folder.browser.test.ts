import { expect, onTestFinished, test } from 'vitest';
import { newOffer } from '../testing/fixtures.ts';
import { saveFolder } from './save-folder.ts';

type Named = (this: FileSystemDirectoryHandle, name: string, options?: object) => Promise<FileSystemHandle>;

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

test('names that Chromium writes into no picked folder are changed as its downloads are', async () => {
  const root = await navigator.storage.getDirectory();
  const into = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  // What it does to folders of a real disk; those of its own take any name.
  const prototype = Object.getPrototypeOf(into) as Record<'getDirectoryHandle' | 'getFileHandle', Named>;
  const { getFileHandle, getDirectoryHandle } = prototype;
  for (const [method, original] of Object.entries({ getFileHandle, getDirectoryHandle })) {
    prototype[method as keyof typeof prototype] = async function strict(name, options) {
      if (/["*<>?|~\p{Cf}]|^\s|\.(?:lnk|url)$|^desktop\.ini$/u.test(name))
        throw new TypeError('Name is not allowed.');
      return await original.call(this, name, options);
    };
  }
  onTestFinished(() => void Object.assign(prototype, { getFileHandle, getDirectoryHandle }));
  const paths = [
    'who?/what?.mp3',
    'who?/what*.mp3',
    'family 👨\u200d👩.png',
    '\u200b',
    '~$draft.docx',
    ' b',
    'link.url',
    'desktop.ini',
    `${'n'.repeat(251)}.url`,
  ];
  await saveFolder(
    paths.map((path, file) => ({ offer: newOffer(), file, path })),
    async ({ path }) => new Blob([path]),
    into,
  );
  const found = new Map<string, string>();
  const visit = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const entry of folder.values()) {
      if (entry instanceof FileSystemDirectoryHandle) await visit(entry, `${path}${entry.name}/`);
      else if (entry instanceof FileSystemFileHandle)
        found.set(`${path}${entry.name}`, await (await entry.getFile()).text());
    }
  };
  await visit(into, '');
  expect(Object.fromEntries(found)).toEqual({
    'who_/what_.mp3': 'who?/what?.mp3',
    'who_/what_ (2).mp3': 'who?/what*.mp3',
    'family 👨👩.png': 'family 👨\u200d👩.png',
    _: '\u200b',
    '_$draft.docx': '~$draft.docx',
    _b: ' b',
    'link.url_': 'link.url',
    'desktop.ini_': 'desktop.ini',
    [`${'n'.repeat(251)}.ur_`]: `${'n'.repeat(251)}.url`,
  });
});
