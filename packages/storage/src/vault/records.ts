import * as v from 'valibot';
import type { Bytes, OfferId } from '@shoal/protocol';
import { toStorageError } from '../errors.ts';
import type { BitfieldRecords } from '../piece-store-core/ports.ts';
import type { VaultDatabase } from './schema.ts';

const bytes = v.instance(Uint8Array<ArrayBuffer>);

/** Bitfields in the vault, for one place (room, scope and kind of store). */
export class VaultRecords implements BitfieldRecords {
  readonly #database: VaultDatabase;
  readonly #place: string;

  constructor(database: VaultDatabase, place: string) {
    this.#database = database;
    this.#place = place;
  }

  async load(offer: OfferId): Promise<Bytes | undefined> {
    const value = await mapped(() => this.#database.get('bitfields', [this.#place, offer]));
    const checked = v.safeParse(bytes, value);
    return checked.success ? checked.output : undefined;
  }

  async save(bitfields: readonly (readonly [OfferId, Bytes])[]): Promise<void> {
    await mapped(async () => {
      // Relaxed: if a power cut takes the record, its pieces are fetched again; it can never claim too much.
      const transaction = this.#database.transaction('bitfields', 'readwrite', { durability: 'relaxed' });
      await Promise.all([
        ...bitfields.map(([offer, bits]) => transaction.store.put(bits, [this.#place, offer])),
        transaction.done,
      ]);
    });
  }

  async remove(offer: OfferId): Promise<void> {
    await mapped(() => this.#database.delete('bitfields', [this.#place, offer]));
  }

  /** Forgets every bitfield of the place. */
  async clear(): Promise<void> {
    await mapped(() =>
      this.#database.delete('bitfields', IDBKeyRange.bound([this.#place, ''], [this.#place, '\uffff'])),
    );
  }
}

/** For a store that does not outlive the tab, or where there is no IndexedDB: then nothing is claimed after a reload. */
export class MemoryRecords implements BitfieldRecords {
  readonly #bitfields = new Map<OfferId, Bytes>();

  async load(offer: OfferId): Promise<Bytes | undefined> {
    return this.#bitfields.get(offer);
  }

  async save(bitfields: readonly (readonly [OfferId, Bytes])[]): Promise<void> {
    for (const [offer, bits] of bitfields) this.#bitfields.set(offer, bits);
  }

  async remove(offer: OfferId): Promise<void> {
    this.#bitfields.delete(offer);
  }
}

async function mapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
