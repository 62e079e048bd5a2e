import { BLOCK_FRAME, MAX_FRAME_BYTES } from '@shoal/protocol';
import type { Bytes, ConnectionSignal, IceServer } from '@shoal/protocol';
import type {
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
} from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LinkLimits } from './limits.ts';
import { SendQueue } from './send-queue.ts';
import { withoutRelays } from './without-relays.ts';

/** Feature named in a hello by those who take lanes. */
export const LANES_FEATURE = 'lanes';
/** Connections of a link at most, the first included. Eight hold 5.5 of 6 MB/s at 0.1 % loss and 50 ms (measured; Chromium); at 1 % it takes more. Each costs a page some 0.25 MB. */
export const MAX_CONNECTIONS = 16;
/** Connections of a link, step by step: where loss is felt at all, a second one is not enough. */
const STEPS = [4, 8, MAX_CONNECTIONS];
/** Signals taken for one lane: a description and its candidates are some thirty. */
const MAX_SIGNALS = 64;
/** Lanes that each side may try in the life of a link; more is no attempt to fill a path. */
const MAX_TRIES = 128;

export interface LanesOptions {
  /** Whether we made the first connection: then our lanes have odd numbers, and the other side's even ones. */
  readonly initiator: boolean;
  readonly iceServers: () => readonly IceServer[];
  readonly relayOnly: boolean;
  readonly connect: PeerConnectionFactory;
  readonly scheduler: Scheduler;
  readonly limits: LinkLimits;
  /** To be told to the other side over the first connection. */
  readonly signal: (lane: number, signal: ConnectionSignal) => void;
  /** A block frame came over a lane. */
  readonly block: (frame: Bytes) => void;
  /** What a lane's messages are sent through. */
  readonly sender: (connection: PeerConnection) => Pick<PeerConnection, 'bufferedAmount' | 'send'>;
  /** There are others than before in {@link Lanes.open}. */
  readonly changed: () => void;
  /** There may be more room: a lane's send buffer is low, or came or went. */
  readonly writable: () => void;
  readonly violation: (detail: string) => void;
}

interface Lane {
  readonly connection: PeerConnection;
  readonly queue: SendQueue;
  readonly stopDeadline: () => void;
  open: boolean;
  signals: number;
}

/** The connections of a link beside its first: they carry blocks, in any order, and come and go without a word. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<number, Lane>();
  #nextNumber: number;
  #tries = 0;
  #closed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#nextNumber = options.initiator ? 1 : 2;
  }

  /** Lanes that are up. */
  get open(): readonly PeerConnection[] {
    return [...this.#lanes.values()].flatMap(({ open, connection }) => (open ? [connection] : []));
  }

  /** Bytes given to lanes that have not left yet. */
  get bufferedAmount(): number {
    let sum = 0;
    for (const { connection } of this.#lanes.values()) sum += connection.bufferedAmount;
    return sum;
  }

  /** The open lane with the shortest send buffer, unless it is longer than `limit` bytes: then control messages had better share the first connection. */
  shortest(limit: number): SendQueue | undefined {
    let least = limit;
    let best: SendQueue | undefined;
    for (const { connection, queue, open } of this.#lanes.values()) {
      const { bufferedAmount } = connection;
      if (!open || bufferedAmount > least || (best !== undefined && bufferedAmount === least)) continue;
      least = bufferedAmount;
      best = queue;
    }
    return best;
  }

  /** Opens lanes for the next of {@link STEPS}. */
  more(): void {
    const wanted = (STEPS.find(step => step > this.#lanes.size + 1) ?? MAX_CONNECTIONS) - 1;
    while (!this.#closed && this.#lanes.size < wanted && this.#nextNumber <= 2 * MAX_TRIES) {
      this.#add(this.#nextNumber, true);
      this.#nextNumber += 2;
    }
  }

  /** What the other side says of a lane. What makes no sense any more is ignored: lanes end without a word. */
  receive(number: number, signal: ConnectionSignal): void {
    if (this.#closed) return;
    const lane = this.#lanes.get(number) ?? this.#offered(number, signal);
    if (lane === undefined) return;
    lane.signals += 1;
    if (lane.signals <= MAX_SIGNALS) lane.connection.signal(signal);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const number of [...this.#lanes.keys()]) this.#remove(number);
  }

  #offered(number: number, signal: ConnectionSignal): Lane | undefined {
    const theirs = number % 2 === (this.#options.initiator ? 0 : 1);
    if (signal.kind !== 'offer' || !theirs) return undefined;
    this.#tries += 1;
    if (this.#tries > MAX_TRIES) this.#options.violation('lanes without end');
    if (this.#closed || this.#lanes.size + 1 >= MAX_CONNECTIONS) return undefined;
    return this.#add(number, false);
  }

  #add(number: number, initiator: boolean): Lane {
    const { iceServers, relayOnly, connect, scheduler, limits, sender, signal } = this.#options;
    const connection = connect({
      initiator,
      // Relays are others' to pay for: a lane is direct, or there is none.
      iceServers: withoutRelays(iceServers()),
      relayOnly,
      // A lane is refilled earlier than a lone connection: its share of the buffer is smaller.
      lowWater: limits.lowWater / MAX_CONNECTIONS,
      listener: event => {
        if (event.type === 'signal') signal(number, event.signal);
        else this.#event(number, event);
      },
    });
    const lane: Lane = {
      connection,
      queue: new SendQueue(sender(connection), limits),
      stopDeadline: scheduler.after(limits.connectTimeoutMs, () => {
        if (!lane.open) this.#remove(number);
      }),
      open: false,
      signals: 0,
    };
    this.#lanes.set(number, lane);
    return lane;
  }

  #event(number: number, event: Exclude<PeerConnectionEvent, { type: 'signal' }>): void {
    const lane = this.#lanes.get(number);
    if (lane === undefined) return;
    switch (event.type) {
      case 'connect':
        lane.open = true;
        lane.stopDeadline();
        this.#options.changed();
        this.#options.writable();
        break;
      case 'message':
        this.#message(event.data);
        break;
      case 'buffer-low':
        lane.queue.drain();
        this.#options.writable();
        break;
      case 'close':
        this.#remove(number);
        break;
      case 'turn-refused':
      case 'interrupted':
        break; // The first connection shares the path and finds out.
    }
  }

  #message(data: Bytes): void {
    if (data.length === 0) return; // A nudge.
    if (data.length > MAX_FRAME_BYTES || data[0] !== BLOCK_FRAME)
      this.#options.violation('something else than a block on a lane');
    else this.#options.block(data);
  }

  #remove(number: number): void {
    const lane = this.#lanes.get(number);
    if (lane === undefined) return;
    this.#lanes.delete(number);
    lane.stopDeadline();
    lane.queue.clear();
    lane.connection.destroy();
    if (!lane.open) return;
    this.#options.changed();
    // What it held counts no more against the link's room.
    this.#options.writable();
  }
}
