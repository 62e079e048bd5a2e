import type { EventQueue } from './event-queue.ts';
import type { Wire } from './wire.ts';

/** Constants of dcSCTP, which Chromium uses; bytes and ms. */
const MTU = 1191;
/** Of a message in a packet; the rest of an MTU is SCTP's own. */
const PAYLOAD = 1160;
const OWN_BYTES = MTU - PAYLOAD;
/** DTLS, UDP, IP and Ethernet. */
const HEADERS = 75;
const SACK_BYTES = 140;
const FIRST_WINDOW = 10 * MTU;
const LEAST_WINDOW = 4 * MTU;
/** The receiver's buffer. */
const FIRST_THRESHOLD = 5 * 1024 * 1024;
const MAX_BURST = 4;
const FIRST_RTO = 500;
const MIN_RTO = 400;
const MIN_VARIANCE = 220;
const MAX_BACKOFF = 16;
const DELAYED_SACK = 200;
/** Reports of a gap until it is taken for a loss. */
const MISSING_REPORTS = 3;

interface Message {
  packetsLeft: number;
  readonly delivered: () => void;
}

interface Packet {
  readonly sequence: number;
  /** With SCTP's own. */
  readonly bytes: number;
  readonly message: Message;
  state: 'waiting' | 'sent' | 'lost' | 'acked';
  /** It was sent more than once: its round trip is unknown, and it is not lost again by reports. */
  again: boolean;
  sentAt: number;
  missing: number;
}

export interface SctpOptions {
  readonly queue: EventQueue;
  readonly there: Wire;
  readonly back: Wire;
  /** Called when the send buffer falls to `lowWater` bytes. */
  readonly lowWater?: number;
  readonly low?: () => void;
}

/**
 * One direction of an SCTP association, packet by packet: what lies below the request window, and has a window of its own. That starts at 10 packets and
 * grows by one with each SACK, which acknowledges two, while it is full: by half in a round trip. Four packets go out at a time; messages arrive in order.
 */
export class Sctp {
  readonly #options: SctpOptions;
  readonly #receiver: Receiver;
  #waiting: Packet[] = [];
  readonly #sent = new Map<number, Packet>();
  readonly #lost: Packet[] = [];
  #nextSequence = 0;
  #buffered = 0;
  #inFlight = 0;
  #window = FIRST_WINDOW;
  #threshold = FIRST_THRESHOLD;
  #partial = 0;
  /** Fast recovery lasts until this is acknowledged. */
  #recovery: number | undefined;
  #rtt: { smooth: number; variance: number } | undefined;
  #backoff = 1;
  #timer = 0;

  constructor(options: SctpOptions) {
    this.#options = options;
    this.#receiver = new Receiver(
      options,
      () => this.#rto,
      (below, early) => this.#sacked(below, early),
    );
  }

  /** Bytes given and not sent for the first time yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** `nudges`: empty messages after it, each of which lets one more burst out. */
  send(bytes: number, delivered: () => void, nudges = 0): void {
    const message: Message = { packetsLeft: Math.ceil(bytes / PAYLOAD), delivered };
    for (let left = bytes; left > 0; left -= PAYLOAD) {
      const packetBytes = Math.min(left, PAYLOAD) + OWN_BYTES;
      const sequence = this.#nextSequence;
      this.#nextSequence += 1;
      this.#waiting.push({
        sequence,
        bytes: packetBytes,
        message,
        state: 'waiting',
        again: false,
        sentAt: 0,
        missing: 0,
      });
    }
    this.#buffered += bytes;
    for (let burst = 0; burst <= nudges; burst += 1) this.#burst();
  }

  #burst(): void {
    const { lowWater = 0, low } = this.#options;
    const before = this.#buffered;
    for (let count = 0; count < MAX_BURST; count += 1) {
      const packet = this.#lost[0] ?? this.#waiting[0];
      if (packet === undefined || (this.#inFlight > 0 && this.#inFlight + packet.bytes > this.#window)) break;
      this.#put(packet);
    }
    if (before > lowWater && this.#buffered <= lowWater) low?.();
  }

  #put(packet: Packet): void {
    packet.again = packet.state === 'lost';
    if (packet.again) this.#lost.splice(this.#lost.indexOf(packet), 1);
    else {
      this.#waiting.shift();
      this.#buffered -= packet.bytes - OWN_BYTES;
    }
    packet.state = 'sent';
    packet.missing = 0;
    packet.sentAt = this.#options.queue.now;
    this.#sent.set(packet.sequence, packet);
    this.#inFlight += packet.bytes;
    if (this.#sent.size === 1) this.#arm();
    const { sequence, message } = packet;
    this.#options.there.send(packet.bytes + HEADERS, () => this.#receiver.receive(sequence, message));
  }

  /** All below `below` have arrived, and those of `early`. */
  #sacked(below: number, early: readonly number[]): void {
    const full = this.#inFlight + MTU >= this.#window;
    let acked = 0;
    let advanced = false;
    for (const packet of this.#sent.values()) {
      if (packet.sequence >= below) break;
      advanced = true;
      if (early.length === 0 && packet.sequence === below - 1 && !packet.again) this.#measure(packet.sentAt);
      acked += this.#ack(packet);
      this.#sent.delete(packet.sequence);
    }
    if (this.#recovery !== undefined && below > this.#recovery) this.#recovery = undefined;
    let newest = -1;
    for (const sequence of early) {
      const bytes = this.#ack(this.#sent.get(sequence));
      acked += bytes;
      if (bytes > 0) newest = Math.max(newest, sequence);
    }
    if (advanced) {
      this.#backoff = 1;
      // What a sender does not fill does not grow: measured, a window that its user leaves idle stays where loss has put it.
      if (full) this.#grow(acked);
      this.#arm();
    }
    if (newest >= 0) this.#lookForLoss(newest);
    this.#burst();
  }

  #ack(packet: Packet | undefined): number {
    if (packet === undefined || packet.state === 'acked') return 0;
    if (packet.state === 'lost') this.#lost.splice(this.#lost.indexOf(packet), 1);
    else this.#inFlight -= packet.bytes;
    packet.state = 'acked';
    return packet.bytes;
  }

  #grow(acked: number): void {
    if (this.#window <= this.#threshold) {
      if (this.#recovery === undefined) this.#window += Math.min(acked, MTU);
      return;
    }
    this.#partial += acked;
    if (this.#partial < this.#window) return;
    this.#partial -= this.#window;
    this.#window += MTU;
  }

  #lookForLoss(newest: number): void {
    let found = false;
    for (const packet of this.#sent.values()) {
      if (packet.sequence >= newest) break;
      if (packet.state !== 'sent' || packet.again) continue;
      packet.missing += 1;
      if (packet.missing < MISSING_REPORTS) continue;
      this.#lose(packet);
      found = true;
    }
    if (!found || this.#recovery !== undefined) return;
    this.#threshold = this.#window = Math.max(this.#window / 2, LEAST_WINDOW);
    this.#partial = 0;
    this.#recovery = this.#nextSequence - this.#waiting.length - 1;
    // The first goes out whatever the window says.
    const [first] = this.#lost;
    if (first !== undefined) this.#put(first);
  }

  #lose(packet: Packet): void {
    packet.state = 'lost';
    this.#inFlight -= packet.bytes;
    this.#lost.push(packet);
  }

  #measure(sentAt: number): void {
    const rtt = this.#options.queue.now - sentAt;
    if (this.#rtt === undefined) {
      this.#rtt = { smooth: rtt, variance: rtt / 2 };
      return;
    }
    this.#rtt.variance += (Math.abs(rtt - this.#rtt.smooth) - this.#rtt.variance) / 4;
    this.#rtt.smooth += (rtt - this.#rtt.smooth) / 8;
  }

  get #rto(): number {
    if (this.#rtt === undefined) return FIRST_RTO * this.#backoff;
    const { smooth, variance } = this.#rtt;
    return Math.max(MIN_RTO, smooth + Math.max(MIN_VARIANCE, 4 * variance)) * this.#backoff;
  }

  #arm(): void {
    this.#timer += 1;
    const timer = this.#timer;
    if (this.#sent.size === 0) return;
    this.#options.queue.after(this.#rto, () => {
      if (timer === this.#timer) this.#expired();
    });
  }

  #expired(): void {
    this.#threshold = Math.max(this.#window / 2, LEAST_WINDOW);
    this.#window = MTU;
    this.#partial = 0;
    this.#backoff = Math.min(MAX_BACKOFF, 2 * this.#backoff);
    for (const packet of this.#sent.values()) if (packet.state === 'sent') this.#lose(packet);
    this.#lost.sort((a, b) => a.sequence - b.sequence);
    this.#arm();
    this.#burst();
  }
}

/** The other end: delivers in order, and acknowledges every second packet, or each one while there is a gap. */
class Receiver {
  readonly #options: SctpOptions;
  readonly #rto: () => number;
  readonly #sacked: (below: number, early: readonly number[]) => void;
  #expected = 0;
  readonly #early = new Map<number, Message>();
  #unacked = 0;
  #timer = 0;

  constructor(
    options: SctpOptions,
    rto: () => number,
    sacked: (below: number, early: readonly number[]) => void,
  ) {
    this.#options = options;
    this.#rto = rto;
    this.#sacked = sacked;
  }

  receive(sequence: number, message: Message): void {
    const gap = this.#early.size > 0 || sequence !== this.#expected;
    if (sequence >= this.#expected) this.#early.set(sequence, message);
    for (
      let next = this.#early.get(this.#expected);
      next !== undefined;
      next = this.#early.get(this.#expected)
    ) {
      this.#early.delete(this.#expected);
      this.#expected += 1;
      next.packetsLeft -= 1;
      if (next.packetsLeft === 0) next.delivered();
    }
    this.#unacked += 1;
    if (gap || this.#unacked >= 2) this.#sack();
    else this.#sackLater();
  }

  #sackLater(): void {
    this.#timer += 1;
    const timer = this.#timer;
    this.#options.queue.after(Math.min(DELAYED_SACK, this.#rto() / 2), () => {
      if (timer === this.#timer) this.#sack();
    });
  }

  #sack(): void {
    this.#unacked = 0;
    this.#timer += 1;
    const below = this.#expected;
    const early = [...this.#early.keys()];
    this.#options.back.send(SACK_BYTES, () => this.#sacked(below, early));
  }
}
