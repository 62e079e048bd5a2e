import type { EventQueue } from './event-queue.ts';

/** A line that may change in mid-transfer: functions of the time in ms. */
export interface WireOptions {
  /** Bytes per second. */
  readonly rate: (now: number) => number;
  /** ms there and back, without queue and without a packet's own time. */
  readonly rtt: (now: number) => number;
  /** ms of queue beyond which packets are dropped. */
  readonly queueMs: number;
  /** Part of the packets lost at random, each way. */
  readonly loss?: number;
  readonly random: () => number;
}

/** One direction of a line, packet by packet: they wait in a tail-drop queue, travel half a round trip, and never overtake each other. */
export class Wire {
  readonly #queue: EventQueue;
  readonly #options: WireOptions;
  #free = 0;
  #lastArrival = 0;
  #drops = 0;
  #waits: number[] = [];

  constructor(queue: EventQueue, options: WireOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Queue that a packet would meet now, ms. */
  get waitMs(): number {
    return Math.max(0, this.#free - this.#queue.now);
  }

  get rttMs(): number {
    return this.#options.rtt(this.#queue.now);
  }

  /** Packets that found the queue full, from the start. */
  get drops(): number {
    return this.#drops;
  }

  /** Queueing times of packets that got through since this was asked for last, ms. */
  takeWaits(): readonly number[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  send(bytes: number, arrive: () => void): void {
    const { rate, queueMs, loss = 0, random } = this.#options;
    if (loss > 0 && random() < loss) return;
    const { now } = this.#queue;
    const { waitMs } = this;
    const own = (bytes / rate(now)) * 1000;
    if (waitMs + own > queueMs) {
      this.#drops += 1;
      return;
    }
    this.#waits.push(waitMs);
    this.#free = now + waitMs + own;
    this.#lastArrival = Math.max(this.#lastArrival, this.#free + this.rttMs / 2);
    this.#queue.after(this.#lastArrival - now, arrive);
  }
}
