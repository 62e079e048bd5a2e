export interface TokenBucketOptions {
  /** Tokens a rested bucket holds: the largest burst. */
  readonly capacity: number;
  /** Tokens that come back each second: the sustained rate. */
  readonly refillPerSecond: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/**
 * A synchronous token bucket for one socket. A keyed limiter library would keep a timer and a map entry per key;
 * this lives and dies with its socket.
 */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.capacity;
    this.#filledAt = options.clock();
  }

  /** Takes `cost` tokens, or none and answers false when there are not as many. */
  take(cost = 1): boolean {
    const { capacity, refillPerSecond, clock } = this.#options;
    const now = clock();
    const refill = (Math.max(0, now - this.#filledAt) / 1000) * refillPerSecond;
    this.#tokens = Math.min(capacity, this.#tokens + refill);
    this.#filledAt = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
