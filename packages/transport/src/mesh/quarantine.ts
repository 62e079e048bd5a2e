import type { PeerId } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';

/** Members that broke the rules and are left alone for a while, so that nobody is dropped and taken back in a loop. */
export class Quarantine {
  readonly #scheduler: Scheduler;
  readonly #ms: number;
  readonly #held = new Map<PeerId, () => void>();

  constructor(scheduler: Scheduler, ms: number) {
    this.#scheduler = scheduler;
    this.#ms = ms;
  }

  holds(peer: PeerId): boolean {
    return this.#held.has(peer);
  }

  add(peer: PeerId): void {
    this.#held.get(peer)?.();
    this.#held.set(
      peer,
      this.#scheduler.after(this.#ms, () => this.#held.delete(peer)),
    );
  }

  close(): void {
    for (const cancel of this.#held.values()) cancel();
    this.#held.clear();
  }
}
