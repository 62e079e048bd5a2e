import { HASH_BYTES, equalBytes, safePaths, splitOffer } from '@shoal/protocol';
import type { EntryBody, OfferId, OfferedFile, PeerId } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import { RoomError } from './errors.ts';
import { askToRead, isAllowed, openKept, packOrigins } from './handles.ts';
import type { HashDriver } from './hash-driver.ts';
import { matchFiles, samplePieces } from './matching.ts';
import { nextTask } from './next-task.ts';
import type { OfferState } from './offer-state.ts';
import type { Offers } from './offers.ts';
import { expectRoomFor, pieceLengthOf } from './room-bounds.ts';
import type { RoomVault } from './room-vault.ts';
import type { ChosenFile } from './snapshot.ts';

export interface SharingOptions {
  readonly self: PeerId;
  readonly store: Pick<PieceStore, 'addOffer' | 'hash'>;
  readonly vault: Pick<RoomVault, 'sources' | 'keepSources'>;
  readonly offers: Offers;
  readonly hashes: Pick<HashDriver, 'book'>;
  readonly random: () => number;
  readonly author: (body: EntryBody, before?: (offer: OfferId) => Promise<void>) => Promise<unknown>;
  /** Tells a person; `file` is the key of a row. */
  readonly tell: (code: string, text: string, file?: string) => void;
}

/** A chosen file under the name that an offer gives it. */
interface Named extends ChosenFile {
  readonly name: string;
}

/** An offered file of which another version was chosen. */
interface Replaced {
  readonly offer: OfferId;
  readonly file: number;
}

/**
 * Own files: offers new ones, takes up those of earlier offers again when they are chosen again or their handles still work, and
 * notices when one is not any more what was offered.
 */
export class Sharing {
  readonly #options: SharingOptions;
  /** Own offers whose files a click may bring back. */
  readonly #handles = new Set<OfferId>();
  /** One after the other: what is chosen twice in a row must find the first. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SharingOptions) {
    this.#options = options;
  }

  /** How the files of an own offer that are not at hand can be shared again. */
  again(state: OfferState): 'no' | 'click' | 'choose' {
    if (state.offer.author !== this.#options.self) return 'no';
    if (this.#missing(state).size === 0) return 'no';
    return this.#handles.has(state.offer.id) ? 'click' : 'choose';
  }

  /** Offers what is new among these files, and goes on with what was offered before. */
  share(chosen: readonly ChosenFile[]): Promise<void> {
    return this.#inTurn(async () => await this.#share(chosen));
  }

  /** Reads the files of an own offer through the handles that were kept. Called by a click, since the browser may ask. */
  async shareAgain(offer: OfferId): Promise<void> {
    const kept = await this.#options.vault.sources(offer);
    if (kept === undefined) throw new RoomError('choose-again');
    if (!(await askToRead(kept))) throw new RoomError('permission-denied');
    await this.#inTurn(async () => await this.#takeKept(offer));
  }

  /** An own offer of an earlier life of this tab is back in the catalogue. */
  async opened(state: OfferState): Promise<void> {
    const { id } = state.offer;
    if (state.own || state.offer.author !== this.#options.self) return;
    const kept = await this.#options.vault.sources(id);
    if (kept === undefined) return;
    this.#handles.add(id);
    if (!(await isAllowed(kept))) return;
    await this.#inTurn(async () => await this.#takeKept(id)).catch((error: unknown) => {
      // Files that were moved meanwhile are no surprise: the offer says what can be done.
      if (!(error instanceof RoomError && error.code === 'choose-again')) throw error;
    });
  }

  /** A range of an own offer could not be read as it was offered. */
  async sourceChanged(offer: OfferId, first: number, count: number): Promise<void> {
    const { offers, tell } = this.#options;
    const changed = await offers.changedAmong(offer, first, count);
    if (changed.length === 0) return;
    offers.lose(offer, changed);
    for (const file of changed) {
      const path = offers.get(offer)?.offer.geometry.files[file]?.path ?? '';
      tell(
        'source-changed',
        `“${path}” has changed on disk since you shared it, so it is no longer passed on from here. Share it again to offer the new version.`,
        `${offer}/${file}`,
      );
    }
  }

  async #share(chosen: readonly ChosenFile[]): Promise<void> {
    if (chosen.length === 0) throw new RoomError('nothing-to-share');
    const paths = safePaths(chosen.map(c => c.path));
    await nextTask();
    const { fresh, replaced } = await this.#takeUp(
      chosen.map((c, index) => ({ ...c, name: paths[index] ?? c.file.name })),
    );
    await this.#offer(fresh);
    await this.#replace(replaced);
  }

  async #takeKept(offer: OfferId): Promise<void> {
    const state = this.#options.offers.get(offer);
    const kept = await this.#options.vault.sources(offer);
    if (state === undefined || kept === undefined) return;
    const opened = await openKept(kept);
    // What was received of its other files would be lost with the offer ours again: a person can offer these anew.
    if (opened.size === 0 || state.hasReceived(new Set(opened.keys()))) {
      this.#handles.delete(offer);
      throw new RoomError('choose-again');
    }
    const named = [...opened].flatMap(([index, file]) => {
      const path = state.offer.geometry.files[index]?.path;
      return path === undefined ? [] : [{ ...file, path, name: path }];
    });
    const { fresh, replaced } = await this.#takeUp(named);
    // Nobody chose these just now: only what takes the place of an offered file is offered.
    const changed = new Set(replaced.map(({ file }) => state.offer.geometry.files[file]?.path));
    await this.#offer(fresh.filter(({ name }) => changed.has(name)));
    await this.#replace(replaced);
    // Another click would find no more: the rest was moved, or has a name that the browser reads in no folder.
    if ([...this.#missing(state)].every(file => opened.has(file))) return;
    this.#handles.delete(offer);
    throw new RoomError('choose-again');
  }

  /** Gives files that belong to own offers back to them; returns the others, and what those replace. */
  async #takeUp(chosen: readonly Named[]): Promise<{ fresh: Named[]; replaced: Replaced[] }> {
    const own = [...this.#options.offers.all()]
      .filter(({ offer, ended }) => offer.author === this.#options.self && !ended)
      .toReversed();
    let fresh = chosen.filter(named => !own.some(({ offer }) => this.#isHeld(offer.id, named)));
    const outdated: Replaced[] = [];
    for (const state of own) {
      const missing = this.#missing(state);
      if (missing.size === 0 || fresh.length === 0) continue;
      const { geometry, id } = state.offer;
      const found = matchFiles(geometry.files, missing, fresh.map(sizedOf));
      const alike = new Map([...found.alike].flatMap(([file, at]) => pair(file, fresh[at])));
      // It would be ours alone again, and lose what of its other files came from others: these are offered anew instead.
      if (state.hasReceived(new Set(alike.keys()))) continue;
      const same = await this.#sameAmong(state, alike);
      for (const [file, named] of alike)
        if (!same.has(file) && named.name === geometry.files[file]?.path) outdated.push({ offer: id, file });
      for (const file of found.changed.keys()) outdated.push({ offer: id, file });
      const taken = new Set(same.values());
      fresh = fresh.filter(named => !taken.has(named));
    }
    const names = new Set(fresh.map(({ name }) => name));
    // A newer offer may have taken the file that an older one knows in another version.
    const replaced = outdated.filter(({ offer, file }) =>
      names.has(this.#options.offers.get(offer)?.offer.geometry.files[file]?.path ?? ''),
    );
    return { fresh, replaced };
  }

  /** The files that are what was offered, by all that can be told before they are served; the offer has them from then on. */
  async #sameAmong(state: OfferState, alike: ReadonlyMap<number, Named>): Promise<Map<number, Named>> {
    const { offers, store, hashes, random } = this.#options;
    const { id, geometry } = state.offer;
    const known = hashes.book(id)?.known;
    const same = new Map<number, Named>();
    for (const [file, named] of alike) {
      const span = geometry.files[file];
      if (span === undefined) continue;
      const untouched = span.modified === Math.max(0, Math.trunc(named.file.lastModified));
      // A file that was touched is believed only where every hash of it was told already.
      if (untouched || known?.hasRange(span.firstPiece, span.pieceCount) === true) same.set(file, named);
    }
    if (same.size === 0) return same;
    const source = offers.sourceWith(
      state,
      new Map([...same].map(([file, { file: bytes }]) => [file, bytes])),
    );
    await store.addOffer({ offer: id, geometry, source });
    for (const { file, piece } of samplePieces(geometry, same.keys(), p => known?.has(p) ?? false, random)) {
      if (!same.has(file)) continue;
      const expected = hashes.book(id)?.hash(piece);
      const found = await store.hash(id, piece, 1).catch(() => new Uint8Array(HASH_BYTES));
      if (expected !== undefined && !equalBytes(found, expected)) same.delete(file);
    }
    await offers.adopt(state, new Map([...same].map(([file, { file: bytes }]) => [file, bytes])));
    if (same.size > 0) await this.#keepOrigins(id, geometry.files.length, same);
    return same;
  }

  async #keepOrigins(offer: OfferId, files: number, same: ReadonlyMap<number, Named>): Promise<void> {
    const { vault } = this.#options;
    const before = await vault.sources(offer);
    const origins = Array.from({ length: files }, (_, file) => {
      const place = before?.files[file] ?? null;
      const root = place === null ? undefined : before?.roots[place.root];
      const old = place === null || root === undefined ? undefined : { root, path: place.path };
      return same.get(file)?.origin ?? old;
    });
    await this.#keep(offer, origins);
  }

  async #keep(offer: OfferId, origins: Parameters<typeof packOrigins>[0]): Promise<void> {
    const packed = packOrigins(origins);
    if (packed === undefined) return;
    this.#handles.add(offer);
    // Sharing goes on where the browser cannot keep handles; only the next reload will ask for the files.
    await this.#options.vault.keepSources(offer, packed).catch(() => this.#handles.delete(offer));
  }

  async #offer(fresh: readonly Named[]): Promise<void> {
    const { author, offers } = this.#options;
    const files = fresh.map(({ file, name }): OfferedFile => ({
      path: name,
      size: file.size,
      modified: Math.max(0, Math.trunc(file.lastModified)),
    }));
    let at = 0;
    const parts = files.length === 0 ? [] : splitOffer(files);
    await nextTask();
    const offered = [...offers.all()].filter(({ ended }) => !ended);
    expectRoomFor(
      offered.map(({ offer }) => offer.geometry),
      parts,
    );
    await nextTask();
    for (const part of parts) {
      const source = fresh.slice(at, (at += part.length));
      const pieceLength = pieceLengthOf(part);
      const shared: OfferId[] = [];
      await author({ kind: 'offer', pieceLength, files: part }, async offer => {
        shared.push(offer);
        await nextTask();
        await offers.addSource(
          offer,
          pieceLength,
          part,
          source.map(({ file }) => file),
        );
        await this.#keep(
          offer,
          source.map(({ origin }) => origin),
        );
      });
      // It takes some tasks to open; what is chosen next must find it.
      for (const offer of shared)
        await new Promise<void>(resolve => {
          offers.whenAdded(offer, resolve);
        });
    }
  }

  /** Says what the new versions are, and takes back offers of which nothing is as it was. */
  async #replace(replaced: readonly Replaced[]): Promise<void> {
    const { offers, author, tell } = this.#options;
    for (const offer of new Set(replaced.map(r => r.offer))) {
      const state = offers.get(offer);
      if (state === undefined) continue;
      const { files } = state.offer.geometry;
      const gone = replaced.filter(r => r.offer === offer).map(r => r.file);
      const whole = gone.length === files.length;
      for (const file of gone) {
        tell(
          'source-changed',
          `“${files[file]?.path ?? ''}” has changed on disk since you shared it. It is offered as a new version; the old one is no longer passed on from here.`,
          whole ? undefined : `${offer}/${file}`,
        );
      }
      if (whole) await author({ kind: 'withdraw', offer });
      else state.fail(gone);
    }
  }

  #missing(state: OfferState): Set<number> {
    return this.#options.offers.missing(state);
  }

  /** The very same file is shared already. */
  #isHeld(offer: OfferId, { name, file }: Named): boolean {
    const held = this.#options.offers.held(offer, name);
    return held !== undefined && held.size === file.size && held.lastModified === file.lastModified;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function sizedOf({ name, file }: Named): { readonly path: string; readonly size: number } {
  return { path: name, size: file.size };
}

function pair(file: number, named: Named | undefined): [number, Named][] {
  return named === undefined ? [] : [[file, named]];
}
