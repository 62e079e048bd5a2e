import * as v from 'valibot';
import { MIN_PIECE_LENGTH, type OfferId } from '@shoal/protocol';
import { toStorageError } from '../errors.ts';
import type { OutletRecord } from '../outlet/outlet.ts';
import type { OfferRecords, PieceRecord } from '../piece-store-core/ports.ts';
import { countSchema } from './rooms.ts';
import { bytesSchema, type VaultDatabase } from './schema.ts';

/** Bytes alone are a record without suspects. */
export const pieceRecordSchema = v.union([
  v.pipe(
    bytesSchema,
    v.transform((have): PieceRecord => ({ have })),
  ),
  v.object({ have: bytesSchema, suspect: bytesSchema }),
]);

/** What is kept of the files of an offer that go into picked ones. */
export const outletsSchema = v.array(
  v.object({
    file: countSchema,
    handle: v.custom<FileSystemFileHandle>(isFileHandle),
    segmentBytes: v.pipe(countSchema, v.minValue(MIN_PIECE_LENGTH)),
    held: bytesSchema,
    size: countSchema,
    modified: v.number(),
  }),
);

/** Bitfields in the vault, for one place (room, scope and kind of store). */
export class VaultRecords implements OfferRecords {
  readonly #database: VaultDatabase;
  readonly #place: string;

  constructor(database: VaultDatabase, place: string) {
    this.#database = database;
    this.#place = place;
  }

  async load(offer: OfferId): Promise<PieceRecord | undefined> {
    const value = await mapped(() => this.#database.get('bitfields', [this.#place, offer]));
    const checked = v.safeParse(pieceRecordSchema, value);
    return checked.success ? checked.output : undefined;
  }

  async save(records: readonly (readonly [OfferId, PieceRecord])[], retracts = false): Promise<void> {
    await mapped(async () => {
      // Relaxed: if a power cut takes a record that adds claims, its pieces are fetched again. Without one that takes claims back it would claim too much.
      const durability = retracts ? 'strict' : 'relaxed';
      const transaction = this.#database.transaction('bitfields', 'readwrite', { durability });
      await Promise.all([
        ...records.map(([offer, record]) =>
          transaction.store.put(record.suspect === undefined ? record.have : record, [this.#place, offer]),
        ),
        transaction.done,
      ]);
    });
  }

  async outlets(offer: OfferId): Promise<readonly OutletRecord[]> {
    const value = await mapped(() => this.#database.get('outlets', [this.#place, offer]));
    const checked = v.safeParse(outletsSchema, value);
    return checked.success ? checked.output : [];
  }

  async saveOutlets(offer: OfferId, outlets: readonly OutletRecord[]): Promise<void> {
    await mapped(async () => {
      // Strict: what the picked file has is deleted here next, and only this says where it is.
      const transaction = this.#database.transaction('outlets', 'readwrite', { durability: 'strict' });
      const key: [string, OfferId] = [this.#place, offer];
      await Promise.all([
        outlets.length === 0 ? transaction.store.delete(key) : transaction.store.put(outlets, key),
        transaction.done,
      ]);
    });
  }

  async remove(offer: OfferId): Promise<void> {
    await this.#forget([this.#place, offer]);
  }

  /** Forgets everything of the place. */
  async clear(): Promise<void> {
    await this.#forget(IDBKeyRange.bound([this.#place, ''], [this.#place, '\uffff']));
  }

  async #forget(key: [string, OfferId] | IDBKeyRange): Promise<void> {
    await mapped(async () => {
      const stores = ['bitfields', 'outlets'] as const;
      const transaction = this.#database.transaction(stores, 'readwrite', { durability: 'strict' });
      await Promise.all([...stores.map(name => transaction.objectStore(name).delete(key)), transaction.done]);
    });
  }
}

/** For a store that does not outlive the tab, or where there is no IndexedDB: then nothing is claimed after a reload. */
export class MemoryRecords implements OfferRecords {
  readonly #pieces = new Map<OfferId, PieceRecord>();
  readonly #outlets = new Map<OfferId, readonly OutletRecord[]>();

  async load(offer: OfferId): Promise<PieceRecord | undefined> {
    return this.#pieces.get(offer);
  }

  async save(records: readonly (readonly [OfferId, PieceRecord])[], _retracts?: boolean): Promise<void> {
    for (const [offer, record] of records) this.#pieces.set(offer, record);
  }

  async outlets(offer: OfferId): Promise<readonly OutletRecord[]> {
    return this.#outlets.get(offer) ?? [];
  }

  async saveOutlets(offer: OfferId, outlets: readonly OutletRecord[]): Promise<void> {
    this.#outlets.set(offer, outlets);
  }

  async remove(offer: OfferId): Promise<void> {
    this.#pieces.delete(offer);
    this.#outlets.delete(offer);
  }
}

function isFileHandle(value: unknown): boolean {
  return typeof FileSystemFileHandle !== 'undefined' && value instanceof FileSystemFileHandle;
}

async function mapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
