import type { RoomId } from '@shoal/protocol';
import { held } from '../backends/held.ts';
import { IndexedDbByteStore } from '../backends/indexeddb.ts';
import { OPFS_ROOT } from '../backends/opfs.ts';
import { StorageError, toStorageError } from '../errors.ts';
import type { StoreKind } from '../piece-store.ts';
import { VaultRecords } from '../vault/records.ts';
import { MAIN_SCOPE, type VaultDatabase } from '../vault/schema.ts';

const KINDS: readonly StoreKind[] = ['opfs', 'indexeddb'];
const DATABASE_PREFIX = 'shoal-bytes/';

/** Key of a scope's records and name of its byte database. */
export function placeOf(room: RoomId, scope: string, kind: StoreKind): string {
  return `${room}/${scope}/${kind}`;
}

/** Held while a store on the scope is open, by the worker itself, so that it ends with the worker however that ends. */
function lockName(room: RoomId, scope: string): string {
  return `shoal-scope:${room}:${scope}`;
}

/**
 * Takes the scope for this worker.
 * @returns gives it back
 * @throws StorageError 'busy' when another tab keeps it for longer than `waitMs`
 */
export async function lockScope(room: RoomId, scope: string, waitMs: number): Promise<() => void> {
  const { promise: until, resolve: release } = withResolvers();
  const taken = withResolvers();
  const signal = AbortSignal.timeout(waitMs);
  navigator.locks
    .request(lockName(room, scope), { signal }, () => {
      taken.resolve();
      return until;
    })
    .catch(taken.reject);
  try {
    await taken.promise;
  } catch (error) {
    throw new StorageError('busy', undefined, { cause: error });
  }
  return release;
}

/** Deletes scopes of second tabs that are gone. Never fails: what is left over is tried again at the next start. */
export async function removeDeadScopes(
  room: RoomId,
  own: string,
  vault: VaultDatabase | undefined,
): Promise<void> {
  try {
    const scopes = new Set([...(await opfsScopes(room)), ...(await databaseScopes(room))]);
    for (const scope of scopes) {
      if (scope === own || scope === MAIN_SCOPE) continue;
      await navigator.locks.request(lockName(room, scope), { ifAvailable: true }, async lock => {
        if (lock !== null) await deleteScope(room, scope, vault);
      });
    }
  } catch {
    return;
  }
}

/**
 * Deletes all bytes and records of a scope.
 * @throws StorageError 'busy' while a store on it is open.
 */
export async function removeScope(
  room: RoomId,
  scope: string,
  vault: VaultDatabase | undefined,
): Promise<void> {
  await navigator.locks.request(lockName(room, scope), { ifAvailable: true }, async lock => {
    if (lock === null) throw new StorageError('busy');
    await deleteScope(room, scope, vault);
  });
}

/**
 * Deletes all bytes and records of a room.
 * @throws StorageError 'busy' while it is open in a tab.
 */
export async function removeRoomBytes(room: RoomId, vault: VaultDatabase | undefined): Promise<void> {
  await removeScope(room, MAIN_SCOPE, vault);
  await removeDeadScopes(room, MAIN_SCOPE, vault);
  try {
    const top = await (await navigator.storage.getDirectory()).getDirectoryHandle(OPFS_ROOT);
    // Not with what is in it: a second tab may have a scope of its own open.
    await held(top, parent => parent.removeEntry(room));
  } catch {
    return;
  }
}

async function deleteScope(room: RoomId, scope: string, vault: VaultDatabase | undefined): Promise<void> {
  // Claims first, bytes after: a crash between leaves bytes nobody claims.
  if (vault !== undefined) {
    for (const kind of KINDS) await new VaultRecords(vault, placeOf(room, scope, kind)).clear();
  }
  await IndexedDbByteStore.destroy(placeOf(room, scope, 'indexeddb'));
  const folder = await opfsRoom(room);
  try {
    if (folder !== undefined) await held(folder, parent => parent.removeEntry(scope, { recursive: true }));
  } catch (error) {
    const mapped = toStorageError(error);
    if (mapped.code !== 'not-found') throw mapped;
  }
}

async function opfsRoom(room: RoomId): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    const top = await held(root, parent => parent.getDirectoryHandle(OPFS_ROOT));
    return await held(top, parent => parent.getDirectoryHandle(room));
  } catch {
    return undefined;
  }
}

async function opfsScopes(room: RoomId): Promise<string[]> {
  const names: string[] = [];
  const folder = await opfsRoom(room);
  if (folder === undefined) return names;
  for await (const name of folder.keys()) names.push(name);
  return names;
}

async function databaseScopes(room: RoomId): Promise<string[]> {
  const prefix = `${DATABASE_PREFIX}${room}/`;
  return (await indexedDB.databases()).flatMap(({ name }) =>
    name?.startsWith(prefix) === true ? [name.slice(prefix.length).replace(/\/indexeddb$/, '')] : [],
  );
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const promise = new Promise<void>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
