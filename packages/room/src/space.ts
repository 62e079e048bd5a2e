import { MAX_PIECE_LENGTH } from '@shoal/protocol';
import type { OfferId } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import type { OfferState } from './offer-state.ts';

/** Of a file that is saved as it arrives so much is handed over at a time: at least, at most, and while no quota is known. Bytes. */
const SEGMENT = { least: MAX_PIECE_LENGTH, most: 4 * 1024 ** 3, unknown: 256 * 1024 * 1024 };

/** Ticks between two looks whether there is room again: 5 s. */
const TICKS_PER_TRY = 10;
export interface Usage {
  /** Bytes; 0 while unknown. */
  readonly quota: number;
  readonly used: number;
}

export interface SpaceOptions {
  readonly store: Pick<PieceStore, 'kind' | 'usage' | 'hasRoom'>;
  /** Asks the browser not to evict what is kept here. */
  readonly persist: () => Promise<unknown>;
  readonly offers: {
    all(): Iterable<OfferState>;
    get(offer: OfferId): OfferState | undefined;
    decide(offer: OfferId, files: readonly number[] | undefined, intent: 'wanted'): void;
    pause(offer: OfferId, files: readonly number[] | undefined): void;
  };
  readonly tell: (code: 'disk-full', text: string) => void;
  readonly clear: (code: 'disk-full') => void;
  readonly changed: () => void;
}

/**
 * Looks after room on the device: asks before a download starts, pauses what does not fit, and lets it go on by itself once there is
 * room.
 */
export class Space {
  readonly #options: SpaceOptions;
  /** Files that were paused for want of room, and by nobody's wish. */
  readonly #waiting = new Map<OfferId, Set<number>>();
  #usage: Usage = { quota: 0, used: 0 };
  #asked = false;
  #trying = false;
  #ticks = 0;

  constructor(options: SpaceOptions) {
    this.#options = options;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Bytes that can be kept besides; no limit is known while it is `Infinity`. */
  get free(): number {
    const { quota, used } = this.#usage;
    return this.#options.store.kind === 'memory' || quota === 0 ? Infinity : quota - used;
  }

  /**
   * Bytes of a file that are handed over to a picked one at a time. Two such parts are kept here, and half of the room stays for others:
   * the larger they are the seldomer the browser copies what the picked file has already.
   * @param here - bytes of the file that are kept now, and will not be
   * @returns undefined when there is no room for any
   */
  segmentBytes(here: number): number | undefined {
    const free = this.free + here;
    if (free === Infinity) return SEGMENT.unknown;
    const quarter = Math.floor(free / 4 / MAX_PIECE_LENGTH) * MAX_PIECE_LENGTH;
    return quarter < SEGMENT.least ? undefined : Math.min(quarter, SEGMENT.most);
  }

  async refresh(): Promise<void> {
    this.#usage = await this.#options.store.usage();
    this.#options.changed();
  }

  /** Somebody wants these files: they are fetched if they fit, and wait for room if they do not. */
  async want(offer: OfferId, files: readonly number[] | undefined): Promise<void> {
    const { offers, tell, persist } = this.#options;
    if (!this.#asked) {
      this.#asked = true;
      persist().catch(() => undefined);
    }
    this.release(offer, files);
    offers.decide(offer, files, 'wanted');
    // With the last estimate at once, so that nothing is fetched in vain.
    if (this.#holdBack(offer, files)) return;
    const missing = this.#wantedBytes();
    if (missing === 0) return;
    // Chromium's estimate is a round figure that says little, and takes its time under load; asking for the room itself tells.
    const granted = await this.#options.store.hasRoom(missing);
    if (granted) {
      await this.refresh();
      this.#holdBack(offer, files);
      return;
    }
    this.#wait(offer, files);
    tell(
      'disk-full',
      'What is to be downloaded does not fit on this device. Free some space, and it goes on by itself.',
    );
  }

  /** A person decided about these files of an offer (all when undefined): they do not go on by themselves. */
  release(offer: OfferId, files: readonly number[] | undefined): void {
    const held = this.#waiting.get(offer);
    for (const file of files ?? [...(held ?? [])]) held?.delete(file);
    if (held?.size === 0) this.#waiting.delete(offer);
    if (this.#waiting.size === 0) this.#options.clear('disk-full');
  }

  /** A write found no room. */
  full(offer: OfferId): void {
    this.#wait(offer, undefined);
    this.#options.tell(
      'disk-full',
      'There is no more room on this device, so the download is paused. Free some space, and it goes on by itself.',
    );
  }

  /** About every half second. */
  tick(): void {
    this.#ticks += 1;
    if (this.#waiting.size === 0 || this.#trying || this.#ticks % TICKS_PER_TRY !== 0) return;
    this.#trying = true;
    this.#try()
      .catch(() => undefined)
      .finally(() => (this.#trying = false));
  }

  async #try(): Promise<void> {
    const { store, offers, clear, changed } = this.#options;
    await this.refresh();
    const missing = this.#missingOf(this.#waiting);
    // What is being fetched meanwhile needs its room too.
    const needed = missing + this.#wantedBytes();
    if (this.#shortage(needed) > 0 || !(await store.hasRoom(needed))) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    clear('disk-full');
    for (const [offer, files] of waiting) {
      const state = offers.get(offer);
      const paused = [...files].filter(file => state?.intent(file) === 'paused');
      if (paused.length > 0) offers.decide(offer, paused, 'wanted');
    }
    changed();
  }

  /** @returns true when there was no room */
  #holdBack(offer: OfferId, files: readonly number[] | undefined): boolean {
    const missing = this.#wantedBytes();
    const shortage = this.#shortage(missing);
    if (shortage <= 0 || missing === 0) return false;
    this.#wait(offer, files);
    this.#options.tell(
      'disk-full',
      `What is to be downloaded needs ${gigabytes(shortage)} more than there is room on this device. Free some space, and it goes on by itself.`,
    );
    return true;
  }

  #wait(offer: OfferId, files: readonly number[] | undefined): void {
    const state = this.#options.offers.get(offer);
    if (state === undefined) return;
    const held = this.#waiting.get(offer) ?? new Set<number>();
    for (const file of state.wanted().keys()) if (files?.includes(file) ?? true) held.add(file);
    if (held.size > 0) this.#waiting.set(offer, held);
    this.#options.offers.pause(offer, files);
    this.#options.changed();
  }

  /** Bytes still to come of what is fetched now. */
  #wantedBytes(): number {
    let missing = 0;
    for (const state of this.#options.offers.all()) missing += state.roomNeeded();
    return missing;
  }

  #missingOf(waiting: ReadonlyMap<OfferId, ReadonlySet<number>>): number {
    let missing = 0;
    for (const [offer, files] of waiting) {
      const state = this.#options.offers.get(offer);
      for (const file of files) missing += state?.roomOf(file) ?? 0;
    }
    return missing;
  }

  /** Bytes too few, by what the browser says. */
  #shortage(bytes: number): number {
    return bytes - this.free;
  }
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
