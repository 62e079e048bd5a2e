/** Runs a task once, soon: an animation frame in a visible page, a timer elsewhere. */
export type Schedule = (task: () => void) => void;

/**
 * A hidden page gets no animation frames, but its title still shows progress: there a timer stands in, which
 * browsers slow to once a second, and that is fine for a title.
 */
export const nextFrame: Schedule = task => {
  if (typeof document !== 'undefined' && document.visibilityState === 'visible') requestAnimationFrame(task);
  else setTimeout(task, 250);
};

/** Coalesces any number of changes into one call of each listener per frame. */
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
