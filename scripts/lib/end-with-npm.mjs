import process from 'node:process';

const CHECK_MS = 500;

/**
 * npm passes a SIGTERM on to the shell it started us with, which dies of it and leaves us behind. So when npm runs us, the end of that
 * shell is our SIGTERM.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_MS);
  watch.unref();
}
