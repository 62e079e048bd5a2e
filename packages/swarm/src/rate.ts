/**
 * Bytes per second, exponentially forgotten: O(1) per block and per reading, no samples kept.
 * The young meter divides by its age, not by its memory, so that the first second already tells the truth.
 */
export class RateMeter {
  readonly #memory: number;
  #bytes = 0;
  #at: number;
  #born: number | undefined;

  /** @param memory time constant in ms @param now clock in ms */
  constructor(memory: number, now: number) {
    this.#memory = memory;
    this.#at = now;
  }

  add(bytes: number, now: number): void {
    // An idle gap is forgotten: a fresh start measures the path, not the pause.
    if (this.#born === undefined || now - this.#at > 5 * this.#memory) {
      this.#born = now;
      this.#bytes = 0;
      this.#at = now;
    }
    this.#fade(now);
    this.#bytes += bytes;
  }

  /** Bytes per second at `now`. */
  read(now: number): number {
    if (this.#born === undefined) return 0;
    this.#fade(now);
    // Below 50 ms of age a single block would look like a fast line.
    const age = Math.max(50, now - this.#born);
    const weight = this.#memory * (1 - Math.exp(-age / this.#memory));
    return (this.#bytes / weight) * 1000;
  }

  #fade(now: number): void {
    if (now <= this.#at) return;
    this.#bytes *= Math.exp((this.#at - now) / this.#memory);
    this.#at = now;
  }
}
