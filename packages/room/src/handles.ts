import type { KeptSources } from '@shoal/storage';

/** Files opened at a time: enough to hide latency, few enough to stay smooth. */
const OPEN_AT_ONCE = 64;

/** Where a chosen file can be read again: a handle of what was dropped, and the path inside it, empty for a file by itself. */
export interface FileOrigin {
  readonly root: FileSystemHandle;
  readonly path: string;
}

/** The part of the File System Access API that TypeScript's DOM types lack: Chromium alone has it. */
interface Permitted {
  queryPermission(descriptor: { readonly mode: Mode }): Promise<PermissionState>;
  requestPermission(descriptor: { readonly mode: Mode }): Promise<PermissionState>;
}

type Mode = 'read' | 'readwrite';

/** Packs origins for the vault; undefined when there is none. */
export function packOrigins(origins: readonly (FileOrigin | undefined)[]): KeptSources | undefined {
  const roots: FileSystemHandle[] = [];
  const indexes = new Map<FileSystemHandle, number>();
  const files = origins.map(origin => {
    if (origin === undefined) return null;
    let root = indexes.get(origin.root);
    if (root === undefined) {
      root = roots.push(origin.root) - 1;
      indexes.set(origin.root, root);
    }
    return { root, path: origin.path };
  });
  return roots.length === 0 ? undefined : { roots, files };
}

/** Whether the files may be read now, without asking anybody. */
export async function isAllowed({ roots }: KeptSources): Promise<boolean> {
  for (const root of roots) if (!(await isGranted(root, 'read'))) return false;
  return true;
}

/** Asks the person where that is needed; only a click may call this. */
export async function askToRead({ roots }: KeptSources): Promise<boolean> {
  for (const root of roots) if (!(await ask(root, 'read'))) return false;
  return true;
}

export async function isGranted(handle: FileSystemHandle, mode: Mode): Promise<boolean> {
  return !hasPermissions(handle) || (await handle.queryPermission({ mode })) === 'granted';
}

/** Only a click may call this, since the browser may ask. */
export async function ask(handle: FileSystemHandle, mode: Mode): Promise<boolean> {
  if (!hasPermissions(handle) || (await isGranted(handle, mode))) return true;
  return (await handle.requestPermission({ mode })) === 'granted';
}

/** Opens the files as they are now; those that are gone, or whose place is unknown, are left out. By file index. */
export async function openKept({ roots, files }: KeptSources): Promise<Map<number, OpenedFile>> {
  const opened = new Map<number, OpenedFile>();
  const folders = new Map<string, Promise<FileSystemDirectoryHandle>>();
  for (let start = 0; start < files.length; start += OPEN_AT_ONCE) {
    const batch = files.slice(start, start + OPEN_AT_ONCE).map(async (place, offset) => {
      const root = place === null ? undefined : roots[place.root];
      if (place === null || root === undefined) return;
      const file = await openFrom(root, place.path, `${place.root}`, folders).catch(() => undefined);
      if (file !== undefined) opened.set(start + offset, { file, origin: { root, path: place.path } });
    });
    await Promise.all(batch);
  }
  return opened;
}

export interface OpenedFile {
  readonly file: File;
  readonly origin: FileOrigin;
}

async function openFrom(
  root: FileSystemHandle,
  path: string,
  key: string,
  folders: Map<string, Promise<FileSystemDirectoryHandle>>,
): Promise<File | undefined> {
  if (isFileHandle(root)) return await root.getFile();
  if (!isFolderHandle(root)) return undefined;
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = Promise.resolve(root);
  let at = key;
  for (const part of parts) {
    at += `/${part}`;
    const parent = folder;
    folder = folders.get(at) ?? parent.then(async handle => await handle.getDirectoryHandle(part));
    folders.set(at, folder);
  }
  return await (await (await folder).getFileHandle(name)).getFile();
}

function hasPermissions(handle: FileSystemHandle): handle is FileSystemHandle & Permitted {
  return 'queryPermission' in handle && 'requestPermission' in handle;
}

function isFileHandle(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === 'file';
}

function isFolderHandle(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === 'directory';
}
