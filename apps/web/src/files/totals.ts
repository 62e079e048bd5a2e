import type { FileState, FileView, OfferView, RoomSnapshot } from '@shoal/room';
import { isFlowing } from '../format/format.ts';

/** What the files of an offer add up to. */
export interface OfferTotals {
  readonly count: { readonly [state in FileState]: number };
  /** Bytes of all files that are wanted or here. */
  readonly wantedBytes: number;
  /** Verified bytes of those. */
  readonly gotBytes: number;
  /** Files that are here and in no place of the person's own yet. */
  readonly savable: number;
}

/** A file of at least this is worth a question where to put it. */
const LARGE_BYTES = 16 * 1024 * 1024;

const known = new WeakMap<OfferView, OfferTotals>();

/** Adds up an offer, once for each version of it. */
export function totalsOf(offer: OfferView): OfferTotals {
  const before = known.get(offer);
  if (before !== undefined) return before;
  const count = { offered: 0, downloading: 0, paused: 0, verifying: 0, complete: 0, seeding: 0, failed: 0 };
  let wantedBytes = 0;
  let gotBytes = 0;
  let savable = 0;
  for (const file of offer.files) {
    count[file.state] += 1;
    const received = file.state === 'complete' || (!offer.mine && file.state === 'seeding');
    if (received && file.outlet === undefined) savable += 1;
    if (file.state === 'offered') continue;
    wantedBytes += file.size;
    gotBytes += file.size * file.progress;
  }
  const totals = { count, wantedBytes, gotBytes, savable };
  known.set(offer, totals);
  return totals;
}

/** Indexes of the files in one of `states`, for the verbs of a room. */
export function indexesIn(offer: OfferView, states: readonly FileState[]): number[] {
  return offer.files.filter(file => states.includes(file.state)).map(file => file.index);
}

/** Files received to the end. */
export function receivedCount(offer: OfferView): number {
  const { count } = totalsOf(offer);
  return count.complete + (offer.mine ? 0 : count.seeding);
}

/** Whether the files are read from where the user has them: nothing to fetch, nothing to save. After a reload they may be gone. */
export function isOwn(offer: OfferView): boolean {
  return offer.mine && totalsOf(offer).count.seeding === offer.files.length;
}

/** The state that tells most about an offer as a whole. */
export function overallState(offer: OfferView): FileState {
  const { count } = totalsOf(offer);
  const order: readonly FileState[] = [
    'downloading',
    'failed',
    'paused',
    'verifying',
    'offered',
    'complete',
    'seeding',
  ];
  return order.find(state => count[state] > 0) ?? 'complete';
}

/** 0 to 1 over all bytes of the offer, wanted or not. */
export function offerProgress(offer: OfferView): number {
  if (offer.totalBytes > 0) return offer.verifiedBytes / offer.totalBytes;
  return offer.files.every(isHere) ? 1 : 0;
}

/** What the buttons above all files may do. */
export function roomOptions(offers: readonly OfferView[]): {
  readonly download: boolean;
  readonly save: boolean;
} {
  return {
    // Who shared something does not want it back as a rule; the row itself can still be pressed.
    download: offers.some(
      offer => !offer.mine && totalsOf(offer).count.offered + totalsOf(offer).count.failed > 0,
    ),
    save: offers.some(offer => totalsOf(offer).savable > 0),
  };
}

/**
 * Progress of everything that is being fetched, for the title of the page.
 * @returns undefined when nothing is.
 */
export function fetchingProgress(offers: readonly OfferView[]): number | undefined {
  let wanted = 0;
  let got = 0;
  for (const offer of offers) {
    const totals = totalsOf(offer);
    if (totals.count.downloading + totals.count.verifying === 0) continue;
    wanted += totals.wantedBytes;
    got += totals.gotBytes;
  }
  return wanted > 0 ? got / wanted : undefined;
}

/** Whether closing the page now would cut a transfer short, one's own or somebody else's. */
export function isTransferring(snapshot: RoomSnapshot): boolean {
  return (
    snapshot.saving ||
    // A download that waits for somebody to come loses nothing when the tab is closed.
    snapshot.offers.some(offer => totalsOf(offer).count.downloading > 0 && isFlowing(offer.downRate)) ||
    snapshot.neighbours.some(neighbour => isFlowing(neighbour.upRate))
  );
}

/** Bytes that the browser's storage still takes, as far as is known; none while something waits for room. */
export function roomLeft({ storage, failures }: RoomSnapshot): number {
  if (failures.some(({ code }) => code === 'disk-full')) return 0;
  return storage.kind === 'memory' || storage.quota === 0 ? Infinity : storage.quota - storage.used;
}

/**
 * A file would be, or is, held back for want of room. Small files fit anywhere.
 * @param roomLeft bytes that the browser's storage still takes
 */
export function fitsNot(
  { state, size, progress, outlet }: FileView,
  mine: boolean,
  roomLeft: number,
): boolean {
  if (mine || outlet !== undefined || size < LARGE_BYTES) return false;
  return (state === 'offered' || state === 'paused') && size * (1 - progress) > roomLeft;
}

function isHere(file: FileView): boolean {
  return file.state === 'complete' || file.state === 'seeding';
}
