import type { Bytes } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import type { ByteStore } from './byte-store.ts';
import { HandlePool } from './handle-pool.ts';
import { held } from './held.ts';
import { openSyncAccess } from './sync-access.ts';

/** Top folder; the number changes when the layout below it does. */
export const OPFS_ROOT = 'shoal-v1';

/** Files in the origin private file system through sync access handles: worker only. The store of record. */
export class OpfsByteStore implements ByteStore {
  readonly kind = 'opfs';
  readonly #root: FileSystemDirectoryHandle;
  readonly #pool: HandlePool;
  readonly #folders = new Map<string, FileSystemDirectoryHandle>();

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
    this.#pool = new HandlePool((name, create) => this.#fileHandle(name, create));
  }

  /**
   * @param path - folder names below the root, for instance [room, scope].
   * @throws StorageError 'unsupported' where sync access handles do not work (old browsers, some private windows).
   */
  static async open(path: readonly string[]): Promise<OpfsByteStore> {
    try {
      let folder = await navigator.storage.getDirectory();
      for (const name of [OPFS_ROOT, ...path])
        folder = await held(folder, parent => parent.getDirectoryHandle(name, { create: true }));
      await probe(folder);
      return new OpfsByteStore(folder);
    } catch (error) {
      throw new StorageError('unsupported', undefined, { cause: error });
    }
  }

  async writeAt(file: string, at: number, data: Bytes): Promise<void> {
    await this.#pool.use(file, 'write', handle => {
      // Chromium reports a full disk either by throwing or by a short count.
      if (handle.write(data, { at }) !== data.length) throw new StorageError('disk-full');
    });
  }

  async reserve(file: string, length: number): Promise<void> {
    await this.#pool.use(file, 'write', handle => handle.truncate(length));
  }

  async readAt(file: string, at: number, into: Bytes): Promise<void> {
    const read = await this.#pool.use(file, 'read', handle => handle.read(into, { at }));
    if (read !== into.length) throw new StorageError('not-found');
  }

  async flush(files: Iterable<string>): Promise<void> {
    this.#pool.flush(files);
  }

  async size(file: string): Promise<number | undefined> {
    try {
      return (await held(await this.#fileHandle(file, false), handle => handle.getFile())).size;
    } catch (error) {
      const mapped = toStorageError(error);
      if (mapped.code === 'not-found') return undefined;
      throw mapped;
    }
  }

  async asBlob(file: string, at: number, length: number): Promise<Blob> {
    try {
      // Closed first: not every browser reads a file that has a sync handle, and a later flush would spoil the snapshot.
      await this.#pool.release(file);
      const whole = await held(await this.#fileHandle(file, false), handle => handle.getFile());
      if (whole.size < at + length) throw new StorageError('not-found');
      return at === 0 && length === whole.size ? whole : whole.slice(at, at + length);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async remove(file: string): Promise<void> {
    await this.#pool.abandon(open => open === file);
    const { folder, name } = split(file);
    await ignoreMissing(async () =>
      held(await this.#folder(folder, false), parent => parent.removeEntry(name)),
    );
  }

  async removeFolder(folder: string): Promise<void> {
    await this.#pool.abandon(open => open.startsWith(`${folder}/`));
    this.#folders.delete(folder);
    await ignoreMissing(() => held(this.#root, root => root.removeEntry(folder, { recursive: true })));
  }

  async folders(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const [name, handle] of this.#root.entries())
      if (handle.kind === 'directory') names.push(name);
    return names;
  }

  async close(): Promise<void> {
    await this.#pool.closeAll();
  }

  async #fileHandle(file: string, create: boolean): Promise<FileSystemFileHandle> {
    const { folder, name } = split(file);
    return held(await this.#folder(folder, create), parent => parent.getFileHandle(name, { create }));
  }

  async #folder(name: string, create: boolean): Promise<FileSystemDirectoryHandle> {
    const known = this.#folders.get(name);
    if (known !== undefined) return known;
    const folder = await held(this.#root, root => root.getDirectoryHandle(name, { create }));
    this.#folders.set(name, folder);
    return folder;
  }
}

function split(file: string): { folder: string; name: string } {
  const slash = file.indexOf('/');
  return { folder: file.slice(0, slash), name: file.slice(slash + 1) };
}

async function probe(folder: FileSystemDirectoryHandle): Promise<void> {
  const name = `probe-${crypto.randomUUID()}`;
  const file = await held(folder, parent => parent.getFileHandle(name, { create: true }));
  const handle = await openSyncAccess(file);
  handle.close();
  await held(folder, parent => parent.removeEntry(name));
}

async function ignoreMissing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const mapped = toStorageError(error);
    if (mapped.code !== 'not-found') throw mapped;
  }
}
