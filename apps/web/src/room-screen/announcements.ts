import type { RoomSnapshot } from '@shoal/room';
import { offerTitle } from '../files/paths.ts';
import { receivedCount, totalsOf } from '../files/totals.ts';
import { countOf } from '../format/format.ts';

/**
 * What changed between two snapshots that a person who does not see the page wants to hear: who and what came and went, and what is complete.
 * Progress is left out, since it would never stop talking.
 */
export function announcements(before: RoomSnapshot, after: RoomSnapshot): string[] {
  const said: string[] = [];
  if (before.connection !== after.connection) {
    if (after.connection === 'offline') said.push('Server away. Running transfers go on.');
    if (after.connection === 'online') said.push('Connected.');
  }
  if (
    before.neighbours !== after.neighbours ||
    before.indirect !== after.indirect ||
    before.further !== after.further
  ) {
    const old = new Map(peopleOf(before).map(({ id, name }) => [id, name]));
    for (const { id, name } of peopleOf(after)) if (!old.delete(id)) said.push(`${name} joined.`);
    for (const name of old.values()) said.push(`${name} left.`);
  }
  if (before.offers === after.offers) return said;
  const old = new Map(before.offers.map(offer => [offer.id, offer]));
  for (const offer of after.offers) {
    const earlier = old.get(offer.id);
    old.delete(offer.id);
    if (earlier === offer) continue;
    if (earlier === undefined) {
      if (!offer.mine)
        said.push(`${offer.authorName} shared ${offerTitle(offer)}, ${countOf(offer.files.length, 'file')}.`);
      continue;
    }
    const here = receivedCount(offer);
    if (here <= receivedCount(earlier)) continue;
    const all = offer.files.length;
    if (here === all) said.push(`${offerTitle(offer)} is complete.`);
    // Nothing more of it was wanted, or nothing more comes until somebody resumes it.
    else if (totalsOf(offer).count.downloading === 0)
      said.push(`${here.toLocaleString('en')} of ${countOf(all, 'file')} of ${offerTitle(offer)} complete.`);
  }
  for (const gone of old.values())
    if (!gone.mine) said.push(`${gone.authorName} took back ${offerTitle(gone)}.`);
  return said;
}

/** Whose connection is replaced by a way through others, or the other way round, neither came nor went. */
function peopleOf(snapshot: RoomSnapshot): { readonly id: string; readonly name: string }[] {
  return [...snapshot.neighbours, ...snapshot.indirect, ...snapshot.further];
}
