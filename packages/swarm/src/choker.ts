import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';

/** A newcomer is this many times likelier to be unchoked optimistically (BEP 3). */
const NEWCOMER_WEIGHT = 3;
/** While others wait, one taker is served in one of so many rounds. */
const TAKER_ROUNDS = 12;
/** A taker has had so many bytes of us, */
const TAKER_BYTES = 512 * 1024;
/** or so many without a piece that it could give on: pieces are up to 4 MiB long, and somebody may only say that it has none. */
const TAKER_EMPTY_BYTES = 16 * 1024 * 1024;
/** and has given us less than this part of it, */
const TAKER_PART = 1 / 256;
/** and is not vouched for to this degree, out of 1: those who got a half of all that we gave would have to say that it gave. */
const VOUCHED = 1 / 2;
/** So many others must want our uplink before takers are put off: with fewer there is nothing to fight for. */
const CONTESTED = 2;

/**
 * Whom we serve. With no more interested neighbours than slots: all. Otherwise, while we fetch, those that give us most and one
 * at random; when we have all we want, everyone in turn. Those that take and do not give share one slot in a twelfth of the time.
 */
export class Choker {
  readonly #core: SwarmCore;
  readonly #setChoking: (neighbour: Neighbour, choking: boolean) => void;
  #nextRound: number | undefined;
  #optimistic: Neighbour | undefined;
  #optimisticUntil = 0;
  #slots: number;
  #rounds = 0;

  constructor(core: SwarmCore, setChoking: (neighbour: Neighbour, choking: boolean) => void) {
    this.#core = core;
    this.#setChoking = setChoking;
    this.#slots = core.limits.uploadSlots;
  }

  /** Interest or neighbours changed: a free slot is given away at once, without waiting for the next round. */
  react(): void {
    let used = 0;
    const waiting: Neighbour[] = [];
    const contested = this.#contested();
    for (const neighbour of this.#core.neighbours.values()) {
      if (!neighbour.wantsUs) continue;
      if (neighbour.choking) {
        if (!contested || !takes(neighbour)) waiting.push(neighbour);
      } else if (used < this.#slots) used += 1;
      // Unchoked while idle, it wants something again, but others have its slot.
      else this.#setChoking(neighbour, true);
    }
    while (used < this.#slots && waiting.length > 0) {
      const lucky = this.#draw(waiting);
      if (lucky === undefined) return;
      waiting.splice(waiting.indexOf(lucky), 1);
      this.#setChoking(lucky, false);
      used += 1;
    }
  }

  tick(): void {
    const now = this.#core.now();
    if (this.#follow(now)) this.react();
    this.#nextRound ??= now + this.#core.limits.rechokeMs;
    if (now < this.#nextRound) return;
    this.#nextRound = now + this.#core.limits.rechokeMs;
    this.#slots = this.#wish(now);
    this.#round(now);
  }

  release(neighbour: Neighbour): void {
    if (this.#optimistic === neighbour) this.#optimistic = undefined;
  }

  /** Slots grow with what goes out at once, and shrink with the next round; true when there are more. */
  #follow(now: number): boolean {
    const wish = this.#wish(now);
    if (wish <= this.#slots) return false;
    this.#slots = wish;
    return true;
  }

  #wish(now: number): number {
    const { uploadSlots, uploadSlotsMax, slotRate } = this.#core.limits;
    let rate = 0;
    for (const neighbour of this.#core.neighbours.values()) rate += neighbour.up.read(now);
    return Math.max(uploadSlots, Math.min(uploadSlotsMax, Math.floor(rate / slotRate)));
  }

  /** Wishes come and go with every piece: who was served a moment ago still counts. */
  #contested(): boolean {
    const since = this.#core.now() - this.#core.limits.rechokeMs;
    let others = 0;
    for (const neighbour of this.#core.neighbours.values())
      if ((neighbour.wantsUs || neighbour.servedAt > since) && !takes(neighbour)) others += 1;
    return others >= CONTESTED;
  }

  #round(now: number): void {
    const interested = [...this.#core.neighbours.values()].filter(neighbour => neighbour.wantsUs);
    // Also those that happen to want nothing at this moment: the next wish comes with the next piece.
    const putOff = this.#contested()
      ? [...this.#core.neighbours.values()].filter(neighbour => takes(neighbour))
      : [];
    if (putOff.length === 0 && interested.length <= this.#slots) {
      for (const neighbour of interested) this.#setChoking(neighbour, false);
      return;
    }
    const regular = interested.filter(neighbour => !putOff.includes(neighbour));
    const fetching = this.#fetching();
    const ofTakers = putOff.length > 0 && this.#rounds % TAKER_ROUNDS === TAKER_ROUNDS - 1;
    this.#rounds += 1;
    const sure = fetching || ofTakers ? this.#slots - 1 : this.#slots;
    const order = fetching ? this.#byRate(regular, now) : this.#inTurn(regular, now);
    const chosen = new Set(order.slice(0, Math.max(0, sure)));
    if (ofTakers)
      for (const taker of this.#inTurn(
        putOff.filter(each => each.wantsUs),
        now,
      ).slice(0, 1))
        chosen.add(taker);
    else if (chosen.size < this.#slots) this.#addByChance(chosen, regular, now);
    // Choke first: at no moment are more served than there are slots.
    for (const neighbour of [...interested, ...putOff])
      if (!chosen.has(neighbour)) this.#setChoking(neighbour, true);
    for (const neighbour of chosen) this.#setChoking(neighbour, false);
  }

  #fetching(): boolean {
    for (const torrent of this.#core.torrents.values()) if (!torrent.satisfied) return true;
    return false;
  }

  #byRate(regular: readonly Neighbour[], now: number): Neighbour[] {
    const rates = new Map(regular.map(neighbour => [neighbour, neighbour.downLong.read(now)]));
    const rateOf = (neighbour: Neighbour): number => (neighbour.snubbed ? 0 : (rates.get(neighbour) ?? 0));
    return [...regular].sort((a, b) => rateOf(b) - rateOf(a) || b.standing - a.standing);
  }

  /** A seed has nothing to gain: who waited longest is served next, each for a full turn. */
  #inTurn(regular: readonly Neighbour[], now: number): Neighbour[] {
    const order = (neighbour: Neighbour): number => {
      if (neighbour.choking) return 1;
      return now - neighbour.chokeChangedAt < this.#core.limits.optimisticMs ? 0 : 2;
    };
    return [...regular].sort((a, b) => order(a) - order(b) || a.chokeChangedAt - b.chokeChangedAt);
  }

  #addByChance(chosen: Set<Neighbour>, regular: readonly Neighbour[], now: number): void {
    const held = this.#optimistic;
    const stays =
      held !== undefined && regular.includes(held) && now < this.#optimisticUntil && !chosen.has(held);
    if (!stays) {
      this.#optimistic = this.#draw(regular.filter(neighbour => !chosen.has(neighbour)));
      this.#optimisticUntil = now + this.#core.limits.optimisticMs;
    }
    if (this.#optimistic !== undefined) chosen.add(this.#optimistic);
  }

  #draw(from: readonly Neighbour[]): Neighbour | undefined {
    let left = from.reduce((sum, neighbour) => sum + weightOf(neighbour), 0) * this.#core.random();
    for (const neighbour of from) {
      left -= weightOf(neighbour);
      if (left < 0) return neighbour;
    }
    return from.at(-1);
  }
}

/** It has had its share of us and gives next to nothing, neither to us nor, as far as is known, to others. */
function takes(neighbour: Neighbour): boolean {
  const { upBytes, downBytes, standing } = neighbour;
  if (upBytes < TAKER_BYTES || downBytes >= TAKER_PART * upBytes || standing >= VOUCHED) return false;
  if (upBytes >= TAKER_EMPTY_BYTES) return true;
  for (const { bits } of neighbour.holdings.values()) if (bits.count > 0) return true;
  return false;
}

function weightOf(neighbour: Neighbour): number {
  return neighbour.everUnchoked ? 1 : NEWCOMER_WEIGHT;
}
