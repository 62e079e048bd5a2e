import { choosePieceLength, geometryOf } from '@shoal/protocol';
import type { OfferGeometry, OfferedFile } from '@shoal/protocol';
import { OfferLoad } from '@shoal/gossip';
import { RoomError } from './errors.ts';

/** Bytes of a piece of an offer of these files. */
export function pieceLengthOf(files: readonly OfferedFile[]): number {
  return choosePieceLength(files.reduce((sum, { size }) => sum + size, 0));
}

/**
 * Whether a room that holds `offered` takes these offers too: the others would leave out what goes beyond ([GC10]), and nobody would
 * know why.
 * @param parts - the files of each offer
 * @throws RoomError `room-overfull`
 */
export function expectRoomFor(
  offered: Iterable<OfferGeometry>,
  parts: readonly (readonly OfferedFile[])[],
): void {
  const load = new OfferLoad();
  for (const geometry of offered) load.add(geometry);
  for (const part of parts) {
    const geometry = geometryOf(pieceLengthOf(part), part);
    if (!load.fits(geometry)) throw new RoomError('room-overfull');
    load.add(geometry);
  }
}
