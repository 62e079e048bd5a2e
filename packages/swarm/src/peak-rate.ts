/** Gaps between blocks that show the line's rate long before the window fills it: slow start stops short of overflowing the queue. */
const TRAIN = 4;
/** Of a lone connection on a far path, whose bursts are short at first. A busy page sees blocks late and then close together, which so many gaps even out. */
const LONG_TRAIN = 8;

/** What a block that has come says of the line. */
export interface Sighting {
  /** Clock, ms. */
  readonly now: number;
  readonly bytes: number;
  /** A longer gap is a pause of the sender's, ms; Infinity: none is. */
  readonly pauseMs: number;
  /** All blocks come over one connection, in order, along a far path. */
  readonly loneAndFar: boolean;
}

/** The rate of the fastest train of blocks, or of the longest while it is growing. It never lies too low for long, since trains only get denser. */
export class PeakRate {
  #train: (readonly [ms: number, bytes: number])[] = [];
  #lastAt = -Infinity;
  #bytesPerMs = 0;
  /** Gaps behind it. */
  #gaps = 0;

  /** 0 before there is a train. */
  get bytesPerMs(): number {
    return this.#bytesPerMs;
  }

  /** A long train has been seen. */
  get isSure(): boolean {
    return this.#gaps === LONG_TRAIN;
  }

  add({ now, bytes, pauseMs, loneAndFar }: Sighting): void {
    const gap = now - this.#lastAt;
    this.#lastAt = now;
    // The first block has none before it.
    if (gap === Infinity) return;
    if (gap <= pauseMs) this.#train.push([gap, bytes]);
    // Bursts of one connection go out at the line's rate, one like the other; over lanes what comes close together may have been sent far apart.
    else if (!loneAndFar) this.#train = [];
    const most = loneAndFar ? LONG_TRAIN : TRAIN;
    while (this.#train.length > most) this.#train.shift();
    const gaps = this.#train.length;
    if (gaps < TRAIN) return;
    let [totalMs, totalBytes] = [0, 0];
    for (const [ms, blockBytes] of this.#train) {
      totalMs += ms;
      totalBytes += blockBytes;
    }
    // Below the clock's grain there is nothing to measure.
    const rate = totalBytes / Math.max(0.5, totalMs);
    this.#bytesPerMs = gaps > this.#gaps ? rate : Math.max(this.#bytesPerMs, rate);
    this.#gaps = Math.max(this.#gaps, gaps);
  }

  clear(): void {
    this.#train = [];
    this.#lastAt = -Infinity;
    this.#bytesPerMs = 0;
    this.#gaps = 0;
  }
}
