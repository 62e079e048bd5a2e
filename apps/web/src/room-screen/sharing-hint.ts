import type { RoomSnapshot } from '@shoal/room';
import { isOwn } from '../files/totals.ts';

/**
 * What a sharer should keep in mind about closing the tab.
 * @returns undefined when nothing is shared from here.
 */
export function sharingHint({ offers, neighbours }: RoomSnapshot): string | undefined {
  if (!offers.some(isOwn)) return undefined;
  return neighbours.some(neighbour => neighbour.upRate > 0)
    ? 'Somebody is downloading from you: keep this tab open.'
    : 'Keep this tab open while others download. Whoever has a piece passes it on.';
}
