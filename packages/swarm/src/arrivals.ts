/**
 * What a path has carried lately, bytes per round trip. Counted over whole round trips, since blocks come in clumps: lanes carry several side by side, which end
 * together, and a busy page sees them late.
 */
export class Arrivals {
  /** Time (ms) and bytes of each block of the last two round trips. */
  readonly #blocks: [at: number, bytes: number][] = [];

  /** @param roundMs how long a round trip takes, ms */
  add(now: number, bytes: number, roundMs: number): void {
    this.#blocks.push([now, bytes]);
    while ((this.#blocks[0]?.[0] ?? now) <= now - 2 * roundMs) this.#blocks.shift();
  }

  /** Bytes of the last round trip, and of the one before it. */
  rounds(now: number, roundMs: number): { readonly last: number; readonly before: number } {
    let [last, before] = [0, 0];
    for (const [at, bytes] of this.#blocks) {
      if (at > now - roundMs) last += bytes;
      else before += bytes;
    }
    return { last, before };
  }

  clear(): void {
    this.#blocks.length = 0;
  }
}
