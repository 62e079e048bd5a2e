import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import type { OfferId, PeerId, RoomId } from '@shoal/protocol';
import { toStorageError } from '../errors.ts';

/**
 * The vault's database, opened by the page and by the storage worker alike. Values are `unknown`: what is read back was written
 * by some version of this program, maybe not this one, so every reader checks it.
 */
export interface VaultSchema extends DBSchema {
  rooms: { key: RoomId; value: unknown };
  identities: { key: RoomId; value: unknown };
  /** [room, author, seq] → the entry as it was signed. */
  entries: { key: [RoomId, PeerId, number]; value: unknown };
  /** [place, offer] → bitfield bytes. A place is room, scope and kind of store. */
  bitfields: { key: [string, OfferId]; value: unknown };
  hashes: { key: OfferId; value: unknown };
  selections: { key: RoomId; value: unknown };
  settings: { key: string; value: unknown };
}

export type VaultDatabase = IDBPDatabase<VaultSchema>;
type Upgrade = IDBPTransaction<VaultSchema, StoreNames<VaultSchema>[], 'versionchange'>;

/** Migration n brings version n to n + 1. Only ever append: users' browsers hold every version that was released. */
export const MIGRATIONS: readonly ((database: VaultDatabase, transaction: Upgrade) => void)[] = [
  database => {
    for (const store of [
      'rooms',
      'identities',
      'entries',
      'bitfields',
      'hashes',
      'selections',
      'settings',
    ] as const) {
      database.createObjectStore(store);
    }
  },
];

export const VAULT_NAME = 'shoal';

/** @throws StorageError 'unsupported' or 'io' where IndexedDB is missing or broken (some private windows). */
export async function openVaultDatabase(name: string = VAULT_NAME): Promise<VaultDatabase> {
  try {
    return await openDB<VaultSchema>(name, MIGRATIONS.length, {
      upgrade(database, from, _to, transaction) {
        for (const migrate of MIGRATIONS.slice(from)) migrate(database, transaction);
      },
      // A newer version in another tab must not be kept waiting; this tab's next call fails and it is told to reload.
      blocking: (_current, _blocked, event) => {
        if (event.target instanceof IDBDatabase) event.target.close();
      },
    });
  } catch (error) {
    throw toStorageError(error);
  }
}
