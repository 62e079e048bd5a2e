import type { Bytes, LogEntry, OfferId, PeerId, RoomId } from '@shoal/protocol';
import type { KeptOutlet, KeptRun, KeptSources, OfferSelection, Vault } from '@shoal/storage';
import { FreshHashes } from './fresh-hashes.ts';
import type { PieceRun } from './fresh-hashes.ts';

/** What the user decided about one file. */
export type Intent = 'none' | 'wanted' | 'paused';

export interface Kept {
  readonly entries: readonly Bytes[];
  readonly selection: readonly OfferSelection[];
  /** The name the user chose on this device; empty if none. */
  readonly name: string;
}

/** Entries whose loss would be felt. */
const SPARED: ReadonlySet<LogEntry['body']['kind']> = new Set(['offer', 'seal', 'withdraw']);

type NumberedEntry = Pick<LogEntry, 'raw' | 'seq'>;

/** Setting that holds the user's name, the same in all rooms. */
const NAME = 'name';

/**
 * The vault as one room sees it. A guest (a second tab of the same room in the same browser, or a browser
 * without IndexedDB) keeps nothing, so that two tabs never write over each other.
 */
export class RoomVault {
  readonly #vault: Vault | undefined;
  readonly #room: RoomId;
  readonly #keeps: boolean;
  /** The room's record is newer with every visit. */
  #spareIsOld = true;
  #sparing: Promise<void> = Promise.resolve();
  readonly #fresh = new FreshHashes(
    async (offer, runs) => await this.#own?.putHashes(this.#room, offer, runs),
  );

  constructor(vault: Vault | undefined, room: RoomId, keeps: boolean) {
    this.#vault = vault;
    this.#room = room;
    this.#keeps = keeps;
  }

  /** The database would not open, though there is a place to keep things. */
  get missing(): boolean {
    return this.#keeps && this.#vault === undefined;
  }

  /** False for a guest. */
  get keeps(): boolean {
    return this.#keeps;
  }

  get #own(): Vault | undefined {
    return this.#keeps ? this.#vault : undefined;
  }

  async load(): Promise<Kept> {
    const [name = '', entries = [], selection = []] = await Promise.all([
      this.#vault?.setting(NAME),
      this.#own?.entries(this.#room),
      this.#own?.selection(this.#room),
    ]);
    return { entries, selection, name };
  }

  async appendEntry(entry: LogEntry): Promise<void> {
    await this.#own?.appendEntry(this.#room, entry.raw, entry.author, entry.seq);
    // Names and receipts come often, and come again from anybody.
    if (SPARED.has(entry.body.kind)) this.#spareIsOld = true;
  }

  /** Keeps the proof of a fork, and no more of what it voids. */
  async keepFork(
    author: PeerId,
    fromSeq: number,
    proof: readonly [NumberedEntry, NumberedEntry],
  ): Promise<void> {
    await this.#own?.keepFork(this.#room, author, fromSeq, proof);
    this.#spareIsOld = true;
  }

  async keepSelection(selection: readonly OfferSelection[]): Promise<void> {
    await this.#own?.putSelection(this.#room, selection);
    this.#spareIsOld = true;
  }

  /** Keeps what matters most a second time, when it has changed since. One after the other: the browser keeps what is closed last. */
  flushSpare(): Promise<void> {
    const flushed = this.#sparing.then(async () => {
      if (!this.#spareIsOld) return;
      this.#spareIsOld = false;
      const done = await this.#own?.keepSpare(this.#room).catch(() => false);
      if (done === false) this.#spareIsOld = true;
    });
    this.#sparing = flushed;
    return flushed;
  }

  async setName(name: string): Promise<void> {
    await this.#vault?.putSetting(NAME, name);
    this.#spareIsOld = true;
  }

  async sources(offer: OfferId): Promise<KeptSources | undefined> {
    return await this.#own?.sources(this.#room, offer);
  }

  async keepSources(offer: OfferId, sources: KeptSources): Promise<void> {
    await this.#own?.putSources(this.#room, offer, sources);
  }

  /** Received files that go into picked ones. */
  async outlets(): Promise<ReadonlyMap<OfferId, readonly KeptOutlet[]>> {
    return (await this.#own?.outlets(this.#room)) ?? new Map<OfferId, readonly KeptOutlet[]>();
  }

  /** The offer is taken back: nothing but its bytes need be kept, if there are any. */
  async forgetOffer(offer: OfferId): Promise<void> {
    this.#fresh.forget(offer);
    await this.#own?.removeHashes(this.#room, offer);
    await this.#own?.removeSources(this.#room, offer);
  }

  /** Frames of `hashes` messages, as they were kept; whoever restores them checks them like a neighbour's. */
  async hashes(offer: OfferId): Promise<readonly Bytes[]> {
    return (await this.#own?.hashes(this.#room, offer)) ?? [];
  }

  /** The hashes of these pieces are new; they are written with the next flush. */
  touchHashes(offer: OfferId, run: PieceRun): void {
    if (this.#keeps) this.#fresh.add(offer, run);
  }

  /** Writes what is new since the last flush. */
  async flushHashes(kept: (offer: OfferId, run: PieceRun) => readonly KeptRun[]): Promise<void> {
    await this.#fresh.flush(kept);
  }
}
