import { HASH_BYTES } from '@shoal/protocol';
import type { Bytes, LogEntry, OfferId, RoomId } from '@shoal/protocol';
import type { KeptSources, OfferSelection, Vault } from '@shoal/storage';

/** What the user decided about one file. */
export type Intent = 'none' | 'wanted' | 'paused';

export interface Kept {
  readonly entries: readonly Bytes[];
  readonly selection: readonly OfferSelection[];
  /** The name the user chose on this device; empty if none. */
  readonly name: string;
}

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
  readonly #freshHashes = new Set<OfferId>();
  #flushing: Promise<void> = Promise.resolve();

  constructor(vault: Vault | undefined, room: RoomId, keeps: boolean) {
    this.#vault = vault;
    this.#room = room;
    this.#keeps = keeps;
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
  }

  async keepSelection(selection: readonly OfferSelection[]): Promise<void> {
    await this.#own?.putSelection(this.#room, selection);
  }

  async setName(name: string): Promise<void> {
    await this.#vault?.putSetting(NAME, name);
  }

  async sources(offer: OfferId): Promise<KeptSources | undefined> {
    return await this.#own?.sources(this.#room, offer);
  }

  async keepSources(offer: OfferId, sources: KeptSources): Promise<void> {
    await this.#own?.putSources(this.#room, offer, sources);
  }

  /** The offer is taken back: nothing but its bytes need be kept, if there are any. */
  async forgetOffer(offer: OfferId): Promise<void> {
    this.#freshHashes.delete(offer);
    await this.#own?.removeHashes(this.#room, offer);
    await this.#own?.removeSources(this.#room, offer);
  }

  /** Frames of `hashes` messages, as they were kept; whoever restores them checks them like a neighbour's. */
  async hashes(offer: OfferId): Promise<readonly Bytes[]> {
    const kept = await this.#own?.hashes(this.#room, offer);
    return Array.isArray(kept) ? kept.filter(isBytes) : [];
  }

  /** The hashes of this offer have grown; they are written with the next flush. */
  touchHashes(offer: OfferId): void {
    if (this.#keeps) this.#freshHashes.add(offer);
  }

  /** Writes what has grown since the last flush. */
  flushHashes(frames: (offer: OfferId) => readonly Bytes[]): Promise<void> {
    // One after the other: what grew meanwhile is written by the next, and those behind it find nothing to do.
    const flushed = this.#flushing.then(async () => {
      const offers = [...this.#freshHashes];
      this.#freshHashes.clear();
      for (const offer of offers) await this.#own?.putHashes(this.#room, offer, frames(offer));
    });
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }
}

function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array && value.length > HASH_BYTES;
}
