import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';

/** A newcomer is this many times likelier to be unchoked optimistically (BEP 3). */
const NEWCOMER_WEIGHT = 3;

/**
 * Whom we serve. With no more interested neighbours than slots: all. Otherwise, while we fetch, those that give us most and one
 * at random; when we have all we want, everyone in turn.
 */
export class Choker {
  readonly #core: SwarmCore;
  readonly #setChoking: (neighbour: Neighbour, choking: boolean) => void;
  #nextRound: number | undefined;
  #optimistic: Neighbour | undefined;
  #optimisticUntil = 0;

  constructor(core: SwarmCore, setChoking: (neighbour: Neighbour, choking: boolean) => void) {
    this.#core = core;
    this.#setChoking = setChoking;
  }

  /** Interest or neighbours changed: a free slot is given away at once, without waiting for the next round. */
  react(): void {
    const { uploadSlots } = this.#core.limits;
    let used = 0;
    const waiting: Neighbour[] = [];
    for (const neighbour of this.#core.neighbours.values()) {
      if (!neighbour.wantsUs) continue;
      if (neighbour.choking) waiting.push(neighbour);
      else if (used < uploadSlots) used += 1;
      // Unchoked while idle, it wants something again, but others have its slot.
      else this.#setChoking(neighbour, true);
    }
    while (used < uploadSlots && waiting.length > 0) {
      const lucky = this.#draw(waiting);
      if (lucky === undefined) return;
      waiting.splice(waiting.indexOf(lucky), 1);
      this.#setChoking(lucky, false);
      used += 1;
    }
  }

  tick(): void {
    const now = this.#core.now();
    this.#nextRound ??= now + this.#core.limits.rechokeMs;
    if (now < this.#nextRound) return;
    this.#nextRound = now + this.#core.limits.rechokeMs;
    this.#round(now);
  }

  release(neighbour: Neighbour): void {
    if (this.#optimistic === neighbour) this.#optimistic = undefined;
  }

  #round(now: number): void {
    const { uploadSlots } = this.#core.limits;
    const interested = [...this.#core.neighbours.values()].filter(neighbour => neighbour.wantsUs);
    if (interested.length <= uploadSlots) {
      for (const neighbour of interested) this.#setChoking(neighbour, false);
      return;
    }
    const chosen = this.#fetching() ? this.#givers(interested, now) : this.#inTurn(interested, now);
    // Choke first: at no moment are more served than there are slots.
    for (const neighbour of interested) if (!chosen.has(neighbour)) this.#setChoking(neighbour, true);
    for (const neighbour of chosen) this.#setChoking(neighbour, false);
  }

  #fetching(): boolean {
    for (const torrent of this.#core.torrents.values()) if (!torrent.satisfied) return true;
    return false;
  }

  #givers(interested: readonly Neighbour[], now: number): Set<Neighbour> {
    const { uploadSlots, optimisticMs } = this.#core.limits;
    const rates = new Map(interested.map(neighbour => [neighbour, neighbour.downLong.read(now)]));
    const rateOf = (neighbour: Neighbour): number => (neighbour.snubbed ? 0 : (rates.get(neighbour) ?? 0));
    const best = [...interested].sort((a, b) => rateOf(b) - rateOf(a)).slice(0, uploadSlots - 1);
    const chosen = new Set(best);
    const stays =
      this.#optimistic?.wantsUs === true && now < this.#optimisticUntil && !chosen.has(this.#optimistic);
    if (!stays) {
      this.#optimistic = this.#draw(interested.filter(neighbour => !chosen.has(neighbour)));
      this.#optimisticUntil = now + optimisticMs;
    }
    if (this.#optimistic !== undefined) chosen.add(this.#optimistic);
    return chosen;
  }

  /** A seed has nothing to gain: who waited longest is served next, each for a full turn. */
  #inTurn(interested: readonly Neighbour[], now: number): Set<Neighbour> {
    const { uploadSlots, optimisticMs } = this.#core.limits;
    const order = (neighbour: Neighbour): number => {
      if (neighbour.choking) return 1;
      return now - neighbour.chokeChangedAt < optimisticMs ? 0 : 2;
    };
    const sorted = [...interested].sort((a, b) => order(a) - order(b) || a.chokeChangedAt - b.chokeChangedAt);
    return new Set(sorted.slice(0, uploadSlots));
  }

  #draw(from: readonly Neighbour[]): Neighbour | undefined {
    const weight = (neighbour: Neighbour): number => (neighbour.everUnchoked ? 1 : NEWCOMER_WEIGHT);
    let left = from.reduce((sum, neighbour) => sum + weight(neighbour), 0) * this.#core.random();
    for (const neighbour of from) {
      left -= weight(neighbour);
      if (left < 0) return neighbour;
    }
    return from.at(-1);
  }
}
