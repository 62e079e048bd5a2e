import { MAX_SEGMENT_BYTES } from '@shoal/protocol';
import { held } from '../backends/held.ts';
import { StorageError, toStorageError } from '../errors.ts';
import type { ZipEntry } from '../piece-store.ts';
import { nthPath } from '../zip/unique-paths.ts';

/** Names told of in an error; of more, how many. */
const NAMED = 3;

/**
 * Streams complete files into a folder that a person picked, each under its path. What lies there already is never written over: the
 * names come from someone else. A file that cannot be saved leaves nothing: until it is whole an empty one has its name, which only a crash leaves there.
 * @throws StorageError 'io' naming what could not be written, after all else was; at once when it is not about one file
 */
export async function saveFolder(
  entries: readonly ZipEntry[],
  open: (entry: ZipEntry) => Promise<Blob>,
  into: FileSystemDirectoryHandle,
): Promise<void> {
  const refused: string[] = [];
  for (const entry of entries) {
    const blob = await open(entry);
    try {
      await saveFile(into, entry.path, blob);
    } catch (error) {
      if (!isAboutName(error)) throw toStorageError(error);
      refused.push(entry.path);
    }
  }
  if (refused.length === 0) return;
  const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : '';
  throw new StorageError(
    'io',
    `Files of these names cannot be written there: ${refused.slice(0, NAMED).join(', ')}${more}. All others were saved.`,
  );
}

async function saveFile(root: FileSystemDirectoryHandle, path: string, blob: Blob): Promise<void> {
  const names = path.split('/');
  const last = names.pop() ?? path;
  let folder = root;
  for (const name of names)
    folder = await underLikeName(name, like =>
      held(folder, parent => parent.getDirectoryHandle(like, { create: true })),
    );
  const file = await underLikeName(last, async like => await createFile(folder, like));
  try {
    const writable = await held(file, created => created.createWritable());
    // Some engines give an empty Blob's stream no end.
    if (blob.size === 0) await writable.close();
    else await blob.stream().pipeTo(writable);
  } catch (error) {
    // The empty file would keep the name from the next try.
    await held(folder, parent => parent.removeEntry(file.name)).catch(() => undefined);
    throw error;
  }
}

/**
 * Chromium writes into a picked folder no name that another system might read otherwise, or a person cannot see: `what?.mp3`, the joiner in
 * a family's emoji, `desktop.ini`. Its downloads get like names for these, and so do such files here.
 */
async function underLikeName<T>(name: string, use: (name: string) => Promise<T>): Promise<T> {
  const plain = name.replace(/\p{Cf}/gu, '').replace(/^\s|["*<>?|~\p{Cn}]|\s$/gu, '_') || '_';
  for (const like of new Set([name, plain])) {
    try {
      return await use(like);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  // A name may be as long as file systems take already.
  const isLong = new TextEncoder().encode(plain).length >= MAX_SEGMENT_BYTES;
  return await use(`${isLong ? plain.slice(0, -1) : plain}_`);
}

async function createFile(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle> {
  for (let count = 1; ; count += 1) {
    const candidate = nthPath(name, count);
    if (await isFree(folder, candidate))
      return await held(folder, parent => parent.getFileHandle(candidate, { create: true }));
  }
}

async function isFree(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await held(folder, parent => parent.getFileHandle(name));
    return false;
  } catch (error) {
    if (nameOf(error) === 'NotFoundError') return true;
    if (nameOf(error) === 'TypeMismatchError') return false;
    throw error;
  }
}

/** The file system will not have this name, or has a file where a folder must be. */
function isAboutName(error: unknown): boolean {
  return error instanceof TypeError || nameOf(error) === 'TypeMismatchError';
}

function nameOf(error: unknown): string {
  return error instanceof DOMException ? error.name : '';
}
