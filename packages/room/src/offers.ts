import { Bitfield, geometryOf, locatePiece } from '@shoal/protocol';
import type { OfferId, OfferedFile } from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import type { AddedOffer, OfferSelection, OutletState, PieceStore } from '@shoal/storage';
import type { SwarmEvent } from '@shoal/swarm';
import { RoomError } from './errors.ts';
import type { HashDriver } from './hash-driver.ts';
import { OfferState } from './offer-state.ts';
import { nextTask } from './next-task.ts';
import type { Outlets } from './outlets.ts';
import type { Intent, RoomVault } from './room-vault.ts';

/** Own files of an offer in its order, as far as they are at hand. */
type Source = readonly (File | undefined)[];

export interface OffersOptions {
  readonly store: Pick<PieceStore, 'addOffer' | 'verify' | 'expect' | 'removeFiles' | 'removeOffer'>;
  readonly vault: Pick<RoomVault, 'hashes' | 'forgetOffer' | 'keepSelection'>;
  readonly hashes: Pick<HashDriver, 'add' | 'own' | 'remove' | 'book'>;
  readonly outlets: Outlets;
  readonly swarm: (event: SwarmEvent) => void;
  /** The offer as the catalogue knows it now. */
  readonly current: (offer: OfferId) => CatalogueOffer | undefined;
  /** An offer is open in store, hash book and swarm. */
  readonly opened: (state: OfferState) => void;
  /** The author of an offer took it back before these of its files were complete, which somebody wanted. */
  readonly takenBack: (state: OfferState, files: readonly number[]) => void;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/** The offers of the room: opens each in store, hash book and swarm, and carries the user's wishes to them. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #states = new Map<OfferId, OfferState>();
  /** Offers that are being opened; what must come after waits here. */
  readonly #opening = new Map<OfferId, (() => void)[]>();
  /** Own files at hand, by file index. */
  readonly #sources = new Map<OfferId, Source>();
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
    this.#sources.set(offer, source);
    await this.#options.store.addOffer({ offer, geometry: geometryOf(pieceLength, files), source });
  }

  /** An offer of the catalogue, ours or anybody's. */
  async add(offer: CatalogueOffer): Promise<void> {
    if (offer.withdrawn || this.#states.has(offer.id) || this.#opening.has(offer.id)) return;
    const after: (() => void)[] = [];
    this.#opening.set(offer.id, after);
    try {
      const { hashes, swarm, vault } = this.#options;
      const own = this.#sources.has(offer.id);
      const { geometry } = offer;
      const stored = own ? undefined : await this.#addToStore(offer);
      await nextTask();
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
      if (stored !== undefined) this.#takeOutlets(state, stored);
      for (const file of state.closedOutlets())
        state.holdElsewhere(file, this.#options.outlets.heldPieces(offer.id, file));
      const frames = own ? [] : await vault.hashes(offer.id);
      await nextTask();
      // The seal may have come since: kept proofs are believed only with it.
      const book = await hashes.add(this.#options.current(offer.id) ?? offer, frames);
      if (own) hashes.own(offer.id, have);
      this.#states.set(offer.id, state);
      this.#expectKnown(offer.id);
      if (stored !== undefined) await this.#verify(state, stored);
      const hashed = own ? Bitfield.full(geometry.pieceCount) : book.known;
      swarm({ type: 'offer-added', offer: offer.id, geometry, have: state.have, hashed });
      this.#want(state);
      this.#options.opened(state);
    } finally {
      this.#opening.delete(offer.id);
      for (const task of after) task();
    }
  }

  /** Files of an own offer that are not at hand. */
  missing(state: OfferState): Set<number> {
    const source = this.#sources.get(state.offer.id);
    return new Set([...state.offer.geometry.files.keys()].filter(file => source?.[file] === undefined));
  }

  /** The own file at hand that is offered under a path. */
  held(offer: OfferId, path: string): File | undefined {
    const file = this.#states.get(offer)?.fileAt(path);
    return file === undefined ? undefined : this.#sources.get(offer)?.[file];
  }

  /** What is at hand of an own offer together with more of its files. */
  sourceWith(state: OfferState, more: ReadonlyMap<number, File>): Source {
    const source = this.#sources.get(state.offer.id);
    return state.offer.geometry.files.map((_, file) => more.get(file) ?? source?.[file]);
  }

  /** Serves an own offer from these files again; with none, as it was before. */
  async adopt(state: OfferState, more: ReadonlyMap<number, File>): Promise<void> {
    const { store, hashes } = this.#options;
    const { offer } = state;
    const source = this.sourceWith(state, more);
    const own = source.some(file => file !== undefined);
    const { have } = await store.addOffer({
      offer: offer.id,
      geometry: offer.geometry,
      ...(own && { source }),
    });
    // Withdrawn meanwhile.
    if (this.#states.get(offer.id) !== state) return;
    this.#expectKnown(offer.id);
    if (more.size === 0) {
      // Blocks that came meanwhile are lost: the engine begins their pieces anew.
      this.#reopen(state);
      return;
    }
    this.#sources.set(offer.id, source);
    const bits = Bitfield.fromBytes(offer.geometry.pieceCount, have);
    const next = new OfferState(offer, true, bits);
    this.#states.set(offer.id, next);
    hashes.own(offer.id, bits);
    this.#reopen(next);
    this.#keep();
  }

  /** Own files that are not any more what was offered are neither read nor served. */
  lose(offer: OfferId, files: readonly number[]): void {
    const state = this.#states.get(offer);
    const source = this.#sources.get(offer);
    if (state === undefined || source === undefined) return;
    this.#sources.set(
      offer,
      source.map((held, file) => (files.includes(file) ? undefined : held)),
    );
    state.fail(files);
    this.#drop(state, files);
    this.#options.hashes.own(offer, state.have);
  }

  /** Which files of a range of pieces cannot be read as they were chosen; all of them when the browser finds nothing wrong. */
  async changedAmong(offer: OfferId, first: number, count: number): Promise<number[]> {
    const geometry = this.#states.get(offer)?.offer.geometry;
    const source = this.#sources.get(offer);
    if (geometry === undefined || source === undefined) return [];
    const from = locatePiece(geometry, first).file;
    const to = locatePiece(geometry, Math.min(first + count, geometry.pieceCount) - 1).file;
    const suspects: number[] = [];
    for (let file = from; file <= to; file++) if (source[file] !== undefined) suspects.push(file);
    const readable = await Promise.all(
      suspects.map(async file => {
        const byte = await source[file]
          ?.slice(0, 1)
          .arrayBuffer()
          .catch(() => undefined);
        return byte !== undefined;
      }),
    );
    const changed = suspects.filter((_, index) => readable[index] === false);
    return changed.length > 0 ? changed : suspects;
  }

  /** Files of an offer go into picked ones from now on, or again; what can be written there is told by the state. */
  async attach(offer: OfferId): Promise<void> {
    const state = this.#states.get(offer);
    if (state === undefined || state.own || state.ended) throw new RoomError('unknown-offer');
    // What has come may be copied first, and what comes meanwhile would have nowhere to go.
    this.#options.swarm({ type: 'wanted', offer, files: new Map() });
    state.verifying(true);
    this.#options.changed();
    try {
      const stored = await this.#addToStore(state.offer).catch(async (error: unknown) => {
        this.#options.failed(error);
        return await this.#options.store.addOffer({ offer, geometry: state.offer.geometry });
      });
      if (this.#states.get(offer) !== state) return;
      this.#expectKnown(offer);
      this.#takeOutlets(state, stored);
      state.reset(Bitfield.fromBytes(state.offer.geometry.pieceCount, stored.have));
      await this.#verify(state, stored);
    } finally {
      state.verifying(false);
      if (this.#states.get(offer) === state) this.#reopen(state);
    }
  }

  /** A picked file has more, so other pieces may be fetched. */
  outletMoved(offer: OfferId, outlet: OutletState): void {
    const state = this.#states.get(offer);
    state?.setOutlet(outlet.file, outlet);
    if (state !== undefined) this.#want(state);
  }

  /** Nothing can be written into a picked file: the file waits for a click. */
  outletFailed(offer: OfferId, file: number): void {
    const state = this.#states.get(offer);
    if (state?.hasOutlet(file) !== true) return;
    state.setOutlet(file, undefined);
    this.pause(offer, [file]);
  }

  /** Some stored pieces wait for their hashes: they are compared before they would be fetched. */
  isDoubted(offer: OfferId): boolean {
    return (this.#states.get(offer)?.doubted.count ?? 0) > 0;
  }

  /** The store knows more hashes. What it finds is told as it is whenever a piece is verified. */
  async compare(offer: OfferId): Promise<void> {
    const { suspect } = await this.#options.store.verify(offer);
    const state = this.#states.get(offer);
    state?.doubt(Bitfield.fromBytes(state.offer.geometry.pieceCount, suspect));
  }

  /** Runs now, or as soon as the offer is open. */
  whenAdded(offer: OfferId, task: () => void): void {
    const waiting = this.#opening.get(offer);
    if (waiting === undefined) task();
    else waiting.push(task);
  }

  decide(offer: OfferId, files: readonly number[] | undefined, intent: Intent): void {
    const state = this.#states.get(offer);
    if (state === undefined || state.own || state.ended) return;
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
    const dropped = [...(files ?? state.offer.geometry.files.keys())];
    state.decide(dropped, 'none');
    // Before anything is waited for: another file may be picked meanwhile, and that one counts.
    this.#options.outlets.forget(offer, dropped);
    state.removeOutlets(dropped);
    this.#want(state);
    this.#keep();
    await this.#options.store.removeFiles(offer, dropped);
    if (this.#states.get(offer) === state) this.#drop(state, dropped);
  }

  /** The author took the offer back: it is no longer fetched; what is complete stays until the room is left. */
  withdrawn(offer: OfferId): void {
    this.whenAdded(offer, () => {
      const state = this.#states.get(offer);
      this.#kept = this.#kept.filter(kept => kept.offer !== offer);
      if (state === undefined) return;
      const { swarm, hashes, store, vault, takenBack, failed } = this.#options;
      swarm({ type: 'offer-removed', offer });
      hashes.remove(offer);
      this.#sources.delete(offer);
      vault.forgetOffer(offer).catch(failed);
      const { files } = state.offer.geometry;
      const vain = state.end();
      const open = [...files.keys()].filter(file => !state.isComplete(file));
      if (state.own || open.length === files.length) {
        this.#states.delete(offer);
        this.#options.outlets.forget(offer);
        store.removeOffer(offer).catch(failed);
      } else {
        this.#options.outlets.forget(offer, open);
        store.removeFiles(offer, open).catch(failed);
      }
      this.#keep();
      if (vain.length > 0) takenBack(state, vain);
    });
  }

  /** Nothing more is fetched of this offer; what is unfinished shows as failed. */
  fail(offer: OfferId): void {
    this.whenAdded(offer, () => {
      const state = this.#states.get(offer);
      if (state === undefined) return;
      state.fail([...state.wanted().keys()]);
      this.#want(state);
    });
  }

  #want(state: OfferState): void {
    this.#options.swarm({
      type: 'wanted',
      offer: state.offer.id,
      files: state.wanted(),
      windows: state.windows(),
    });
  }

  async #addToStore({ id: offer, geometry }: CatalogueOffer): Promise<AddedOffer> {
    const outlets = await this.#options.outlets.allowed(offer);
    return await this.#options.store.addOffer({ offer, geometry, outlets });
  }

  #takeOutlets(state: OfferState, { outlets }: AddedOffer): void {
    for (const file of this.#options.outlets.files(state.offer.id)) {
      state.setOutlet(
        file,
        outlets.find(outlet => outlet.file === file),
      );
    }
    // Only a click can open these.
    const closed = new Set(state.closedOutlets());
    state.decide([...closed], 'paused', file => state.intent(file) === 'wanted');
  }

  /** Nothing vouches for what is stored: what of it is right is found before anything is fetched. */
  async #verify(state: OfferState, { suspect }: AddedOffer): Promise<void> {
    const { store, changed, failed } = this.#options;
    const { id, geometry } = state.offer;
    state.doubt(Bitfield.fromBytes(geometry.pieceCount, suspect));
    if (state.doubted.count === 0) return;
    state.verifying(true);
    changed();
    try {
      const found = await store.verify(id);
      state.doubt(Bitfield.fromBytes(geometry.pieceCount, found.suspect));
      state.reset(Bitfield.fromBytes(geometry.pieceCount, found.have));
    } catch (error) {
      // What could not be compared is fetched.
      failed(error);
    } finally {
      state.verifying(false);
      changed();
    }
  }

  #drop(state: OfferState, files: readonly number[]): void {
    const have = state.have.clone();
    for (const file of files) {
      const span = state.offer.geometry.files[file];
      if (span === undefined) continue;
      for (let piece = span.firstPiece; piece < span.firstPiece + span.pieceCount; piece++) {
        have.clear(piece);
        state.doubted.clear(piece);
      }
    }
    state.reset(have);
    // Who is being opened is told to the swarm at the end of it.
    if (!this.#opening.has(state.offer.id)) this.#reopen(state);
  }

  /** The store must know every hash that the swarm is told of: it compares with it. */
  #expectKnown(offer: OfferId): void {
    const { hashes, store } = this.#options;
    const book = hashes.book(offer);
    if (book === undefined) return;
    for (const { first, count } of runs(book.known)) {
      const known = book.hashes(first, count);
      if (known !== undefined) store.expect(offer, first, known);
    }
  }

  /** The engine has no way to lose a piece; the offer is taken out and put back with what is here. */
  #reopen(state: OfferState): void {
    if (state.ended) return;
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
    // What is not open yet keeps its wishes.
    for (const kept of this.#kept) if (!this.#states.has(kept.offer)) selection.push(kept);
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
