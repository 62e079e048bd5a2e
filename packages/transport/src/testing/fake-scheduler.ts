import type { Scheduler } from '../scheduler.ts';

/** Time that stands still until the test moves it. */
export class FakeScheduler implements Scheduler {
  #now = 0;
  #order = 0;
  readonly #timers = new Map<number, { at: number; task: () => void }>();

  get now(): number {
    return this.#now;
  }

  /** Milliseconds to the next timer; undefined when there is none. */
  get next(): number | undefined {
    const due = [...this.#timers.values()].map(({ at }) => at);
    return due.length === 0 ? undefined : Math.min(...due) - this.#now;
  }

  after(ms: number, task: () => void): () => void {
    this.#order += 1;
    const id = this.#order;
    this.#timers.set(id, { at: this.#now + ms, task });
    return () => {
      this.#timers.delete(id);
    };
  }

  /** Moves the clock and runs what is due by then, in order of time; what those tasks start waits for the next call. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter(([, { at }]) => at <= this.#now);
    due.sort(([a, x], [b, y]) => x.at - y.at || a - b);
    for (const [id, { task }] of due) if (this.#timers.delete(id)) task();
  }
}
