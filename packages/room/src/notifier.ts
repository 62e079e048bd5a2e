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

/** Coalesces any number of changes into one call of each listener. */
export class Notifier {
  readonly #listeners = new Set<() => void>();
  readonly #schedule: Schedule;
  #pending = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#schedule(() => {
      this.#pending = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
