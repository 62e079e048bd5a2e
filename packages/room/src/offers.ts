import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, OfferedFile, PeerId } from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import type { OfferSelection, PieceStore } from '@shoal/storage';
import type { SwarmEvent } from '@shoal/swarm';
import type { HashDriver } from './hash-driver.ts';
import { OfferState } from './offer-state.ts';
import type { Intent, RoomVault } from './room-vault.ts';

export interface OffersOptions {
  readonly self: PeerId;
  readonly store: PieceStore;
  readonly vault: RoomVault;
  readonly hashes: HashDriver;
  readonly swarm: (event: SwarmEvent) => void;
  /** The offer as the catalogue knows it now. */
  readonly current: (offer: OfferId) => CatalogueOffer | undefined;
  readonly failed: (error: unknown) => void;
}

/** The offers of the room: opens each in store, hash book and swarm, and carries the user's wishes to them. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #states = new Map<OfferId, OfferState>();
  /** Offers that are being opened; what must come after waits here. */
  readonly #opening = new Map<OfferId, (() => void)[]>();
  /** Offers whose source files we hold. */
  readonly #sources = new Set<OfferId>();
  #kept: readonly OfferSelection[] = [];

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** In the order in which they became known. */
  all(): Iterable<OfferState> {
    return this.#states.values();
  }

  get(offer: OfferId): OfferState | undefined {
    return this.#states.get(offer);
  }

  restoreSelection(selection: readonly OfferSelection[]): void {
    this.#kept = selection;
  }

  /** Own files, before their offer is published: from then on they can be read and served. */
  async addSource(
    offer: OfferId,
    pieceLength: number,
    files: readonly OfferedFile[],
    source: readonly File[],
  ): Promise<void> {
    this.#sources.add(offer);
    await this.#options.store.addOffer({ offer, geometry: geometryOf(pieceLength, files), source });
  }

  /** An offer of the catalogue, ours or anybody's. */
  async add(offer: CatalogueOffer): Promise<void> {
    if (offer.withdrawn || this.#states.has(offer.id) || this.#opening.has(offer.id)) return;
    const after: (() => void)[] = [];
    this.#opening.set(offer.id, after);
    try {
      const { store, hashes, swarm, vault } = this.#options;
      const own = this.#sources.has(offer.id);
      const { geometry } = offer;
      const stored = own ? undefined : await store.addOffer({ offer: offer.id, geometry });
      const have =
        stored === undefined
          ? Bitfield.full(geometry.pieceCount)
          : Bitfield.fromBytes(geometry.pieceCount, stored.have);
      const state = new OfferState(offer, own, have);
      const kept = this.#kept.find(k => k.offer === offer.id);
      if (kept !== undefined && !own) {
        state.decide(kept.wanted, 'wanted');
        state.decide(kept.paused, 'paused');
      }
      const frames = own ? [] : await vault.hashes(offer.id);
      // The seal may have come since: kept proofs are believed only with it.
      const book = await hashes.add(this.#options.current(offer.id) ?? offer, own, frames);
      this.#states.set(offer.id, state);
      // The store must know every hash that the swarm is told of: it compares with it.
      for (const { first, count } of runs(book.known)) {
        const known = book.hashes(first, count);
        if (known !== undefined) store.expect(offer.id, first, known);
      }
      const hashed = own ? Bitfield.full(geometry.pieceCount) : book.known;
      swarm({ type: 'offer-added', offer: offer.id, geometry, have, hashed });
      this.#want(state);
    } finally {
      this.#opening.delete(offer.id);
    }
    for (const task of after) task();
  }

  /** Runs now, or as soon as the offer is open. */
  whenAdded(offer: OfferId, task: () => void): void {
    const waiting = this.#opening.get(offer);
    if (waiting === undefined) task();
    else waiting.push(task);
  }

  decide(offer: OfferId, files: readonly number[] | undefined, intent: Intent): void {
    const state = this.#states.get(offer);
    if (state === undefined || state.own) return;
    state.decide(files, intent);
    this.#want(state);
    this.#keep();
  }

  pause(offer: OfferId, files: readonly number[] | undefined): void {
    const state = this.#states.get(offer);
    if (state === undefined) return;
    state.decide(files, 'paused', file => state.intent(file) === 'wanted' && !state.isComplete(file));
    this.#want(state);
    this.#keep();
  }

  /** Forgets the named files and deletes what was fetched of them. */
  async cancel(offer: OfferId, files: readonly number[] | undefined): Promise<void> {
    const state = this.#states.get(offer);
    if (state === undefined || state.own) return;
    const { geometry } = state.offer;
    const dropped = [...(files ?? geometry.files.keys())];
    state.decide(dropped, 'none');
    this.#want(state);
    this.#keep();
    await this.#options.store.removeFiles(offer, dropped);
    if (this.#states.get(offer) !== state) return;
    const have = copy(state.have);
    for (const file of dropped) {
      const span = geometry.files[file];
      if (span === undefined) continue;
      for (let piece = span.firstPiece; piece < span.firstPiece + span.pieceCount; piece++) have.clear(piece);
    }
    state.reset(have);
    this.#reopen(state);
  }

  /** The author took the offer back: it is no longer fetched; what is complete stays until the room is left. */
  withdrawn(offer: OfferId): void {
    this.whenAdded(offer, () => {
      const state = this.#states.get(offer);
      if (state === undefined) return;
      this.#options.swarm({ type: 'offer-removed', offer });
      this.#options.hashes.remove(offer);
      const keeps = !state.own && state.offer.geometry.files.some((_, file) => state.isComplete(file));
      if (!keeps) this.#states.delete(offer);
      this.#keep();
    });
  }

  /** Nothing more is fetched of this offer; what is unfinished shows as failed. */
  fail(offer: OfferId): void {
    const state = this.#states.get(offer);
    if (state === undefined) return;
    state.fail([...state.wanted().keys()]);
    this.#want(state);
  }

  #want(state: OfferState): void {
    this.#options.swarm({ type: 'wanted', offer: state.offer.id, files: state.wanted() });
  }

  /** The engine has no way to lose a piece; the offer is taken out and put back with what is here. */
  #reopen(state: OfferState): void {
    const { id: offer, geometry } = state.offer;
    const hashed = this.#options.hashes.book(offer)?.known ?? new Bitfield(geometry.pieceCount);
    this.#options.swarm({ type: 'offer-removed', offer });
    this.#options.swarm({ type: 'offer-added', offer, geometry, have: state.have, hashed });
    this.#want(state);
  }

  #keep(): void {
    const selection: OfferSelection[] = [];
    for (const state of this.#states.values()) {
      const files = [...state.offer.geometry.files.keys()];
      const wanted = files.filter(file => state.intent(file) === 'wanted');
      const paused = files.filter(file => state.intent(file) === 'paused');
      if (wanted.length + paused.length > 0) selection.push({ offer: state.offer.id, wanted, paused });
    }
    this.#options.vault.keepSelection(selection).catch(this.#options.failed);
  }
}

/** The maximal runs of set bits. */
export function* runs(bits: Bitfield): Generator<{ first: number; count: number }> {
  for (let first = 0; first < bits.length; first++) {
    if (!bits.has(first)) continue;
    let end = first + 1;
    while (end < bits.length && bits.has(end)) end++;
    yield { first, count: end - first };
    first = end;
  }
}

function copy(bits: Bitfield): Bitfield {
  return Bitfield.fromBytes(bits.length, bits.toBytes());
}
