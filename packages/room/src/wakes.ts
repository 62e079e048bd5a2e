/** Milliseconds between two looks at the clock. */
const LOOK_MS = 2_000;
/** A look that comes so late means that the machine slept or the page was frozen. */
const SLEPT_MS = 15_000;

export interface WakePorts {
  readonly page: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  /** Milliseconds of the wall clock: others may stand still while the machine sleeps. */
  readonly now: () => number;
  /** @returns stops it */
  readonly every: (ms: number, task: () => void) => () => void;
}

/**
 * Calls back when links that seem to live may be dead: the network came back, or the machine woke up.
 * @returns ends it
 */
export function watchWakes(wake: () => void, ports: WakePorts = browserPorts): () => void {
  const { page, now, every } = ports;
  let last = now();
  const stop = every(LOOK_MS, () => {
    const before = last;
    last = now();
    if (last - before > SLEPT_MS) wake();
  });
  page.addEventListener('online', wake);
  return () => {
    stop();
    page.removeEventListener('online', wake);
  };
}

const browserPorts: WakePorts = {
  page: globalThis,
  now: Date.now,
  every: (ms, task) => {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
};
