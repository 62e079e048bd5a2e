/** Readings looked at together, and how many of them must show a backlog. */
const READINGS = 8;
const BACKLOGGED = 6;
/** Below this round trip (ms) one connection recovers from a loss soon, and a CPU is the bound: on a slow machine ICE finds 6 to 10 ms on loopback. */
const MIN_RTT_MS = 10;
/** Lanes that were opened must have made the link so many times as fast before still more are: what a CPU holds back, or a line, no lane makes faster. */
const WORTH = 1.4;
/** Queueing on the path, ms or part of the round trip: with more than that it is a full line that holds us back, and lanes would only crowd it. */
const QUEUE_MS = 8;
const QUEUE_PART = 0.15;
/**
 * From here on (ms) one connection takes too long to find its rate: SCTP's window, 10 packets at first, opens by half in a round trip, and after a loss by one packet. Several
 * open as many times faster, and what a receiver's window takes for a queue (bytes waiting for SCTP) is shorter.
 */
const LONG_PATH_MS = 150;

/** Whether the first block on a path of this round trip (ms, by ICE; undefined: unknown) brings lanes, without waiting for signs of loss. */
export function beginsWithLanes(rttMs: number | undefined): boolean {
  return rttMs !== undefined && rttMs >= LONG_PATH_MS;
}

/** What a sender sees of its link at one moment. */
export interface LaneReading {
  /** Bytes lie in the send buffer that a free path would have taken. */
  readonly backlogged: boolean;
  /** Round trip of the path by ICE's own checks, which do not wait behind the send buffer, ms; undefined when there is nothing new. */
  readonly rttMs: number | undefined;
  /** When, ms. */
  readonly at: number;
  /** Bytes that have left the send buffers by then, from the start. */
  readonly sent: number;
}

/**
 * Tells when a link wants more lanes: the sender's SCTP is what holds the bytes back, yet the path has no queue. That is what random loss does to a
 * single connection (its congestion window halves with each loss: Mathis et al. 1997), and what several connections repair, since a loss halves one of them
 * only. On a path that is simply full the round trip grows, and nothing is opened. Where lanes do not help there are no more of them. Pure; fed at an even pace of at least a round trip.
 */
export class LanePolicy {
  readonly #readings: LaneReading[] = [];
  /** The path without a queue, ms. Never forgotten: better no lanes on a path that grew longer than lanes on one that is always full. */
  #base = Infinity;
  #last = Infinity;
  /** The last reading is younger than the last step: an old one may tell of the path before a queue was built. */
  #fresh = false;
  /** When lanes were wanted last, bytes per ms. */
  #rateBefore = 0;

  /** The round trip last heard of, ms; 0 before. */
  get rttMs(): number {
    return this.#last === Infinity ? 0 : this.#last;
  }

  /** @returns true when more lanes should be opened now; then it looks at the path anew */
  wantsMore(reading: LaneReading): boolean {
    const { rttMs } = reading;
    this.#readings.push(reading);
    if (this.#readings.length > READINGS) this.#readings.shift();
    if (rttMs !== undefined) {
      this.#last = rttMs;
      // The first one is from before anything was sent.
      this.#fresh = this.#base !== Infinity;
      this.#base = Math.min(this.#base, rttMs);
    }
    const backlog = this.#readings.filter(({ backlogged }) => backlogged).length;
    if (backlog < BACKLOGGED || !this.#pathIsClear()) return false;
    const rate = this.#rate();
    if (rate < WORTH * this.#rateBefore) return false;
    this.#rateBefore = rate;
    this.#readings.length = 0;
    this.#fresh = false;
    return true;
  }

  /** Nothing was sent for a while: what is sent next may be held back by something else. */
  rest(): void {
    this.#readings.length = 0;
    this.#rateBefore = 0;
  }

  #rate(): number {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return (last.sent - first.sent) / (last.at - first.at);
  }

  #pathIsClear(): boolean {
    const queue = this.#last - this.#base;
    return this.#fresh && this.#base >= MIN_RTT_MS && queue <= Math.max(QUEUE_MS, QUEUE_PART * this.#base);
  }
}
