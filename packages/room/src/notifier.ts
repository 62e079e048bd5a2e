import type { RoomChange } from './snapshot.ts';

/** Runs a task once, soon. */
export type Schedule = (task: () => void) => void;

/** Milliseconds in which changes gather before anybody is told: a frame. */
const GATHER_MS = 16;

/**
 * A timer and not an animation frame: asking for a frame makes the browser compose the page, sixty times a second, whether or not
 * anything on it changed, and a hidden page gets none at all.
 */
export const soon: Schedule = task => {
  setTimeout(task, GATHER_MS);
};

/** Coalesces any number of changes into one call of each listener: with numbers alone, or with a state among them. */
export class Notifier {
  readonly #listeners = new Set<(change: RoomChange) => void>();
  readonly #schedule: Schedule;
  #pending: RoomChange | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  subscribe(listener: (change: RoomChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(change: RoomChange): void {
    const scheduled = this.#pending !== undefined;
    if (this.#pending !== 'state') this.#pending = change;
    if (scheduled) return;
    this.#schedule(() => {
      const gathered = this.#pending ?? change;
      this.#pending = undefined;
      for (const listener of this.#listeners) listener(gathered);
    });
  }
}
