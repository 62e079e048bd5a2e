import type { FileView, OfferView } from '@shoal/room';
import {
  countOf,
  formatBytes,
  formatPercent,
  formatRate,
  formatTimeLeft,
  isFlowing,
} from '../format/format.ts';
import { isOwn, receivedCount, totalsOf } from './totals.ts';

/** State of one file in plain words. @param mine whether it was shared from here. */
export function fileWords(file: FileView, mine: boolean): string {
  switch (file.state) {
    case 'offered':
      return mine ? 'Not shared right now' : 'Not downloaded';
    case 'downloading':
      return file.outlet === undefined
        ? `${formatPercent(file.progress)} downloaded`
        : `${formatPercent(file.progress)} downloaded, saved as it arrives`;
    case 'paused':
      return `Paused at ${formatPercent(file.progress)}`;
    case 'verifying':
      return 'Checking';
    case 'complete':
      return file.outlet === undefined ? 'Complete' : 'Complete and saved';
    case 'seeding':
      return mine ? 'Shared by you' : 'Complete, passed on to others';
    case 'failed':
      return 'Failed';
  }
}

/** What goes on in an offer: `3 of 12 files complete · 4.2 MB/s · about 2 min left`. */
export function offerWords(offer: OfferView): string[] {
  const { count } = totalsOf(offer);
  if (isOwn(offer)) {
    const words = [];
    // Others can fetch before this is done, so it is no "please wait".
    if (offer.hashed < 1)
      words.push(`Fingerprints ${formatPercent(offer.hashed)} – ready to download meanwhile`);
    if (offer.seeds > 0) words.push(`${countOf(offer.seeds, 'person has', 'people have')} all of it`);
    return words;
  }
  if (offer.mine && count.seeding > 0)
    return [`${count.seeding.toLocaleString('en')} of ${countOf(offer.files.length, 'file')} shared by you`];
  const here = receivedCount(offer);
  const total = offer.files.length;
  const words = [];
  if (here === total) words.push('Complete');
  else if (here > 0) words.push(`${here.toLocaleString('en')} of ${countOf(total, 'file')} complete`);
  if (count.downloading > 0) {
    const flowing = isFlowing(offer.downRate);
    words.push(flowing ? formatRate(offer.downRate) : 'Waiting for data');
    const left = flowing ? formatTimeLeft(offer.etaSeconds) : undefined;
    if (left !== undefined) words.push(`${left} left`);
  } else if (count.paused > 0) words.push('Paused');
  else if (count.verifying > 0) words.push('Checking');
  return words;
}

/** `45 MB`, or `12 MB of 45 MB` while it is under way. */
export function amountWords(offer: OfferView): string {
  const total = formatBytes(offer.totalBytes);
  if (isOwn(offer) || offer.verifiedBytes === 0 || offer.verifiedBytes >= offer.totalBytes) return total;
  return `${formatBytes(offer.verifiedBytes)} of ${total}`;
}
