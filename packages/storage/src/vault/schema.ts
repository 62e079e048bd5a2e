import * as v from 'valibot';
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import { asOfferId, asRoomId, decodeMessage } from '@shoal/protocol';
import type { OfferId, PeerId, RoomId } from '@shoal/protocol';
import { toStorageError } from '../errors.ts';

/** Bytes as a database gives them back. */
export const bytesSchema = v.instance(Uint8Array<ArrayBuffer>);

/**
 * The vault's database, opened by the page and by the storage worker alike. Values are `unknown`: what is read back was written
 * by some version of this program, maybe not this one, so every reader checks it.
 */
export interface VaultSchema extends DBSchema {
  rooms: { key: RoomId; value: unknown };
  identities: { key: RoomId; value: unknown };
  /** [room, author, seq] → the entry as it was signed; seq + 2^40 → one that contradicts it. */
  entries: { key: [RoomId, PeerId, number]; value: unknown };
  /** [place, offer] → bitfield bytes. A place is room, scope and kind of store. */
  bitfields: { key: [string, OfferId]; value: unknown };
  /** [place, offer] → received files that go into picked ones. */
  outlets: { key: [string, OfferId]; value: unknown };
  /** Up to version 3: all runs of an offer in one record, which was written anew with each run that came. */
  hashes: { key: [RoomId, OfferId]; value: unknown };
  /** [room, offer, first piece] → a run of piece hashes, as the frame that told them. */
  runs: { key: [RoomId, OfferId, number]; value: unknown };
  selections: { key: RoomId; value: unknown };
  settings: { key: string; value: unknown };
  /** Handles of the files that were shared from here. */
  sources: { key: [RoomId, OfferId]; value: unknown };
}

export type VaultDatabase = IDBPDatabase<VaultSchema>;
type Upgrade = IDBPTransaction<VaultSchema, StoreNames<VaultSchema>[], 'versionchange'>;
/** May wait for nothing but requests of its transaction, which would end otherwise. */
type Migration = (database: VaultDatabase, transaction: Upgrade) => void | Promise<void>;

/** Migration n brings version n to n + 1. Only ever append: users' browsers hold every version that was released. */
export const MIGRATIONS: readonly Migration[] = [
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
  database => {
    database.createObjectStore('sources');
  },
  (_, transaction) => hashesByRoom(transaction),
  (database, transaction) => runsOfHashes(database, transaction),
  database => {
    database.createObjectStore('outlets');
  },
];

/** Version 3 keys hashes by room and offer, so that they go when the room does; before, only the bitfields knew the room. */
async function hashesByRoom(transaction: Upgrade): Promise<void> {
  const roomOf = new Map<string, string>();
  for (const [place, offer] of await transaction.objectStore('bitfields').getAllKeys())
    roomOf.set(offer, place.slice(0, place.indexOf('/')));
  const hashes = transaction.objectStore('hashes');
  for (let cursor = await hashes.openCursor(); cursor !== null; cursor = await cursor.continue()) {
    // A version 2 key is the offer alone; the keys that are written meanwhile are lists, which come after all texts.
    const offer: unknown = cursor.key;
    if (typeof offer !== 'string') return;
    const room = roomOf.get(offer);
    // Whose room is unknown belongs to nothing that is kept: neighbours tell the hashes again.
    const key = keyOf(room, offer);
    if (key !== undefined) await hashes.put(cursor.value, key);
    await cursor.delete();
  }
}

/** Version 4 keeps each run of hashes by itself. */
async function runsOfHashes(database: VaultDatabase, transaction: Upgrade): Promise<void> {
  const runs = database.createObjectStore('runs');
  const hashes = transaction.objectStore('hashes');
  for (let cursor = await hashes.openCursor(); cursor !== null; cursor = await cursor.continue())
    for (const frame of Array.isArray(cursor.value) ? cursor.value : []) {
      const first = firstPieceOf(frame);
      if (first !== undefined) await runs.put(frame, [...cursor.key, first]);
    }
  database.deleteObjectStore('hashes');
}

/** The scope of a room's bytes that outlives the tab. All others are a second tab's own and go with it. */
export const MAIN_SCOPE = 'main';

export const VAULT_NAME = 'shoal';

/** A database that would not open is tried again: what held it may be a browser that is still ending. */
const ATTEMPTS = 3;
const RETRY_MS = 200;

/** @throws StorageError 'unsupported' or 'io' where IndexedDB is missing or broken (some private windows). */
export async function openVaultDatabase(name: string = VAULT_NAME): Promise<VaultDatabase> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(name);
    } catch (error) {
      const mapped = toStorageError(error);
      if (mapped.code === 'unsupported' || attempt === ATTEMPTS) throw mapped;
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
  }
}

function openOnce(name: string): Promise<VaultDatabase> {
  return openDB<VaultSchema>(name, MIGRATIONS.length, {
    upgrade(database, from, _to, transaction) {
      void upgrade(MIGRATIONS.slice(from), database, transaction);
    },
    // A newer version in another tab must not be kept waiting; this tab's next call fails and it is told to reload.
    blocking: (_current, _blocked, event) => {
      if (event.target instanceof IDBDatabase) event.target.close();
    },
  });
}

function keyOf(room: string | undefined, offer: string): [RoomId, OfferId] | undefined {
  try {
    return room === undefined ? undefined : [asRoomId(room), asOfferId(offer)];
  } catch {
    return undefined;
  }
}

/** Undefined for what is no run of hashes: neighbours tell them again. */
function firstPieceOf(frame: unknown): number | undefined {
  try {
    const message = decodeMessage(v.parse(bytesSchema, frame));
    return message.type === 'hashes' ? message.first : undefined;
  } catch {
    return undefined;
  }
}

async function upgrade(
  migrations: readonly Migration[],
  database: VaultDatabase,
  transaction: Upgrade,
): Promise<void> {
  try {
    for (const migrate of migrations) await migrate(database, transaction);
  } catch {
    // The database stays at the version it had, and opening it says that it failed.
    transaction.abort();
  }
}
