import { StorageError, toStorageError } from '../errors.ts';
import { openSyncAccess, type SyncAccessHandle } from './sync-access.ts';

/** Sync access handles kept open at once: enough for every file in progress, far below any system limit. */
const MAX_OPEN = 64;

interface OpenHandle {
  readonly handle: SyncAccessHandle;
  dirty: boolean;
}

/**
 * Keeps the most recently used sync access handles open, because opening costs two round trips to the browser process and a
 * read or write none. Work on a handle is synchronous, so a handle can never be closed under someone's hands.
 */
export class HandlePool {
  readonly #openFile: (name: string, create: boolean) => Promise<FileSystemFileHandle>;
  /** In order of last use, oldest first. */
  readonly #open = new Map<string, OpenHandle>();
  readonly #opening = new Map<string, Promise<void>>();
  /** A flush that failed while making room: reported by the next `flush` of that file, who must not claim durability. */
  readonly #lost = new Map<string, StorageError>();
  #closed = false;

  constructor(openFile: (name: string, create: boolean) => Promise<FileSystemFileHandle>) {
    this.#openFile = openFile;
  }

  async use<T>(name: string, mode: 'read' | 'write', work: (handle: SyncAccessHandle) => T): Promise<T> {
    for (;;) {
      if (this.#closed) throw new StorageError('closed');
      const open = this.#open.get(name);
      if (open === undefined) {
        await this.#opened(name, mode === 'write');
        continue;
      }
      this.#open.delete(name);
      this.#open.set(name, open);
      if (mode === 'write') open.dirty = true;
      try {
        return work(open.handle);
      } catch (error) {
        throw toStorageError(error);
      }
    }
  }

  flush(names: Iterable<string>): void {
    for (const name of names) {
      const lost = this.#lost.get(name);
      this.#lost.delete(name);
      if (lost !== undefined) throw lost;
      const open = this.#open.get(name);
      if (open !== undefined) flushIfDirty(open);
    }
  }

  /** Flushes and closes one file, waiting for an opening that is under way. */
  async release(name: string): Promise<void> {
    await this.#opening.get(name)?.catch(() => undefined);
    this.#close(name);
  }

  /** Closes the files that match without flushing: they are about to be deleted. */
  async abandon(matches: (name: string) => boolean): Promise<void> {
    for (const name of [...this.#open.keys(), ...this.#opening.keys()].filter(matches)) {
      await this.#opening.get(name)?.catch(() => undefined);
      this.#open.get(name)?.handle.close();
      this.#open.delete(name);
    }
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#opening.values());
    for (const name of [...this.#open.keys()]) this.#close(name);
  }

  #opened(name: string, create: boolean): Promise<void> {
    const under = this.#opening.get(name);
    if (under !== undefined) return under;
    const opening = this.#doOpen(name, create).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  async #doOpen(name: string, create: boolean): Promise<void> {
    try {
      const file = await this.#openFile(name, create);
      const handle = await openSyncAccess(file);
      this.#open.set(name, { handle, dirty: false });
    } catch (error) {
      throw toStorageError(error);
    }
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) return;
      try {
        this.#close(oldest);
      } catch (error) {
        this.#lost.set(oldest, toStorageError(error));
      }
    }
  }

  #close(name: string): void {
    const open = this.#open.get(name);
    if (open === undefined) return;
    this.#open.delete(name);
    try {
      flushIfDirty(open);
    } finally {
      open.handle.close();
    }
  }
}

function flushIfDirty(open: OpenHandle): void {
  if (!open.dirty) return;
  try {
    open.handle.flush();
  } catch (error) {
    throw toStorageError(error);
  }
  open.dirty = false;
}
