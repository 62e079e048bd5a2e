import { describe, expect, test } from 'vitest';
import { askToRead, isAllowed, openKept, packOrigins } from './handles.ts';

type Tree = { readonly [name: string]: Tree | string };

/** The part of a handle that is used. */
function fakeHandle(name: string, content: Tree | string, answers: PermissionState[] = []): FileSystemHandle {
  const shared = {
    name,
    queryPermission: async () => answers[0] ?? 'granted',
    requestPermission: async () => {
      if (answers.length > 1) answers.shift();
      return answers[0] ?? 'granted';
    },
  };
  const child = async (key: string): Promise<FileSystemHandle> => {
    const inside = typeof content === 'string' ? undefined : content[key];
    if (inside === undefined) throw new DOMException('gone', 'NotFoundError');
    return fakeHandle(key, inside);
  };
  return {
    ...shared,
    kind: typeof content === 'string' ? 'file' : 'directory',
    getFile: async () => new File([typeof content === 'string' ? content : ''], name),
    getFileHandle: child,
    getDirectoryHandle: child,
  } as unknown as FileSystemHandle;
}

const trip = fakeHandle('trip', { 'a.txt': 'a', deep: { 'b.txt': 'bb' } });
const note = fakeHandle('note.txt', 'note');

test('origins are packed with each root once', () => {
  const packed = packOrigins([
    { root: trip, path: 'a.txt' },
    undefined,
    { root: note, path: '' },
    { root: trip, path: 'deep/b.txt' },
  ]);
  expect(packed?.roots).toEqual([trip, note]);
  expect(packed?.files).toEqual([
    { root: 0, path: 'a.txt' },
    null,
    { root: 1, path: '' },
    { root: 0, path: 'deep/b.txt' },
  ]);
  expect(packOrigins([undefined])).toBeUndefined();
});

test('kept files are opened as they are now; what is gone is left out', async () => {
  const files = [
    { root: 0, path: 'deep/b.txt' },
    { root: 0, path: 'deep/gone.txt' },
    null,
    { root: 1, path: '' },
    { root: 7, path: '' },
  ];
  const opened = await openKept({ roots: [trip, note], files });
  const texts = await Promise.all([...opened].map(async ([index, { file }]) => [index, await file.text()]));
  expect(texts.toSorted()).toEqual([
    [0, 'bb'],
    [3, 'note'],
  ]);
});

describe('permission', () => {
  test('is there, or asked for each root until one is refused', async () => {
    const roots = [
      fakeHandle('a', 'a', ['granted']),
      fakeHandle('b', 'b', ['prompt', 'granted']),
      fakeHandle('c', 'c', ['prompt', 'denied']),
    ];
    expect(await isAllowed({ roots, files: [] })).toBe(false);
    expect(await askToRead({ roots: roots.slice(0, 2), files: [] })).toBe(true);
    expect(await isAllowed({ roots: roots.slice(0, 2), files: [] })).toBe(true);
    expect(await askToRead({ roots, files: [] })).toBe(false);
  });
});
