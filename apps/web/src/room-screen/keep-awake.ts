/** The part of a `WakeLockSentinel` that is used. */
interface Sentinel {
  release(): Promise<void>;
}

interface Locks {
  request(type: 'screen'): Promise<Sentinel>;
}

interface Page {
  readonly visibilityState: DocumentVisibilityState;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

/**
 * Holds a screen wake lock whenever the page is in sight.
 * @returns lets go for good
 */
export function keepAwake(locks: Locks, page: Page): () => void {
  let held: Promise<Sentinel | undefined> | undefined;
  const ask = () => {
    if (page.visibilityState !== 'visible') return;
    release(held);
    // Refused when the battery is low: then the device may sleep, and the transfer goes on after.
    held = locks.request('screen').catch(() => undefined);
  };
  ask();
  page.addEventListener('visibilitychange', ask);
  return () => {
    page.removeEventListener('visibilitychange', ask);
    release(held);
  };
}

function release(held: Promise<Sentinel | undefined> | undefined): void {
  void held?.then(async sentinel => await sentinel?.release()).catch(() => undefined);
}
