export interface BucketLimits {
  /** Tokens that may be taken at once. */
  readonly burst: number;
  /** Tokens that come back each second. */
  readonly perSecond: number;
}

/** A rate limit that lets bursts through; asks for the time instead of keeping a timer. */
export class TokenBucket {
  readonly #limits: BucketLimits;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** `now` in milliseconds. */
  constructor(limits: BucketLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.burst;
    this.#at = now();
  }

  /** False when there are not enough tokens; then none is taken. */
  take(count = 1): boolean {
    const { burst, perSecond } = this.#limits;
    const now = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
