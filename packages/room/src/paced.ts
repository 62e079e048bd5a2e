/** Runs `task` once, `ms` milliseconds from now. */
export type After = (ms: number, task: () => void) => void;

const timer: After = (ms, task) => void setTimeout(task, ms);

/**
 * Makes a task that runs at once when it has not for `ms` milliseconds, and otherwise when they are over: however often it is called
 * meanwhile, once.
 */
export function paced(ms: number, task: () => void, after: After = timer): () => void {
  let resting = false;
  let called = false;
  const run = (): void => {
    called = resting;
    if (resting) return;
    resting = true;
    after(ms, () => {
      resting = false;
      if (called) run();
    });
    task();
  };
  return run;
}
