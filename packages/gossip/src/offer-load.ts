import type { OfferGeometry } from '@shoal/protocol';
import { MAX_ROOM_FILES, MAX_ROOM_OFFERS, MAX_ROOM_PIECES } from './limits.ts';

type Size = Pick<OfferGeometry, 'pieceCount' | 'files'>;

/** What offers cost their readers, together: an offer of some hundred bytes may name a million pieces, each of which every member keeps count of. */
export class OfferLoad {
  #offers = 0;
  #files = 0;
  #pieces = 0;

  /** Whether one more stays within what a room may hold. */
  fits({ pieceCount, files }: Size): boolean {
    return (
      this.#offers < MAX_ROOM_OFFERS &&
      this.#files + files.length <= MAX_ROOM_FILES &&
      this.#pieces + pieceCount <= MAX_ROOM_PIECES
    );
  }

  add({ pieceCount, files }: Size): void {
    this.#offers += 1;
    this.#files += files.length;
    this.#pieces += pieceCount;
  }

  remove({ pieceCount, files }: Size): void {
    this.#offers -= 1;
    this.#files -= files.length;
    this.#pieces -= pieceCount;
  }
}
