import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Limits } from './config.ts';

/** How many connections there are, in all and per client, and how fast a client opens new ones. */
export class ConnectionGate {
  readonly #limits: Limits;
  readonly #handshakes: RateLimiterMemory;
  readonly #perClient = new Map<string, number>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#handshakes = new RateLimiterMemory({ points: limits.maxHandshakesPerMinutePerIp, duration: 60 });
  }

  /** Whether a client may shake hands now; counts the attempt. */
  async admits(client: string): Promise<boolean> {
    if (!this.#hasRoom(client)) return false;
    try {
      await this.#handshakes.consume(client);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Counts an opened connection. Handshakes that ran side by side may all have been admitted, so the cap is held here.
   *
   * @returns the function that gives the place back, or undefined when there is none.
   */
  enter(client: string): (() => void) | undefined {
    if (!this.#hasRoom(client)) return undefined;
    this.#total += 1;
    this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#total -= 1;
      const remaining = (this.#perClient.get(client) ?? 1) - 1;
      if (remaining > 0) this.#perClient.set(client, remaining);
      else this.#perClient.delete(client);
    };
  }

  #hasRoom(client: string): boolean {
    return (
      this.#total < this.#limits.maxConnections &&
      (this.#perClient.get(client) ?? 0) < this.#limits.maxConnectionsPerIp
    );
  }
}
