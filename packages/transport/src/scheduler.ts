/** Time as a port, so that every timeout and backoff can be driven by a test. */
export interface Scheduler {
  /** Milliseconds since some moment; never goes back. */
  readonly now: number;
  /** Runs `task` once after `ms` milliseconds; returns the function that cancels it (idempotent). */
  after(ms: number, task: () => void): () => void;
}

/** The engine's own timers. */
export const systemScheduler: Scheduler = {
  get now() {
    return performance.now();
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
