import type { EventQueue } from './event-queue.ts';
import { Sctp } from './sctp.ts';
import type { Wire } from './wire.ts';

/** As transport's link: its send buffers together hold so much, bytes, and are filled again at so much (less on lanes). */
const HIGH_WATER = 1024 * 1024;
const LOW_WATER = 256 * 1024;
/** As transport's nudger ([ND2]). */
const BURST_BYTES = 4 * 1150;
const CLOCKED_BYTES = 64 * 1024;
const MAX_NUDGES = 7;
/** Neither nudges nor lanes below this round trip, ms. */
const MIN_RTT_MS = 10;
/** As transport's lane policy ([LN2]). */
const LOOK_MS = 125;
const READINGS = 8;
const BACKLOGGED = 6;
const QUEUE_MS = 8;
const QUEUE_PART = 0.15;
const WORTH = 1.4;
const STEPS = [4, 8, 16];
/** From this round trip on the first block brings the first step, ms. */
const LONG_PATH_MS = 150;
/** Until a lane is up: so many round trips, but at least what a browser takes (ms; measured in Chromium: 0.5 to 0.9 s at 50 ms, a second at 200). */
const SETUP_ROUNDS = 4;
const SETUP_MS = 600;
/** ICE measures a lone connection's path at first so often, and from then on so rarely, ms; with several to look at, one is always news. */
const CHECK_MS = 480;
const STABLE_CHECK_MS = 2500;
const FIRST_CHECKS = 5;

interface Job {
  readonly bytes: number;
  readonly delivered: () => void;
}

/** A sharer's end of a link: blocks go out in turn over one SCTP connection, or over lanes where its policy sees loss. */
export class Giver {
  readonly #queue: EventQueue;
  readonly #there: Wire;
  readonly #back: Wire;
  readonly #opened: (connections: number) => void;
  readonly #lanes: Lane[] = [];
  #jobs: Job[] = [];
  #looks: Look[] = [];
  #given = 0;
  #rateBefore = 0;
  #checks = 0;
  #nextCheck = 0;
  /** That ICE saw last, since the last step: a queue, ms. */
  #seenMs: number | undefined;
  #began = false;

  constructor(queue: EventQueue, there: Wire, back: Wire, opened: (connections: number) => void) {
    this.#queue = queue;
    this.#there = there;
    this.#back = back;
    this.#opened = opened;
    this.#open(1);
    this.#look();
  }

  control(bytes: number, delivered: () => void): void {
    this.#lanes[0]?.sctp.send(bytes, delivered);
  }

  block(bytes: number, delivered: () => void): void {
    this.#given += bytes;
    this.#jobs.push({ bytes, delivered });
    if (!this.#began && this.#there.rttMs >= LONG_PATH_MS) this.#more();
    this.#began = true;
    this.#serve();
  }

  get #buffered(): number {
    return this.#lanes.reduce((sum, { sctp }) => sum + sctp.buffered, 0);
  }

  #serve(): void {
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      if (this.#buffered + job.bytes > HIGH_WATER) return;
      this.#jobs.shift();
      const lane = this.#lanes.reduce((best, other) =>
        other.sctp.buffered < best.sctp.buffered ? other : best,
      );
      lane.send(job.bytes, job.delivered);
    }
  }

  #open(count: number): void {
    while (this.#lanes.length < count)
      this.#lanes.push(
        new Lane(this.#queue, this.#there, this.#back, {
          lowWater: this.#lanes.length === 0 ? LOW_WATER : LOW_WATER / 16,
          low: () => this.#serve(),
        }),
      );
    this.#opened(count);
    this.#serve();
  }

  #more(): void {
    const wanted = STEPS.find(step => step > this.#lanes.length) ?? this.#lanes.length;
    this.#queue.after(Math.max(SETUP_MS, SETUP_ROUNDS * this.#there.rttMs), () => this.#open(wanted));
  }

  #look(): void {
    const { rttMs } = this.#there;
    const buffered = this.#buffered;
    const waiting = this.#jobs.reduce((sum, { bytes }) => sum + bytes, 0);
    const look = { at: this.#queue.now, left: this.#given - buffered - waiting, backlogged: buffered > 0 };
    this.#looks = [...this.#looks, look].slice(-READINGS);
    this.#check();
    if (this.#pathIsClear() && this.#looks.filter(({ backlogged }) => backlogged).length >= BACKLOGGED) {
      const rate = rateOf(this.#looks);
      if (rate >= WORTH * this.#rateBefore) {
        this.#looks = [];
        this.#rateBefore = rate;
        this.#seenMs = undefined;
        this.#more();
      }
    }
    this.#queue.after(Math.max(LOOK_MS, rttMs), () => this.#look());
  }

  #check(): void {
    const { now } = this.#queue;
    if (now < this.#nextCheck) return;
    this.#checks += 1;
    this.#seenMs = this.#there.waitMs;
    const often = this.#checks <= FIRST_CHECKS || this.#lanes.length > 1;
    this.#nextCheck = now + (often ? CHECK_MS : STABLE_CHECK_MS);
  }

  #pathIsClear(): boolean {
    const { rttMs } = this.#there;
    return (
      rttMs >= MIN_RTT_MS &&
      this.#seenMs !== undefined &&
      this.#seenMs <= Math.max(QUEUE_MS, QUEUE_PART * rttMs)
    );
  }
}

interface Look {
  readonly at: number;
  /** Bytes that have left the send buffers so far. */
  readonly left: number;
  readonly backlogged: boolean;
}

/** Bytes per ms. */
function rateOf(looks: readonly Look[]): number {
  const [first, last] = [looks[0], looks.at(-1)];
  return first === undefined || last === undefined || last.at === first.at
    ? 0
    : (last.left - first.left) / (last.at - first.at);
}

/** One connection, with the nudger before it. */
class Lane {
  readonly sctp: Sctp;
  readonly #queue: EventQueue;
  readonly #there: Wire;
  #level = 0;
  #at = 0;

  constructor(
    queue: EventQueue,
    there: Wire,
    back: Wire,
    buffer: { readonly lowWater: number; readonly low: () => void },
  ) {
    this.#queue = queue;
    this.#there = there;
    this.sctp = new Sctp({ queue, there, back, ...buffer });
  }

  send(bytes: number, delivered: () => void): void {
    this.sctp.send(bytes, delivered, this.#nudges(bytes));
  }

  #nudges(bytes: number): number {
    const { rttMs } = this.#there;
    if (rttMs < MIN_RTT_MS) return 0;
    const { now } = this.#queue;
    const before = Math.max(0, this.#level - ((now - this.#at) / rttMs) * CLOCKED_BYTES);
    this.#at = now;
    this.#level = Math.min(2 * CLOCKED_BYTES, before + bytes);
    return before < CLOCKED_BYTES ? Math.min(MAX_NUDGES, Math.ceil(bytes / BURST_BYTES) - 1) : 0;
  }
}
