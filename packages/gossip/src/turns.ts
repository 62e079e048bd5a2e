import type { PeerId } from '@shoal/protocol';
import type { Neighbour } from './neighbour.ts';

/** Flushes after which an answer is no longer waited for, if nothing came meanwhile. */
export const PATIENCE = 20;
/** Flushes that one neighbour may keep the others waiting, however much it sends. */
const TURN = 60;

/** The neighbour that we are catching up from, one at a time: several would send the same. Rule [GS10]. */
export class Turns {
  #source: Neighbour | undefined;
  /** Whose turn was broken off before it could answer. */
  #putOff: Neighbour | undefined;
  /** Flushes left until we look for another. */
  #patience = 0;
  /** Flushes left of its turn, if others wait. */
  #left = 0;
  #count = 0;

  get source(): Neighbour | undefined {
    return this.#source;
  }

  /** Whether it is the turn of another. */
  isOthers(neighbour: Neighbour): boolean {
    return this.#source !== undefined && this.#source !== neighbour;
  }

  /** Begins its turn, or is patient with it anew. */
  begin(neighbour: Neighbour): void {
    if (this.#source !== neighbour) {
      this.#count += 1;
      neighbour.turn = this.#count;
      this.#left = TURN;
    }
    this.#source = neighbour;
    this.#patience = PATIENCE;
  }

  end(neighbour: Neighbour): void {
    if (this.#source === neighbour) this.#source = undefined;
    if (this.#putOff === neighbour) this.#putOff = undefined;
  }

  /**
   * Breaks off a turn that has brought no word yet for a neighbour with a smaller id than ours: members that have asked one another
   * in a circle would all wait. Not again before the one put off has had its turn, or many could keep it off for ever.
   */
  giveWay(to: Neighbour, self: PeerId): boolean {
    const source = this.#source;
    if (source === undefined || source.waiting > 0 || this.#putOff !== undefined || to.peer > self)
      return false;
    source.behind = true;
    this.#putOff = source;
    this.#source = undefined;
    return true;
  }

  /** True when a turn is over, if others wait. */
  flush(): boolean {
    this.#patience -= 1;
    this.#left -= 1;
    if (this.#source !== undefined && this.#patience <= 0) this.end(this.#source);
    return this.#source !== undefined && this.#left <= 0;
  }
}
