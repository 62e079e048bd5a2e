import type { EventQueue } from './event-queue.ts';

/** A frame of bulk data on its way; `deliver` runs when its last byte has arrived. */
export interface Frame {
  readonly bytes: number;
  readonly deliver: () => void;
}

/** Whom an access line sends to, with the frames that wait for it. */
export interface Outlet {
  readonly frames: Frame[];
  readonly target: Access;
  /** A frame has left the buffer. */
  readonly left: (bytes: number) => void;
}

/**
 * A member's access line: its uplink is shared by all its links in turn, frame by frame; its downlink is first come, first served.
 * The core of the network has no bottleneck and adds the latency of both ends.
 */
export class Access {
  /** Bytes per ms. */
  readonly up: number;
  readonly down: number;
  /** One way to the core, ms. */
  readonly latency: number;
  /** Of frames alone. */
  upBytes = 0;
  readonly #queue: EventQueue;
  readonly #turns: Outlet[] = [];
  #sending = false;
  /** Bytes of control messages that went out since the last frame began. */
  #owed = 0;
  #downFree = 0;

  /** @param rates bytes per second and ms */
  constructor(
    queue: EventQueue,
    rates: { readonly up: number; readonly down: number; readonly latency: number },
  ) {
    this.#queue = queue;
    this.up = rates.up / 1000;
    this.down = rates.down / 1000;
    this.latency = rates.latency;
  }

  send(outlet: Outlet, frame: Frame): void {
    outlet.frames.push(frame);
    if (outlet.frames.length === 1) this.#turns.push(outlet);
    this.#next();
  }

  /** A control message goes out at once, and the frame after the present one is the later for it. On an idle line nobody waits. */
  spend(bytes: number): void {
    if (this.#sending) this.#owed += bytes;
  }

  /** The link is cut: what waits is lost. */
  cut(outlet: Outlet): void {
    outlet.frames.length = 0;
    const at = this.#turns.indexOf(outlet);
    if (at >= 0) this.#turns.splice(at, 1);
  }

  #next(): void {
    if (this.#sending) return;
    const outlet = this.#turns.shift();
    const frame = outlet?.frames.shift();
    if (outlet === undefined || frame === undefined) return;
    if (outlet.frames.length > 0) this.#turns.push(outlet);
    this.#sending = true;
    const bytes = frame.bytes + this.#owed;
    this.#owed = 0;
    this.#queue.after(bytes / this.up, () => {
      this.#sending = false;
      this.upBytes += frame.bytes;
      this.#queue.after(this.latency + outlet.target.latency, () => outlet.target.#receive(frame));
      outlet.left(frame.bytes);
      this.#next();
    });
  }

  #receive(frame: Frame): void {
    // Bits of a frame flow through: the downlink delays a frame only as far as it is slower or busy.
    const now = this.#queue.now;
    this.#downFree = Math.max(this.#downFree, now - frame.bytes / this.down) + frame.bytes / this.down;
    this.#queue.after(this.#downFree - now, frame.deliver);
  }
}
