import { describe, expect, test } from 'vitest';
import { fakeEntry, type Tree } from '../dev/fake-entry.ts';
import { chosenFromInput, gatherFiles, takeDroppedItems } from './read-entries.ts';

function fakeItem(entry: FileSystemEntry | null, file: File | null, kind = 'file'): DataTransferItem {
  // As above: only what is used.
  return {
    kind,
    type: '',
    webkitGetAsEntry: () => entry,
    getAsFile: () => file,
  } as unknown as DataTransferItem;
}

const folder = (name: string, tree: Tree) => takeDroppedItems([fakeItem(fakeEntry(name, tree), null)]);

describe('a drop', () => {
  test('comes with handles where the browser has them', async () => {
    const root = { kind: 'directory', name: 'trip' };
    const withHandle = (item: DataTransferItem) =>
      Object.assign(item, { getAsFileSystemHandle: async () => root });
    const alone = new File(['x'], 'x.bin');
    const items = takeDroppedItems([
      withHandle(fakeItem(fakeEntry('trip', { 'a.txt': 'a', deep: { 'b.txt': 'b' } }), null)),
      withHandle(fakeItem(null, alone)),
    ]);
    const { files } = await gatherFiles(items);
    expect(files.map(({ path, origin }) => [path, origin?.root, origin?.path])).toEqual([
      ['trip/a.txt', root, 'a.txt'],
      ['trip/deep/b.txt', root, 'deep/b.txt'],
      ['x.bin', root, ''],
    ]);
  });

  test('keeps folders in paths, and empty files; leaves out empty folders', async () => {
    const { files, unreadable } = await gatherFiles(
      folder('trip', { 'a.txt': 'a', empty: '', none: {}, deep: { er: { 'b c.txt': 'bb' } } }),
    );
    expect(files.map(chosen => [chosen.path, chosen.file.size])).toEqual([
      ['trip/a.txt', 1],
      ['trip/empty', 0],
      ['trip/deep/er/b c.txt', 2],
    ]);
    expect(unreadable).toEqual([]);
  });

  test('reads a folder to its end, however many batches that takes', async () => {
    const names = Array.from({ length: 1234 }, (_, index) => `f${index}`);
    const seen: number[] = [];
    const { files } = await gatherFiles(
      folder('many', Object.fromEntries(names.map(name => [name, '']))),
      found => seen.push(found),
    );
    expect(files.map(chosen => chosen.path)).toEqual(names.map(name => `many/${name}`));
    expect(seen.at(-1)).toBe(1234);
  });

  test('comes in the order that a person counts in, whatever the disk has', async () => {
    const { files } = await gatherFiles(folder('f', { p10: '', p9: '', b: { z: '' }, a: { z: '' } }));
    expect(files.map(({ path }) => path)).toEqual(['f/p9', 'f/p10', 'f/a/z', 'f/b/z']);
  });

  test('goes on past a file that cannot be read, and names it', async () => {
    const { files, unreadable } = await gatherFiles(folder('f', { ok: '1', locked: null }));
    expect(files.map(chosen => chosen.path)).toEqual(['f/ok']);
    expect(unreadable).toEqual(['f/locked']);
  });

  test('takes a file that comes without an entry, and nothing that is not a file', async () => {
    const file = new File(['x'], 'x.bin');
    const items = takeDroppedItems([
      fakeItem(null, file),
      fakeItem(null, null, 'string'),
      fakeItem(null, null),
    ]);
    expect((await gatherFiles(items)).files).toEqual([{ file, path: 'x.bin' }]);
  });

  test('does not overflow the stack on deep nesting', async () => {
    let tree: Tree = { leaf: 'x' };
    for (let depth = 0; depth < 3000; depth += 1) tree = { d: tree };
    expect((await gatherFiles(folder('top', tree))).files).toHaveLength(1);
  });
});

test('chosen files keep the path that a folder input gives', () => {
  const inFolder = new File([''], 'b.txt');
  Object.defineProperty(inFolder, 'webkitRelativePath', { value: 'a/b.txt' });
  const alone = new File([''], 'c.txt');
  Object.defineProperty(alone, 'webkitRelativePath', { value: '' });
  expect(chosenFromInput([alone, inFolder]).map(chosen => chosen.path)).toEqual(['a/b.txt', 'c.txt']);
});
