import { Arrivals } from './arrivals.ts';
import { PeakRate } from './peak-rate.ts';

/** Bounds of a {@link RequestWindow}, bytes. */
export interface WindowBounds {
  readonly windowInitialBytes: number;
  readonly windowMinBytes: number;
  readonly windowMaxBytes: number;
}

/** Growth per round trip while the path is unknown. */
const SLOW_START_GAIN = 2;
/** Queueing that ends slow start: this many ms or this part of the base round trip, whichever is more. */
const SLOW_START_DELAY_MS = 8;
const SLOW_START_DELAY_PART = 0.12;
/** Queueing aimed at by a window of 1 MiB, ms; smaller windows bear more, so that unequal ones on one line converge. */
const TARGET_MS = 15;
const TARGET_MAX_MS = 25;
/** Short paths bear this much more, ms: they are bound by a CPU that stalls now and then, and stay below 60 ms in all. */
const SHORT_PATH_MS = 20;
const SHORT_PATH_BASE_MS = 20;
/** A base round trip is believed for one to two periods; each begins with two drained rounds to measure it anew. */
const BASE_PERIOD_MS = 10_000;
const DRAIN_ROUNDS = 2;
const DRAIN_PART = 0.85;
/** After a base was taken anew in doubt: deep enough to empty the queue of all our windows, had it been theirs. */
const DOUBT_DRAIN_PART = 0.4;
/** Rounds below half the target after which the line is held to have grown. */
const QUIET_ROUNDS = 3;
const QUIET_GAIN = 1.25;
const MIN_SAMPLES = 4;
/** From here on a round lost is a tenth of a second: slow start trusts the train and is not ended by a burst's own delay. */
const LONG_PATH_MS = 90;
/** By the transport's measure (ms, as far as it is known) the path itself is that long from here on. */
const FAR_PATH_MS = 70;
/** There so many blocks in a row, or a window of them, must be late before slow start ends: fewer are one burst. */
const FAR_PATH_SAMPLES = 20;
/**
 * There the window may grow to so many times what the path carries. With lanes, the quickest block of a round says that the queue is empty long after the line is
 * full: what grows by that alone waits at the sender, until it overflows the queue all at once.
 */
const CARRIED_PART = 1.25;
/** In slow start to more while what comes is growing, as it does by half a round where SCTP's own window is the bound; this is the most. */
const CARRIED_PART_MOST = 2.1;
/** But at least to so many bytes: where loss is the bound, lanes must have something waiting to be opened at all ([LN2] of transport), and then twice as much for each to have its own. */
const CARRIED_LEAST_BYTES = 96 * 1024;
/** A longer pause, as part of such a path's base, is one between two bursts, and the sender's: it says nothing of the line. */
const PAUSE_PART = 0.4;
/**
 * Once there are lanes, what delays a block is loss, which SCTP repairs in its own time, and no smaller window makes it shorter. So many bytes a connection are left to
 * it, but no more in all than this many times what comes in a round trip: a queue of one round trip, should it be a full line after all.
 */
const LANE_BYTES = 16 * 1024;
const LANES_PART = 2;
/** A block's own time on the line is part of its round trip, and none of the path's, bytes. */
const BLOCK_BYTES = 16 * 1024;
/** Rounds for which a window that is held back stays at what the line's rate fills: slow start has found it, though the queue never became long enough to end it. */
const SETTLED_ROUNDS = 4;
/**
 * Below this rate (bytes per ms) a block is 16 ms and more on the line: what a lone connection's gaps have shown is the line and no busy page. Lanes that come later
 * find no more there, and what they are asked for beyond it fills a short queue.
 */
const SLOW_LINE = 1000;
/** A window cut to this part, with what the round trip is above the base still at that part of what it was, shows a longer path. */
const DOUBT_CUT = 0.3;
const DOUBT_QUEUE = 0.9;
const DOUBT_MIN_BYTES = 64 * 1024;
/** The same for the only window in use: what it cut cannot be filled by others of ours. Three blocks are the least that it comes down to. */
const DOUBT_CUT_ALONE = 0.4;
const DOUBT_MIN_BYTES_ALONE = 48 * 1024;

/**
 * How many bytes may be asked for and not yet have come, per neighbour: the congestion window of a receiver.
 *
 * Delay based after FAST TCP (Wei et al. 2006), but aiming at a queueing *time* (as Swift and Copa do) and not at a number of bytes, so that
 * a CPU-bound path with jitter keeps enough in flight and a slow line is not flooded. All decisions use the smallest
 * round trip of a round: a single slow block (disk, garbage collection) says nothing about the path.
 */
export class RequestWindow {
  /** Nothing is asked of any other neighbour meanwhile. */
  alone = true;
  /** The path's round trip as the transport measured it, ms: where a CPU is the bound, no block is ever as quick. */
  pathMs = Infinity;
  /** That the neighbour's blocks may come over: more than one are lanes. */
  connections = 1;
  readonly #bounds: WindowBounds;
  #floor: number;
  #size: number;
  #slowStart = true;
  /** Smallest round trips of the current and the former period. */
  #baseNow = Infinity;
  #basePast = Infinity;
  #periodEnd: number | undefined;
  #roundStart: number | undefined;
  #roundMin = Infinity;
  #samples = 0;
  /** The requester was held back by the window in this round, or in the one before: growth has a reason. */
  #held = false;
  #heldBefore = false;
  #quiet = 0;
  /** The window's size when this round began. */
  #sizeBefore = Infinity;
  #draining = 0;
  /** The base that a drain aims below: the one being measured would move the mark. */
  #drainBase = 0;
  #doubted = false;
  #shrinkFrom: { readonly size: number; readonly rtt: number } | undefined;
  #smooth = 0;
  /** On far paths and over lanes alone. */
  readonly #arrivals = new Arrivals();
  /** The base when our own queue was last known to be out of it, ms. */
  #drained: number | undefined;
  /** Round trips of the last blocks in slow start. */
  #recent: number[] = [];
  /** What the blocks of slow start show of the line. */
  readonly #peak = new PeakRate();
  /** Rounds at what that rate fills. */
  #settled = 0;

  constructor(bounds: WindowBounds) {
    this.#bounds = bounds;
    this.#size = bounds.windowInitialBytes;
    this.#floor = bounds.windowMinBytes;
  }

  /** It need not shrink below so many bytes, though delay asks for it; a drain goes below. */
  set floor(bytes: number) {
    this.#floor = Math.max(this.#bounds.windowMinBytes, bytes);
  }

  /** Bytes that may be outstanding now. */
  get bytes(): number {
    if (this.#draining === 0) return this.#size;
    const part = this.#doubted
      ? DOUBT_DRAIN_PART
      : (DRAIN_PART * this.#drainBase) / Math.max(this.#drainBase, this.#smooth);
    return Math.max(this.#bounds.windowMinBytes, this.#size * part);
  }

  /** Smallest round trip believed in, ms; 0 before the first block. */
  get base(): number {
    const base = Math.min(this.#baseNow, this.#basePast);
    return base === Infinity ? 0 : base;
  }

  /** Whether a CPU and not a line bounds this path, as far as its length tells: between two tabs or in one room. */
  get short(): boolean {
    return this.#length < SHORT_PATH_BASE_MS / 2;
  }

  /** Whether a round trip here is long enough that what is asked for at once comes as a burst, and leaves the line idle afterwards. */
  get long(): boolean {
    return this.base >= LONG_PATH_MS;
  }

  /** Whether it is also the path that is long, and not a block's own time on a slow line. */
  get far(): boolean {
    return this.long && this.pathMs >= FAR_PATH_MS;
  }

  /** Nothing has shown yet how much the path holds. */
  get inSlowStart(): boolean {
    return this.#slowStart;
  }

  /** Smoothed round trip from request to block, ms; 0 before the first block. */
  get rtt(): number {
    return this.#smooth;
  }

  /** The requester would have asked for more. */
  full(): void {
    this.#held = true;
  }

  /** A block that was asked for at `sentAt` came at `now` (ms). */
  sample(sentAt: number, now: number, length: number): void {
    // Clocks in pages are coarse (0.1 to 1 ms): a round trip of 0 would make every queue look endless.
    const rtt = Math.max(0.2, now - sentAt);
    this.#smooth = this.#smooth === 0 ? rtt : this.#smooth + (rtt - this.#smooth) / 8;
    this.#periodEnd ??= periodAfter(now);
    this.#roundStart ??= sentAt;
    this.#baseNow = Math.min(this.#baseNow, rtt);
    this.#roundMin = Math.min(this.#roundMin, rtt);
    this.#samples += 1;
    if (this.far || this.connections > 1) this.#arrivals.add(now, length, this.base);
    else this.#arrivals.clear();
    if (this.#slowStart) this.#climb(now, rtt, length);
    if (sentAt >= this.#roundStart && this.#samples >= MIN_SAMPLES) this.#endRound(now);
  }

  /** The path fell silent: what was known of it is void. */
  reset(): void {
    this.#size = this.#bounds.windowInitialBytes;
    this.#slowStart = true;
    this.#baseNow = this.#basePast = this.#roundMin = Infinity;
    this.#periodEnd = this.#roundStart = this.#shrinkFrom = this.#drained = undefined;
    this.#arrivals.clear();
    this.#recent = [];
    this.#peak.clear();
    this.#samples = this.#quiet = this.#draining = this.#settled = 0;
    this.#held = this.#heldBefore = this.#doubted = false;
  }

  /** How long the path is, ms; Infinity while nobody knows. */
  get #length(): number {
    // No CPU holds up each block of a whole period for so long: what the transport measured is of a path that was.
    if (this.long) return this.base;
    return Math.min(this.#baseNow, this.#basePast, this.pathMs);
  }

  /** Queueing time aimed at, ms. */
  get #target(): number {
    const short = SHORT_PATH_MS * Math.max(0, 1 - this.#length / SHORT_PATH_BASE_MS);
    return short + Math.min(TARGET_MAX_MS, TARGET_MS * (2 ** 20 / this.#size) ** 0.25);
  }

  #climb(now: number, rtt: number, length: number): void {
    this.#watchRate(now, length);
    const filled = this.#rateWindow;
    // It grew with the first bursts, which told of no rate yet. Fewer bytes now are cheap: an overflow costs SCTP seconds.
    if (this.far && this.connections === 1 && this.#size > filled) this.#resize(filled, now);
    const cap = Math.min(filled, this.#most(now));
    const samples = this.far
      ? Math.max(MIN_SAMPLES, Math.min(FAR_PATH_SAMPLES, Math.round(this.#size / length)))
      : MIN_SAMPLES;
    this.#recent.push(rtt);
    while (this.#recent.length > samples) this.#recent.shift();
    // Far below what the line seems to hold, a burst delays its own last blocks: that is no standing queue.
    const near = this.long ? 0.9 : 0.5;
    if (this.#size > near * cap && this.#recent.length === samples)
      this.#endClimb(Math.min(...this.#recent), now);
    if (this.#slowStart && this.#size < cap && (this.#held || this.#heldBefore))
      this.#resize(Math.min(cap, this.#size + length * (SLOW_START_GAIN - 1)), now);
  }

  #endClimb(rtt: number, now: number): void {
    if (rtt - this.base <= Math.max(SLOW_START_DELAY_MS, SLOW_START_DELAY_PART * this.base)) return;
    this.#slowStart = false;
    // These blocks were asked for a round ago, when the window was smaller: that one gives the line's rate.
    const then = this.long ? Math.min(this.#size, this.#sizeBefore) : this.#size / SLOW_START_GAIN;
    const byDelay = (then * (this.base + this.#target)) / rtt;
    // Never below what the path does carry.
    this.#resize(Math.max(byDelay, Math.min(this.#size, this.#windowFor(this.#carried(now)))), now);
    this.#drained = this.base;
    this.#restartRound();
  }

  #watchRate(now: number, bytes: number): void {
    if (this.#isKnownSlow) return;
    const pauseMs = this.far ? PAUSE_PART * this.base : Infinity;
    this.#peak.add({ now, bytes, pauseMs, loneAndFar: this.far && this.connections === 1 });
  }

  /** Lanes have come to a line that was seen to be slow. */
  get #isKnownSlow(): boolean {
    return this.far && this.connections > 1 && this.#peak.isSure && this.#peak.bytesPerMs < SLOW_LINE;
  }

  /** Holds what comes at the peak rate in a round trip, and the queue aimed at, bytes; Infinity while there is no such rate. */
  get #rateWindow(): number {
    const rate = this.#peak.bytesPerMs;
    if (rate === 0) return Infinity;
    if (!this.far) return rate * (this.base + this.#target);
    // While SCTP's window opens no block is as quick as the path.
    return rate * (Math.min(this.base, this.pathMs) + this.#target) + BLOCK_BYTES;
  }

  /** How far the window may grow by what the path carries. */
  #most(now: number): number {
    if (!this.far) return Infinity;
    const { last, before } = this.#arrivals.rounds(now, this.base);
    // What is asked for now comes in the round after the next, by when it has grown twice.
    const growth = !this.#slowStart ? 1 : before === 0 ? Infinity : (last / before) ** 2;
    const part = Math.min(CARRIED_PART_MOST, Math.max(CARRIED_PART, growth));
    const least = this.connections > 1 && !this.#isKnownSlow ? 2 * CARRIED_LEAST_BYTES : CARRIED_LEAST_BYTES;
    return Math.max(least, part * this.#windowFor(Math.max(last, before)));
  }

  /** Bytes of the busier of the last two round trips. */
  #carried(now: number): number {
    const { last, before } = this.#arrivals.rounds(now, this.base);
    return Math.max(last, before);
  }

  /** A window that holds what comes in a round trip, bytes, and the queue aimed at. */
  #windowFor(carried: number): number {
    return (carried * (this.base + this.#target)) / this.base;
  }

  #endRound(now: number): void {
    const rtt = this.#roundMin;
    if (this.#draining > 0) {
      this.#draining -= 1;
      if (this.#draining === 0) {
        this.#doubted = false;
        this.#drained = this.#baseNow;
      }
    } else if (this.#slowStart) this.#endClimb(rtt, now);
    else this.#adjust(rtt, now);
    const still = this.#held && this.#size === this.#sizeBefore;
    this.#settled = still && this.#size >= this.#rateWindow ? this.#settled + 1 : 0;
    if (this.#settled >= SETTLED_ROUNDS) this.#slowStart = false;
    this.#heldBefore = this.#held;
    this.#sizeBefore = this.#size;
    this.#restartRound();
    this.#roundStart = now;
    if (this.#periodEnd === undefined || now < this.#periodEnd) return;
    // It has found what the path carries, at a delay too short to end it: from now on the base is measured anew.
    if (this.far && still) this.#slowStart = false;
    this.#nextPeriod(now);
  }

  #adjust(rtt: number, now: number): void {
    const base = this.base;
    const factor = (base + this.#target) / rtt;
    if (factor < 1) {
      this.#quiet = 0;
      this.#shrinkFrom ??= { size: this.#size, rtt };
      this.#resize(this.#size * (1 + Math.max(0.5, factor)) * 0.5, now);
      this.#doubtBase(rtt, now);
      return;
    }
    this.#shrinkFrom = undefined;
    if (!this.#held) return;
    this.#quiet = rtt - base < this.#target / 2 ? this.#quiet + 1 : 0;
    const gain = (1 + Math.min(2, factor)) * 0.5;
    const size = this.#size * (this.#quiet >= QUIET_ROUNDS ? Math.max(QUIET_GAIN, gain) : gain);
    this.#resize(Math.max(this.#size, Math.min(size, this.#most(now))), now);
  }

  /** Had the delay been our own queue, a window cut so far would have shortened it: so the path itself is longer now. */
  #doubtBase(rtt: number, now: number): void {
    const from = this.#shrinkFrom;
    const cut = this.alone ? DOUBT_CUT_ALONE : DOUBT_CUT;
    if (from === undefined || this.#size > cut * from.size) return;
    if (rtt - this.base < DOUBT_QUEUE * (from.rtt - this.base)) return;
    // A handful of blocks cannot be cut finely enough to tell; the base then ages out.
    if (this.#size < (this.alone ? DOUBT_MIN_BYTES_ALONE : DOUBT_MIN_BYTES)) return;
    this.#baseNow = rtt;
    this.#basePast = Infinity;
    this.#doubted = true;
    this.#shrinkFrom = undefined;
    this.#resize(from.size * 0.8, now);
  }

  #nextPeriod(now: number): void {
    this.#periodEnd = periodAfter(now);
    this.#drainBase = this.base;
    this.#basePast = this.#doubted ? Infinity : this.#baseNow;
    this.#baseNow = Infinity;
    if (this.#slowStart) return;
    if (this.far && this.#drained !== undefined && this.#basePast - this.#drained <= this.#target) {
      // Two rounds at less cost a long path's line dearly, and would tell nothing new: it was seen about as short with our queue as without.
      this.#basePast = Math.min(this.#basePast, this.#drained);
      return;
    }
    // Our own queue would otherwise be taken for the path's length, a little more in each period.
    this.#draining = DRAIN_ROUNDS;
  }

  #restartRound(): void {
    this.#roundMin = Infinity;
    this.#samples = 0;
    this.#held = false;
  }

  #resize(size: number, now: number): void {
    const lanes =
      this.connections === 1
        ? 0
        : Math.min(
            this.connections * LANE_BYTES,
            LANES_PART * this.#carried(now),
            this.#isKnownSlow ? this.#rateWindow : Infinity,
          );
    this.#size = Math.min(this.#bounds.windowMaxBytes, Math.max(this.#floor, lanes, size));
  }
}

/** On the clock and not by the path's age: all windows of a receiver drain together, or each would measure the others' queue. */
function periodAfter(now: number): number {
  return now - (now % BASE_PERIOD_MS) + BASE_PERIOD_MS;
}
