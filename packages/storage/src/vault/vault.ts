import * as v from 'valibot';
import {
  Bitfield,
  decodeEntry,
  equalBytes,
  generateIdentity,
  type Bytes,
  type IdentityKeys,
  type LogEntry,
  type OfferId,
  type PeerId,
  type RoomId,
  type WebCryptoLike,
} from '@shoal/protocol';
import { toStorageError } from '../errors.ts';
import type { KeptOutlet } from '../outlet/outlet.ts';
import { outletsSchema, pieceRecordSchema } from './records.ts';
import { countSchema, roomSchema, selectionSchema, type OfferSelection, type VaultRoom } from './rooms.ts';
import { MAIN_SCOPE, VAULT_NAME, bytesSchema, openVaultDatabase, type VaultDatabase } from './schema.ts';
import { SpareFiles } from './spare.ts';

const identitySchema = v.object({
  publicKey: v.pipe(
    bytesSchema,
    v.check(key => key.length === 32),
  ),
  // Named only when asked: a page over plain http has no CryptoKey, and must get as far as saying so.
  privateKey: v.custom<CryptoKey>(value => value instanceof CryptoKey),
});

const sourcesSchema = v.object({
  roots: v.array(v.custom<FileSystemHandle>(isHandle)),
  files: v.array(v.nullable(v.object({ root: countSchema, path: v.string() }))),
});

/** Where the files of an own offer can be read again after a reload. */
export interface KeptSources {
  /** What was dropped: files and folders. */
  readonly roots: readonly FileSystemHandle[];
  /** By file index: which root, and the path inside it, empty when the root is the file. Null when nothing is known. */
  readonly files: readonly ({ readonly root: number; readonly path: string } | null)[];
}

type NumberedEntry = Pick<LogEntry, 'raw' | 'seq'>;

/** Added to the number of an entry whose place in the log another one has: no log is so long. */
const CONTRADICTED = 2 ** 40;

/** What a device remembers of its rooms, apart from the bytes. Every method rejects with `StorageError` only. */
export interface Vault {
  /** The key pair of this device in the room, made on first use; two tabs that ask at once get the same. */
  identity(room: RoomId): Promise<IdentityKeys>;
  /** Most recently seen first. */
  rooms(): Promise<readonly VaultRoom[]>;
  /** Keeps `createdAt` of a room that is known. */
  putRoom(room: VaultRoom): Promise<void>;
  /** Forgets the room and all that is kept of it here; the bytes of its offers are the piece store's. */
  removeRoom(room: RoomId): Promise<void>;
  /** Stores a log entry. A second one with the same author and number proves a fork, and is kept too: one of them. */
  appendEntry(room: RoomId, raw: Bytes, author: PeerId, seq: number): Promise<void>;
  /**
   * Stores the proof of a fork in place of all that is void by it: what the author wrote from a number on. An author may fork thousands of times, and what is
   * void would never be asked for again, only read at each start.
   */
  keepFork(
    room: RoomId,
    author: PeerId,
    fromSeq: number,
    proof: readonly [NumberedEntry, NumberedEntry],
  ): Promise<void>;
  /** Raw entries, each author's in order; what contradicts them comes last. */
  entries(room: RoomId): Promise<readonly Bytes[]>;
  /** Keeps runs of piece hashes beside those that are kept; one that begins at the same piece takes the other's place. */
  putHashes(room: RoomId, offer: OfferId, runs: readonly KeptRun[]): Promise<void>;
  /** Frames of all runs, in order. Unchecked: the hash book checks what it restores. */
  hashes(room: RoomId, offer: OfferId): Promise<readonly Bytes[]>;
  removeHashes(room: RoomId, offer: OfferId): Promise<void>;
  putSources(room: RoomId, offer: OfferId, sources: KeptSources): Promise<void>;
  sources(room: RoomId, offer: OfferId): Promise<KeptSources | undefined>;
  removeSources(room: RoomId, offer: OfferId): Promise<void>;
  /** Received files of the room that go into picked ones as they arrive. */
  outlets(room: RoomId): Promise<ReadonlyMap<OfferId, readonly KeptOutlet[]>>;
  /** Bitfields (MSB first) of the pieces kept of each offer of the room. */
  bitfields(room: RoomId): Promise<ReadonlyMap<OfferId, Bytes>>;
  putSelection(room: RoomId, selection: readonly OfferSelection[]): Promise<void>;
  selection(room: RoomId): Promise<readonly OfferSelection[]>;
  /**
   * Writes anew what is kept of the room beside the database ([VA1]); without effect where the browser has no such files.
   * @returns false when it is worth another try
   */
  keepSpare(room: RoomId): Promise<boolean>;
  setting(name: string): Promise<string | undefined>;
  putSetting(name: string, value: string): Promise<void>;
  close(): void;
}

/** A run of piece hashes as the frame of the message that told them. */
export interface KeptRun {
  readonly first: number;
  readonly frame: Bytes;
}

export interface VaultOptions {
  readonly webcrypto?: WebCryptoLike;
  /** Database name; only tests need another. */
  readonly database?: string;
}

/** @throws StorageError where IndexedDB is missing or broken. */
export async function openVault(options: VaultOptions = {}): Promise<Vault> {
  const name = options.database ?? VAULT_NAME;
  const database = await openVaultDatabase(name);
  const vault = new IndexedDbVault(database, new SpareFiles(name), options.webcrypto ?? globalThis.crypto);
  await vault.restore();
  return vault;
}

class IndexedDbVault implements Vault {
  readonly #database: VaultDatabase;
  readonly #spares: SpareFiles;
  readonly #webcrypto: WebCryptoLike;

  constructor(database: VaultDatabase, spares: SpareFiles, webcrypto: WebCryptoLike) {
    this.#database = database;
    this.#spares = spares;
    this.#webcrypto = webcrypto;
  }

  /** A database without any room was never used, or lost: what lies beside it goes in. */
  restore(): Promise<void> {
    return this.#try(async () => {
      if ((await this.#database.count('rooms')) > 0) return;
      const spares = await this.#spares.all();
      if (spares.length === 0) return;
      const transaction = this.#database.transaction(
        ['rooms', 'selections', 'entries', 'settings'],
        'readwrite',
      );
      // Another tab may have done so meanwhile, and gone on from there.
      const wanted = (await transaction.objectStore('rooms').count()) === 0 ? spares : [];
      for (const { room, selection, entries, settings } of wanted) {
        void transaction.objectStore('rooms').put(room, room.room);
        void transaction.objectStore('selections').put(selection, room.room);
        const log = transaction.objectStore('entries');
        for (const raw of entries) {
          const key = entryKey(room.room, raw);
          if (key === undefined) continue;
          const [, author, seq] = key;
          if ((await log.getKey(key)) === undefined) void log.put(raw, key);
          else void log.put(raw, [room.room, author, CONTRADICTED + seq]);
        }
        for (const [name, value] of settings) void transaction.objectStore('settings').put(value, name);
      }
      await transaction.done;
    });
  }

  keepSpare(room: RoomId): Promise<boolean> {
    return this.#try(async () => {
      const transaction = this.#database.transaction(['rooms', 'selections', 'entries', 'settings']);
      const settings = transaction.objectStore('settings');
      const [known, selection, entries, names, values] = await Promise.all([
        transaction.objectStore('rooms').get(room),
        transaction.objectStore('selections').get(room),
        transaction.objectStore('entries').getAll(keysOf(room)),
        settings.getAllKeys(),
        settings.getAll(),
      ]);
      const [kept] = valid(roomSchema, [known]);
      if (kept === undefined) return true;
      return await this.#spares.write({
        room: kept,
        selection: valid(selectionSchema, [selection])[0] ?? [],
        entries: valid(bytesSchema, entries),
        settings: names.flatMap((name, at) =>
          valid(v.string(), [values[at]]).map(value => [name, value] as const),
        ),
      });
    });
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
      // First: a crash between must not bring the room back.
      await this.#spares.remove(room);
      const transaction = this.#database.transaction(
        ['rooms', 'identities', 'entries', 'selections', 'runs', 'sources'],
        'readwrite',
      );
      await Promise.all([
        transaction.objectStore('rooms').delete(room),
        transaction.objectStore('identities').delete(room),
        transaction.objectStore('selections').delete(room),
        transaction.objectStore('entries').delete(keysOf(room)),
        transaction.objectStore('runs').delete(keysOf(room)),
        transaction.objectStore('sources').delete(keysOf(room)),
        transaction.done,
      ]);
    });
  }

  appendEntry(room: RoomId, raw: Bytes, author: PeerId, seq: number): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction('entries', 'readwrite');
      const known = await transaction.store.get([room, author, seq]);
      if (known === undefined) await transaction.store.add(raw, [room, author, seq]);
      else if (!(known instanceof Uint8Array && equalBytes(known, raw)))
        await transaction.store.put(raw, [room, author, CONTRADICTED + seq]);
      await transaction.done;
    });
  }

  keepFork(
    room: RoomId,
    author: PeerId,
    fromSeq: number,
    [low, high]: readonly [NumberedEntry, NumberedEntry],
  ): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction('entries', 'readwrite');
      const other = high.seq === low.seq ? CONTRADICTED + high.seq : high.seq;
      await Promise.all([
        // With all that contradicts: nothing of that lies below.
        transaction.store.delete(IDBKeyRange.bound([room, author, fromSeq], [room, author, []])),
        transaction.store.put(low.raw, [room, author, low.seq]),
        transaction.store.put(high.raw, [room, author, other]),
        transaction.done,
      ]);
    });
  }

  entries(room: RoomId): Promise<readonly Bytes[]> {
    return this.#try(async () => valid(bytesSchema, await this.#database.getAll('entries', keysOf(room))));
  }

  putHashes(room: RoomId, offer: OfferId, runs: readonly KeptRun[]): Promise<void> {
    return this.#try(async () => {
      const transaction = this.#database.transaction('runs', 'readwrite');
      await Promise.all(runs.map(({ first, frame }) => transaction.store.put(frame, [room, offer, first])));
      await transaction.done;
    });
  }

  hashes(room: RoomId, offer: OfferId): Promise<readonly Bytes[]> {
    return this.#try(async () =>
      valid(bytesSchema, await this.#database.getAll('runs', keysOf(room, offer))),
    );
  }

  removeHashes(room: RoomId, offer: OfferId): Promise<void> {
    return this.#try(() => this.#database.delete('runs', keysOf(room, offer)));
  }

  putSources(room: RoomId, offer: OfferId, sources: KeptSources): Promise<void> {
    return this.#try(async () => void (await this.#database.put('sources', sources, [room, offer])));
  }

  sources(room: RoomId, offer: OfferId): Promise<KeptSources | undefined> {
    return this.#try(async () => {
      const stored = v.safeParse(sourcesSchema, await this.#database.get('sources', [room, offer]));
      return stored.success ? stored.output : undefined;
    });
  }

  removeSources(room: RoomId, offer: OfferId): Promise<void> {
    return this.#try(() => this.#database.delete('sources', [room, offer]));
  }

  outlets(room: RoomId): Promise<ReadonlyMap<OfferId, readonly KeptOutlet[]>> {
    return this.#try(async () => {
      const kept = [...(await this.#kept(room, 'outlets', outletsSchema))];
      return new Map(
        kept.map(([offer, outlets]) => [
          offer,
          outlets.map(({ file, handle, segmentBytes, held }) => ({
            file,
            handle,
            segmentBytes,
            heldPieces: new Bitfield(held.length * 8, held).count,
          })),
        ]),
      );
    });
  }

  bitfields(room: RoomId): Promise<ReadonlyMap<OfferId, Bytes>> {
    return this.#try(async () => {
      const records = await this.#kept(room, 'bitfields', pieceRecordSchema);
      return new Map([...records].map(([offer, { have }]) => [offer, have]));
    });
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

  /** What the main scope of a room has in a store that is keyed by place and offer. */
  async #kept<const S extends v.GenericSchema>(
    room: RoomId,
    name: 'bitfields' | 'outlets',
    schema: S,
  ): Promise<Map<OfferId, v.InferOutput<S>>> {
    const place = `${room}/${MAIN_SCOPE}/`;
    const found = new Map<OfferId, v.InferOutput<S>>();
    const range = IDBKeyRange.bound([place], [`${place}\uffff`]);
    const transaction = this.#database.transaction(name);
    for await (const { key, value } of transaction.store.iterate(range)) {
      const checked = v.safeParse(schema, value);
      if (checked.success) found.set(key[1], checked.output);
    }
    return found;
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

function keysOf(...start: readonly [RoomId] | readonly [RoomId, OfferId]): IDBKeyRange {
  // Arrays sort after all strings and numbers: [room] < [room, author, seq] and [room, offer] < [room, []].
  return IDBKeyRange.bound(start, [...start, []]);
}

/** Undefined for what is no entry: gossip repairs it. */
function entryKey(room: RoomId, raw: Bytes): [RoomId, PeerId, number] | undefined {
  try {
    const { author, seq } = decodeEntry(raw);
    return [room, author, seq];
  } catch {
    return undefined;
  }
}

/** What does not fit the schema is left out: one broken record must not take the others with it. */
function valid<const S extends v.GenericSchema>(schema: S, values: readonly unknown[]): v.InferOutput<S>[] {
  return values.flatMap(value => {
    const checked = v.safeParse(schema, value);
    return checked.success ? [checked.output] : [];
  });
}

function isHandle(value: unknown): boolean {
  return typeof FileSystemHandle !== 'undefined' && value instanceof FileSystemHandle;
}
