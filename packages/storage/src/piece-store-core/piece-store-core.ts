import { Bitfield, type Bytes, type OfferGeometry, type OfferId } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import { OutletRestorer } from '../outlet/outlet-restorer.ts';
import type { OutletRequest, PickedFile } from '../outlet/outlet.ts';
import { Outlets } from '../outlet/outlets.ts';
import { SharedOffer } from '../source/shared-offer.ts';
import { GroupCommit } from './group-commit.ts';
import { OfferLayout, type Region } from './layout.ts';
import { PieceBuffers } from './partial-pieces.ts';
import { DEFAULT_LIMITS, type CoreLimits, type CorePorts, type PieceRecord } from './ports.ts';
import { ReceivedOffer, recordOf, type Shared } from './received-offer.ts';
import type { AddedOffer, Compared } from '../piece-store.ts';
import type { StoredOffer } from './stored-offer.ts';

/**
 * The store behind the worker's messages; knows no worker, no browser storage, no clock of its own. Its invariant: a piece is
 * announced as verified, read, hashed or saved only after its bytes were hashed, compared, written, flushed and recorded.
 */
export class PieceStoreCore {
  readonly #ports: CorePorts;
  readonly #shared: Shared;
  readonly #offers = new Map<OfferId, StoredOffer>();
  /** Additions and removals under way: what comes for an offer meanwhile waits for them. */
  readonly #changing = new Map<OfferId, Promise<unknown>>();

  constructor(ports: CorePorts, limits: CoreLimits = DEFAULT_LIMITS) {
    this.#ports = ports;
    const buffers = new PieceBuffers(limits.memoryBytes, memory => ports.free(memory));
    this.#shared = { ports, buffers, commit: new GroupCommit(ports, limits, buffers) };
  }

  /** Adding an offer that is there replaces it (a sharer who chose the files again), keeping what is stored. */
  addOffer(
    offer: OfferId,
    geometry: OfferGeometry,
    source?: readonly (File | undefined)[],
    outlets: readonly OutletRequest<PickedFile>[] = [],
  ): Promise<AddedOffer> {
    return this.#change(offer, async () => {
      await this.#offers.get(offer)?.close(false);
      this.#offers.delete(offer);
      const added =
        source === undefined
          ? await this.#restore(offer, geometry, outlets)
          : new SharedOffer(geometry, source, this.#ports.crypto);
      this.#offers.set(offer, added);
      const received = added instanceof ReceivedOffer ? added : undefined;
      received?.handOver();
      return {
        have: added.have(),
        suspect: received?.suspect() ?? new Bitfield(geometry.pieceCount).toBytes(),
        outlets: received?.outlets ?? [],
      };
    });
  }

  async expect(offer: OfferId, first: number, hashes: Bytes): Promise<void> {
    (await this.#find(offer))?.expect(first, hashes);
  }

  /** Takes the memory of `data` too. Blocks of an offer that is not here (any more) are dropped: they were in flight when it was removed. */
  async write(offer: OfferId, piece: number, begin: number, data: Bytes): Promise<void> {
    (await this.#find(offer))?.write(piece, begin, data);
    this.#ports.free(data.buffer);
  }

  async discard(offer: OfferId, piece: number): Promise<void> {
    (await this.#find(offer))?.discard(piece);
  }

  /** @param spare - memory for the result, used when it is large enough */
  async read(
    offer: OfferId,
    piece: number,
    begin: number,
    length: number,
    headroom: number,
    spare?: ArrayBuffer,
  ): Promise<Bytes> {
    const found = await this.#demand(offer);
    const bytes = headroom + length;
    const memory = spare !== undefined && spare.byteLength >= bytes ? spare : new ArrayBuffer(bytes);
    const frame = new Uint8Array(memory, 0, bytes);
    await found.read(piece, begin, frame.subarray(headroom));
    return frame;
  }

  async hash(offer: OfferId, first: number, count: number): Promise<Bytes> {
    return (await this.#demand(offer)).hash(first, count);
  }

  async verify(offer: OfferId): Promise<Compared> {
    return (await this.#demand(offer)).verify();
  }

  async file(offer: OfferId, index: number): Promise<Blob> {
    return (await this.#demand(offer)).file(index);
  }

  async removeFiles(offer: OfferId, files: readonly number[]): Promise<void> {
    await (await this.#demand(offer)).removeFiles(files);
  }

  removeOffer(offer: OfferId): Promise<void> {
    return this.#change(offer, async () => {
      const found = this.#offers.get(offer);
      this.#offers.delete(offer);
      if (found !== undefined) return found.close(true);
      // Stored in an earlier session and not opened in this one.
      await this.#ports.records.remove(offer);
      await this.#ports.bytes.removeFolder(offer);
    });
  }

  /** Commits what is verified and closes the byte store. */
  async close(): Promise<void> {
    await Promise.all(this.#changing.values());
    await Promise.all([...this.#offers.values()].map(offer => offer.close(false)));
    this.#offers.clear();
    await this.#ports.bytes.close();
  }

  async #restore(
    offer: OfferId,
    geometry: OfferGeometry,
    asked: readonly OutletRequest<PickedFile>[],
  ): Promise<ReceivedOffer> {
    const layout = new OfferLayout(offer, geometry);
    const record = readRecord(geometry.pieceCount, await this.#ports.records.load(offer));
    const have = record?.have ?? new Bitfield(geometry.pieceCount);
    const suspect = record?.suspect ?? new Bitfield(geometry.pieceCount);
    const outlets = new Outlets(offer, geometry, this.#ports);
    const restored = new OutletRestorer(this.#ports, layout, geometry, outlets);
    await restored.takeBack(asked, have, suspect);
    const sizes = new Map<string, number>();
    const canBeThere = async ({ file, begin, length }: Region): Promise<boolean> => {
      let size = sizes.get(file);
      if (size === undefined) sizes.set(file, (size = (await this.#ports.bytes.size(file)) ?? 0));
      return size >= begin + length;
    };
    // Browsers have lost their databases in crashes and kept the files: what lies there is compared before it is fetched again.
    if (record === undefined && (await this.#ports.bytes.folders()).includes(layout.folder))
      for (let piece = 0; piece < geometry.pieceCount; piece += 1)
        if (!have.has(piece) && (await canBeThere(layout.piece(piece)))) suspect.set(piece);
    // The record is the truth as long as the bytes it speaks of can be there: storage may have been cleared or evicted.
    const damaged = new Set<string>();
    for (const piece of [...have.indices()]) {
      if (outlets.of(piece)?.holds(piece) === true) continue;
      const place = outlets.place(piece) ?? layout.piece(piece);
      if (await canBeThere(place)) continue;
      damaged.add(place.file);
      have.clear(piece);
    }
    // Who took the end of a file may have changed the rest of it.
    for (const piece of damaged.size === 0 ? [] : [...have.indices()])
      if (damaged.has((outlets.place(piece) ?? layout.piece(piece)).file) && have.clear(piece))
        suspect.set(piece);
    // Before anything is written: a file that grows again would make a claim believed that is not true.
    if (damaged.size + outlets.size > 0)
      await this.#ports.records.save([[offer, recordOf(have, suspect)]], true);
    await restored.begin(asked, have);
    return new ReceivedOffer(offer, geometry, layout, have, this.#shared, suspect, outlets);
  }

  async #find(offer: OfferId): Promise<StoredOffer | undefined> {
    for (let change = this.#changing.get(offer); change !== undefined; change = this.#changing.get(offer)) {
      await change;
    }
    return this.#offers.get(offer);
  }

  async #demand(offer: OfferId): Promise<StoredOffer> {
    const found = await this.#find(offer);
    if (found === undefined) throw new StorageError('not-found');
    return found;
  }

  async #change<T>(offer: OfferId, work: () => Promise<T>): Promise<T> {
    const before = this.#changing.get(offer);
    const change = (async () => {
      await before;
      return work();
    })();
    const settled = change.then(
      () => undefined,
      () => undefined,
    );
    this.#changing.set(offer, settled);
    try {
      return await change;
    } catch (error) {
      throw toStorageError(error);
    } finally {
      if (this.#changing.get(offer) === settled) this.#changing.delete(offer);
    }
  }
}

/** A record that does not fit the geometry is worth nothing. */
function readRecord(
  pieces: number,
  record: PieceRecord | undefined,
): { readonly have: Bitfield; readonly suspect: Bitfield } | undefined {
  if (record === undefined) return undefined;
  const { have, suspect } = record;
  try {
    return {
      have: Bitfield.fromBytes(pieces, have),
      suspect: suspect === undefined ? new Bitfield(pieces) : Bitfield.fromBytes(pieces, suspect),
    };
  } catch {
    return undefined;
  }
}
