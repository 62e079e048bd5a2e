import type { Scheduler } from '../scheduler.ts';

/** One timer for many wishes: the one that is due first counts, the others are covered by it. */
export class Alarm {
  readonly #scheduler: Scheduler;
  readonly #ring: () => void;
  #cancel: () => void = () => undefined;
  #dueAt = Infinity;
  #closed = false;

  constructor(scheduler: Scheduler, ring: () => void) {
    this.#scheduler = scheduler;
    this.#ring = ring;
  }

  /** Rings after `delay` milliseconds at the latest. */
  wakeIn(delay: number): void {
    const at = this.#scheduler.now + delay;
    if (this.#closed || at >= this.#dueAt) return;
    this.#cancel();
    this.#dueAt = at;
    this.#cancel = this.#scheduler.after(delay, () => {
      this.#dueAt = Infinity;
      this.#ring();
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }
}
