import * as v from 'valibot';
import {
  asOfferId,
  asRoomId,
  generateIdentity,
  type Bytes,
  type IdentityKeys,
  type OfferId,
  type PeerId,
  type RoomId,
  type WebCryptoLike,
} from '@shoal/protocol';
import { toStorageError } from '../errors.ts';
import { openVaultDatabase, type VaultDatabase } from './schema.ts';

const bytesSchema = v.instance(Uint8Array<ArrayBuffer>);

const offerIdSchema = v.custom<OfferId>(value => isId(value, asOfferId));
const roomIdSchema = v.custom<RoomId>(value => isId(value, asRoomId));

const identitySchema = v.object({
  publicKey: v.pipe(
    bytesSchema,
    v.check(key => key.length === 32),
  ),
  privateKey: v.instance(CryptoKey),
});

const roomSchema = v.object({
  room: roomIdSchema,
  /** The secret part of the link, as text: who has it is in the room. */
  secret: v.string(),
  name: v.string(),
  /** Milliseconds since 1970. */
  createdAt: v.number(),
  lastSeen: v.number(),
});

const fileIndexes = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));
const selectionSchema = v.array(v.object({ offer: offerIdSchema, wanted: fileIndexes, paused: fileIndexes }));

/** A room that was visited, as the landing page lists it. */
export interface VaultRoom {
  readonly room: RoomId;
  readonly secret: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastSeen: number;
}

/** What is wanted of an offer: file indexes. `paused` are wanted, but not now. */
export interface OfferSelection {
  readonly offer: OfferId;
  readonly wanted: readonly number[];
  readonly paused: readonly number[];
}

/** What a device remembers of its rooms, apart from the bytes. Every method rejects with `StorageError` only. */
export interface Vault {
  /** The key pair of this device in the room, made on first use; two tabs that ask at once get the same. */
  identity(room: RoomId): Promise<IdentityKeys>;
  /** Most recently seen first. */
  rooms(): Promise<readonly VaultRoom[]>;
  /** Keeps `createdAt` of a room that is known. */
  putRoom(room: VaultRoom): Promise<void>;
  /** Forgets the room: its identity, log and selection too; the bytes of its offers are the piece store's. */
  removeRoom(room: RoomId): Promise<void>;
  /** Stores a log entry; a second one with the same author and number is ignored. */
  appendEntry(room: RoomId, raw: Bytes, author: PeerId, seq: number): Promise<void>;
  /** Raw entries, each author's in order. */
  entries(room: RoomId): Promise<readonly Bytes[]>;
  /** What the hash book exported (plain data, versioned by the caller). */
  putHashes(offer: OfferId, exported: unknown): Promise<void>;
  /** Unchecked: the hash book checks what it restores. */
  hashes(offer: OfferId): Promise<unknown>;
  removeHashes(offer: OfferId): Promise<void>;
  putSelection(room: RoomId, selection: readonly OfferSelection[]): Promise<void>;
  selection(room: RoomId): Promise<readonly OfferSelection[]>;
  setting(name: string): Promise<string | undefined>;
  putSetting(name: string, value: string): Promise<void>;
  close(): void;
}

export interface VaultOptions {
  readonly webcrypto?: WebCryptoLike;
  /** Database name; only tests need another. */
  readonly database?: string;
}

/** @throws StorageError where IndexedDB is missing or broken. */
export async function openVault(options: VaultOptions = {}): Promise<Vault> {
  const database = await openVaultDatabase(options.database);
  return new IndexedDbVault(database, options.webcrypto ?? globalThis.crypto);
}

class IndexedDbVault implements Vault {
  readonly #database: VaultDatabase;
  readonly #webcrypto: WebCryptoLike;

  constructor(database: VaultDatabase, webcrypto: WebCryptoLike) {
    this.#database = database;
    this.#webcrypto = webcrypto;
  }

  identity(room: RoomId): Promise<IdentityKeys> {
    return this.#try(async () => {
      const known = v.safeParse(identitySchema, await this.#database.get('identities', room));
      if (known.success) return known.output;
      // Made before the transaction, which would not wait for it; the transaction decides who was first.
      const fresh = await generateIdentity(this.#webcrypto);
      const transaction = this.#database.transaction('identities', 'readwrite', { durability: 'strict' });
      const first = v.safeParse(identitySchema, await transaction.store.get(room));
      if (!first.success) await transaction.store.put(fresh, room);
      await transaction.done;
      return first.success ? first.output : fresh;
    });
  }

  rooms(): Promise<readonly VaultRoom[]> {
    return this.#try(async () =>
      valid(roomSchema, await this.#database.getAll('rooms')).sort((a, b) => b.lastSeen - a.lastSeen),
    );
  }

  putRoom(room: VaultRoom): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction('rooms', 'readwrite');
      const known = v.safeParse(roomSchema, await transaction.store.get(room.room));
      const createdAt = known.success ? known.output.createdAt : room.createdAt;
      await transaction.store.put({ ...room, createdAt }, room.room);
      await transaction.done;
    });
  }

  removeRoom(room: RoomId): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction(
        ['rooms', 'identities', 'entries', 'selections'],
        'readwrite',
      );
      await Promise.all([
        transaction.objectStore('rooms').delete(room),
        transaction.objectStore('identities').delete(room),
        transaction.objectStore('selections').delete(room),
        transaction.objectStore('entries').delete(entriesOf(room)),
        transaction.done,
      ]);
    });
  }

  appendEntry(room: RoomId, raw: Bytes, author: PeerId, seq: number): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction('entries', 'readwrite');
      if ((await transaction.store.getKey([room, author, seq])) === undefined) {
        await transaction.store.add(raw, [room, author, seq]);
      }
      await transaction.done;
    });
  }

  entries(room: RoomId): Promise<readonly Bytes[]> {
    return this.#try(async () => valid(bytesSchema, await this.#database.getAll('entries', entriesOf(room))));
  }

  putHashes(offer: OfferId, exported: unknown): Promise<void> {
    return this.#try(async () => void (await this.#database.put('hashes', exported, offer)));
  }

  hashes(offer: OfferId): Promise<unknown> {
    return this.#try(() => this.#database.get('hashes', offer));
  }

  removeHashes(offer: OfferId): Promise<void> {
    return this.#try(() => this.#database.delete('hashes', offer));
  }

  putSelection(room: RoomId, selection: readonly OfferSelection[]): Promise<void> {
    return this.#try(async () => void (await this.#database.put('selections', selection, room)));
  }

  selection(room: RoomId): Promise<readonly OfferSelection[]> {
    return this.#try(async () => {
      const stored = v.safeParse(selectionSchema, await this.#database.get('selections', room));
      return stored.success ? stored.output : [];
    });
  }

  setting(name: string): Promise<string | undefined> {
    return this.#try(async () => {
      const stored = v.safeParse(v.string(), await this.#database.get('settings', name));
      return stored.success ? stored.output : undefined;
    });
  }

  putSetting(name: string, value: string): Promise<void> {
    return this.#try(async () => void (await this.#database.put('settings', value, name)));
  }

  close(): void {
    this.#database.close();
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

function entriesOf(room: RoomId): IDBKeyRange {
  // Arrays sort after all strings and numbers: [room] < [room, author, seq] < [room, []].
  return IDBKeyRange.bound([room], [room, []]);
}

/** What does not fit the schema is left out: one broken record must not take the others with it. */
function valid<const S extends v.GenericSchema>(schema: S, values: readonly unknown[]): v.InferOutput<S>[] {
  return values.flatMap(value => {
    const checked = v.safeParse(schema, value);
    return checked.success ? [checked.output] : [];
  });
}

function isId(value: unknown, parse: (text: string) => string): boolean {
  try {
    return typeof value === 'string' && parse(value) === value;
  } catch {
    return false;
  }
}
