/** Milliseconds that an idle throttle may catch up at once: longer would be felt as a burst, shorter costs wake-ups. */
const BURST_MS = 250;

/**
 * A cap on bytes per second that a person sets. Whoever finds it ready may take one block, whatever its size, and runs into debt:
 * so even a cap below one block a second holds in the long run.
 */
export class Throttle {
  /** Bytes per ms; Infinity: no cap. */
  #rate = Infinity;
  #tokens = 0;
  #at = 0;

  /** @param bytesPerSecond undefined: no cap @param now ms */
  set(bytesPerSecond: number | undefined, now: number): void {
    this.#rate = bytesPerSecond === undefined ? Infinity : bytesPerSecond / 1000;
    // What an older cap left in debt would hold up a higher one.
    this.#tokens = 0;
    this.#at = now;
  }

  /** Milliseconds until the next block may go; 0: now. */
  waitMs(now: number): number {
    if (this.#rate === Infinity) return 0;
    this.#tokens = Math.min(this.#rate * BURST_MS, this.#tokens + (now - this.#at) * this.#rate);
    this.#at = now;
    // Less than a byte is rounding: a wait for it might end before it is paid, for ever.
    return this.#tokens > -1 ? 0 : -this.#tokens / this.#rate;
  }

  take(bytes: number): void {
    if (this.#rate !== Infinity) this.#tokens -= bytes;
  }

  /** What was taken will not be used. */
  giveBack(bytes: number): void {
    if (this.#rate !== Infinity) this.#tokens += bytes;
  }
}
