import type { Scheduler } from '../scheduler.ts';
import { MAX_OFFERERS, OFFERS_IN } from './neighbour-limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** How many offers are taken from one address, whoever it says that it is: identities cost nothing, an address is a socket at the server. */
export class OfferLimits {
  readonly #scheduler: Pick<Scheduler, 'now'>;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(scheduler: Pick<Scheduler, 'now'>) {
    this.#scheduler = scheduler;
  }

  /** Counts an offer; false when there were too many. */
  take(address: string): boolean {
    const bucket = this.#buckets.get(address) ?? new TokenBucket(OFFERS_IN, () => this.#scheduler.now);
    this.#buckets.set(address, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_OFFERERS) break;
      this.#buckets.delete(oldest);
    }
    return bucket.take();
  }
}
