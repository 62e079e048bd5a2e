import type { PeerId } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling } from '../signaling/signaling.ts';
import { AddressBook } from './address-book.ts';
import { Alarm } from './alarm.ts';
import { backoffDelay } from './backoff.ts';
import type { MeshTiming } from './options.ts';

export interface DiallerOptions {
  readonly signaling: Pick<Signaling, 'members' | 'state'>;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly timing: MeshTiming;
  /** How many more links we would start now. */
  readonly wanted: () => number;
  /** There is room for a link that nobody needs now. */
  readonly mayMix: () => boolean;
  readonly usesAddress: (address: string) => boolean;
  /** A neighbour, or someone we leave alone. */
  readonly shuns: (peer: PeerId) => boolean;
  readonly dial: (address: string) => void;
}

/** Keeps the number of neighbours up: dials from samples of the room, waits longer after each failure. */
export class Dialler {
  readonly book = new AddressBook();
  readonly #options: DiallerOptions;
  readonly #alarm: Alarm;
  #failures = 0;
  #retrying = false;
  #asking = false;
  /** The server named nobody new: until then it is not asked for one more than needed again; ms. */
  #barrenUntil = 0;
  #closed = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.scheduler, () => {
      // After a failure only what is wanted is made up for.
      const least = this.#retrying ? 0 : 1;
      this.#retrying = false;
      void this.#refresh(least);
    });
  }

  /** In the room (again), under a new address. */
  joined(own: string, sample: readonly string[]): void {
    this.#failures = 0;
    this.#barrenUntil = 0;
    this.book.restart(own);
    this.book.learn(sample);
    this.#fill();
  }

  /** The network may be another one: looks again at once, and what failed before does not slow us any more. */
  wake(): void {
    this.#failures = 0;
    this.book.forgive();
    this.#alarm.wakeIn(0);
  }

  /** A link is open: what failed before does not slow us any more. */
  succeeded(address: string): void {
    this.#failures = 0;
    this.book.succeeded(address);
  }

  /** Something failed or was lost: look again soon, later each time. */
  retry(): void {
    // Several failures at once are one reason to look again, not many to wait longer.
    if (this.#retrying) return;
    this.#retrying = true;
    const { random, timing } = this.#options;
    const delay = backoffDelay(this.#failures, { base: timing.retryBase, cap: timing.retryCap }, random());
    this.#failures += 1;
    this.#alarm.wakeIn(delay);
  }

  /** One link more than needed is asked for now, if there is room for it and there may be somebody new. */
  seek(): void {
    if (this.#options.scheduler.now >= this.#barrenUntil) this.#alarm.wakeIn(0);
  }

  close(): void {
    this.#closed = true;
    this.#alarm.close();
  }

  /** @returns how many were dialled */
  #fill(least = 0): number {
    const { wanted, usesAddress, shuns, random, dial, timing } = this.#options;
    const view = { isBusy: usesAddress, isNeighbour: shuns, random };
    const picked = this.book.pick(Math.max(least, wanted()), view);
    for (const address of picked) dial(address);
    // At the next look: what is in the way may have passed by then, and nobody else would tell us.
    if (picked.length === 0 && wanted() > 0) this.book.relent();
    // With enough neighbours, one more now and then: else parts of the room that lost each other would never meet again.
    this.#alarm.wakeIn((wanted() > 0 ? timing.refresh : timing.mix) * (0.5 + random()));
    return picked.length;
  }

  async #refresh(least: number): Promise<void> {
    const { signaling, scheduler, timing, wanted, mayMix } = this.#options;
    // When the server is away its return brings a fresh sample; until then nobody new can be found.
    if (this.#asking || signaling.state !== 'online') return;
    const more = mayMix() ? least : 0;
    if (wanted() <= 0 && more === 0) {
      this.#fill();
      return;
    }
    this.#asking = true;
    try {
      this.book.learn(await signaling.members());
    } catch {
      this.#asking = false;
      this.retry();
      return;
    }
    this.#asking = false;
    if (this.#closed) return;
    const dialled = this.#fill(more);
    if (more > 0 && dialled === 0) this.#barrenUntil = scheduler.now + timing.refresh;
  }
}
