/** Time as a port, so that every timeout and backoff can be driven by a test. */
export interface Scheduler {
  /** Runs `task` once after `ms` milliseconds; returns the function that cancels it (idempotent). */
  after(ms: number, task: () => void): () => void;
}

/** The engine's own timers. */
export const systemScheduler: Scheduler = {
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
