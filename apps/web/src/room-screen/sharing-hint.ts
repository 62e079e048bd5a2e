import type { RoomSnapshot } from '@shoal/room';
import { totalsOf } from '../files/totals.ts';
import { isFlowing } from '../format/format.ts';

/**
 * What a sharer should keep in mind about closing the tab.
 * @returns undefined when nothing is shared from here.
 */
export function sharingHint({ offers, neighbours }: RoomSnapshot): string | undefined {
  const own = offers.filter(offer => offer.mine && totalsOf(offer).count.seeding > 0);
  if (own.length === 0) return undefined;
  if (neighbours.some(neighbour => isFlowing(neighbour.upRate)))
    return 'Somebody is downloading from you: keep this tab open.';
  return own.every(offer => offer.seeds > 0)
    ? 'Others here have all of it by now and pass it on: you may close this tab.'
    : 'Keep this tab open while others download.';
}
