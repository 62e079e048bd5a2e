import { BLOCK_FRAME } from '@shoal/protocol';
import type { Bytes, ConnectionSignal, IceServer, PeerMessage } from '@shoal/protocol';
import { TokenBucket } from '../mesh/token-bucket.ts';
import type {
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
} from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LinkLimits } from './limits.ts';
import { SendQueue } from './send-queue.ts';
import { withoutRelays } from './without-relays.ts';

/** Feature named in a hello by those who can change over to another connection. */
export const MOVE_FEATURE = 'move';
/** First and longest wait before a direct way is looked for again, ms: routers and STUN servers change seldom. */
const SEEK_MS = { first: 5_000, longest: 120_000 };
/**
 * Times the usual limit that a move may take once we have said `ready`: from then on the other side may be over there already, and to give up costs the link. What
 * is under way may wait behind a full send buffer of a slow relay; a connection that has died says so by itself.
 */
const PATIENCE = 4;
/** Signals taken for one try: a description and its candidates are some thirty. */
const MAX_SIGNALS = 64;
/** Tries that the other side may begin at once, and in the long run: each costs us a connection. */
const TRIES = { burst: 8, perSecond: 0.2 };
/** Bytes kept that came over the new connection before the old one was empty: control messages alone, an honest side sends few. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** What each of them counts for beside its bytes: small ones cost memory too. */
const HELD_OVERHEAD = 256;

export type MoveMessage = Extract<PeerMessage, { type: 'move' | 'moved' }>;
type Way = 'direct' | 'any';

export interface MovesOptions {
  /** Whether we made the first connection: then our tries have odd numbers, and win over the other side's. */
  readonly initiator: boolean;
  /** The latest. */
  readonly iceServers: () => readonly IceServer[];
  readonly relayOnly: boolean;
  readonly connect: PeerConnectionFactory;
  readonly scheduler: Scheduler;
  readonly limits: LinkLimits;
  /** What messages over a connection are sent through. */
  readonly sender: (connection: PeerConnection) => Pick<PeerConnection, 'bufferedAmount' | 'send'>;
  /** Runs `task` after `ms` milliseconds, unless the link ends before. */
  readonly after: (ms: number, task: () => void) => void;
  /** The other side takes moves, and our path is relayed. */
  readonly wanted: () => boolean;
  /** To be told to the other side over the connection of this moment, in order. */
  readonly send: (message: MoveMessage) => void;
  /** What the connection of this moment reports; messages in the order in which they were sent, but for blocks. */
  readonly event: (event: PeerConnectionEvent) => void;
  /** Another connection is in use now. */
  readonly moved: () => void;
  /** A connection was lost with messages that nobody has. */
  readonly lost: () => void;
  readonly violation: (detail: string) => void;
}

interface Strand {
  readonly connection: PeerConnection;
  readonly queue: SendQueue;
}

/** Messages that wait for the other side's last word on the old connection. */
interface Held {
  readonly frames: Bytes[];
  bytes: number;
}

interface Try {
  readonly number: number;
  readonly way: Way;
  readonly mine: boolean;
  readonly strand: Strand;
  readonly iceServers: readonly IceServer[];
  readonly held: Held;
  stopDeadline: () => void;
  signals: number;
  /** Connected, as seen from here and from there. */
  up: boolean;
  upThere: boolean;
}

interface Handover {
  readonly number: number;
  readonly old: Strand;
  readonly held: Held;
  readonly stopDeadline: () => void;
  /** The other side's last word on the old connection is here, and ours is there. */
  heardLast: boolean;
  lastHeard: boolean;
}

/**
 * The connection that a link is made of, and its change for another: a direct one for a relayed one, or a relayed one with fresh
 * credentials for one whose credentials end. The next connection is made beside the old one, and its signals go over that. When it is up on both sides,
 * each says its last word on the old one and goes on over the new one; what comes over the new one waits until the
 * other side's last word is here. So nothing is lost, doubled or out of order, and nobody above notices.
 */
export class Moves {
  readonly #options: MovesOptions;
  readonly #tries: TokenBucket;
  #current: Strand;
  #try: Try | undefined;
  #handover: Handover | undefined;
  #nextNumber: number;
  #seekMs: number = SEEK_MS.first;
  #seeking = false;
  #renewing = false;
  #closed = false;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.#nextNumber = options.initiator ? 1 : 2;
    this.#tries = new TokenBucket(TRIES, () => options.scheduler.now);
    this.#current = this.#open(options.initiator, options.iceServers());
  }

  /** The connection in use. */
  get connection(): PeerConnection {
    return this.#current.connection;
  }

  get queue(): SendQueue {
    return this.#current.queue;
  }

  /** To be called whenever the path was looked at and is a relayed one. What could not be done about that before is tried again. */
  relayed(): void {
    this.#seekDirect();
    if (this.#renewing) this.#renew();
  }

  /** A direct way is looked for, rarer each time, as long as the path is a relayed one. */
  #seekDirect(): void {
    const { initiator, relayOnly, after } = this.#options;
    if (!initiator || relayOnly || this.#seeking) return;
    this.#seeking = true;
    after(this.#seekMs, () => {
      this.#seeking = false;
      if (!this.#options.wanted()) return;
      this.#seekMs = Math.min(SEEK_MS.longest, this.#seekMs * 2);
      this.#start('direct');
      this.#seekDirect();
    });
  }

  /** The credentials of the relay that we use will end, and there are fresh ones. */
  renew(): void {
    this.#renewing = true;
    this.#renew();
  }

  receive(message: MoveMessage): void {
    if (this.#closed) return;
    if (message.type === 'move') this.#signalled(message.move, message.way, message.signal);
    else if (message.move === this.#try?.number && message.step === 'ready') this.#upThere(this.#try);
    else if (message.move === this.#handover?.number) this.#step(this.#handover, message.step);
  }

  /**
   * Nothing moves any more. The connections stay until {@link destroy}: a goodbye goes over the one in use, but who has not come over yet
   * needs our last word on the old one to hear it, and who is over there already listens to the one that we tried.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#try?.stopDeadline();
    this.#handover?.stopDeadline();
    this.#current.queue.clear();
  }

  destroy(): void {
    for (const strand of [this.#current, this.#try?.strand, this.#handover?.old])
      strand?.connection.destroy();
  }

  #open(initiator: boolean, iceServers: readonly IceServer[]): Strand {
    const { connect, limits, relayOnly, sender } = this.#options;
    const connection = connect({
      initiator,
      iceServers,
      relayOnly,
      lowWater: limits.lowWater,
      listener: event => this.#route(strand, event),
    });
    const strand: Strand = { connection, queue: new SendQueue(sender(connection), limits) };
    return strand;
  }

  #route(strand: Strand, event: PeerConnectionEvent): void {
    if (this.#closed) return;
    const handover = this.#handover;
    if (strand === this.#current) {
      if (event.type === 'message' && handover?.heardLast === false) this.#hold(handover.held, event.data);
      else this.#options.event(event);
    } else if (strand === this.#try?.strand) this.#tried(this.#try, event);
    else if (handover !== undefined && strand === handover.old) this.#leaving(handover, event);
  }

  #renew(): void {
    if (this.#options.wanted()) this.#start('any');
  }

  #start(way: Way): void {
    if (this.#closed || this.#handover !== undefined) return;
    if (this.#try !== undefined) {
      // Credentials end; a direct way can wait. Not so once we have said `ready`: see PATIENCE.
      if (way === 'direct' || this.#try.way === 'any' || this.#try.up) return;
      this.#drop();
    }
    this.#begin(this.#nextNumber, way, true);
    this.#nextNumber += 2;
  }

  #begin(number: number, way: Way, mine: boolean): Try {
    const all = this.#options.iceServers();
    const begun: Try = {
      number,
      way,
      mine,
      // Without relays it comes up only if it is direct.
      strand: this.#open(mine, way === 'direct' ? withoutRelays(all) : all),
      iceServers: all,
      held: { frames: [], bytes: 0 },
      stopDeadline: this.#within(1, () => this.#drop()),
      signals: 0,
      up: false,
      upThere: false,
    };
    this.#try = begun;
    return begun;
  }

  #within(times: number, late: () => void): () => void {
    const { scheduler, limits } = this.#options;
    return scheduler.after(times * limits.connectTimeoutMs, late);
  }

  /** The try comes to nothing; the link stays as it is. */
  #drop(): void {
    const dropped = this.#try;
    if (dropped === undefined) return;
    this.#try = undefined;
    dropped.stopDeadline();
    dropped.strand.connection.destroy();
  }

  #signalled(number: number, way: Way, signal: ConnectionSignal): void {
    const known = this.#try?.number === number ? this.#try : this.#offered(number, way, signal);
    if (known === undefined) return;
    known.signals += 1;
    if (known.signals <= MAX_SIGNALS) known.strand.connection.signal(signal);
  }

  #offered(number: number, way: Way, signal: ConnectionSignal): Try | undefined {
    const { initiator, relayOnly } = this.#options;
    const theirs = number % 2 === (initiator ? 0 : 1);
    if (signal.kind !== 'offer' || !theirs || this.#handover !== undefined || !this.#tries.take())
      return undefined;
    if (relayOnly && way === 'direct') return undefined;
    if (this.#try?.mine === true && (way === this.#try.way ? initiator : way === 'direct')) return undefined;
    this.#drop();
    return this.#begin(number, way, false);
  }

  #tried(tried: Try, event: PeerConnectionEvent): void {
    const { number, way } = tried;
    switch (event.type) {
      case 'signal':
        this.#options.send({ type: 'move', move: number, way, signal: event.signal });
        break;
      case 'connect':
        tried.up = true;
        tried.stopDeadline();
        tried.stopDeadline = this.#within(PATIENCE, () => this.#drop());
        this.#options.send({ type: 'moved', move: number, step: 'ready' });
        this.#adopt(tried);
        break;
      case 'message':
        this.#hold(tried.held, event.data);
        break;
      case 'close':
        this.#drop();
        break;
      case 'buffer-low':
      case 'turn-refused':
      case 'interrupted':
        break; // Not in use yet; should it not come up, that is all there is to know.
    }
  }

  #upThere(tried: Try): void {
    tried.upThere = true;
    this.#adopt(tried);
  }

  #adopt(tried: Try): void {
    if (!tried.up || !tried.upThere) return;
    const { number, strand, held, iceServers } = tried;
    tried.stopDeadline();
    this.#try = undefined;
    this.#options.send({ type: 'moved', move: number, step: 'last' });
    this.#handover = {
      number,
      old: this.#current,
      held,
      stopDeadline: this.#within(PATIENCE, () => this.#options.lost()),
      heardLast: false,
      lastHeard: false,
    };
    this.#current = strand;
    if (iceServers === this.#options.iceServers()) this.#renewing = false;
    this.#options.moved();
  }

  #leaving(handover: Handover, event: PeerConnectionEvent): void {
    if (event.type === 'message') this.#options.event(event);
    else if (event.type === 'buffer-low') handover.old.queue.drain();
    // The other side ends it when it has all of ours, and we have all of theirs.
    else if (event.type === 'close' && !handover.heardLast) this.#options.lost();
  }

  #step(handover: Handover, step: 'ready' | 'last' | 'done'): void {
    if (step === 'last' && !handover.heardLast) {
      handover.heardLast = true;
      this.#options.send({ type: 'moved', move: handover.number, step: 'done' });
      for (const data of handover.held.frames.splice(0)) this.#options.event({ type: 'message', data });
    } else if (step === 'done') handover.lastHeard = true;
    if (this.#handover !== handover || !handover.heardLast || !handover.lastHeard) return;
    this.#handover = undefined;
    handover.stopDeadline();
    handover.old.connection.destroy();
  }

  /** Blocks may overtake what was sent before them, as they do on lanes; all else waits. */
  #hold(held: Held, data: Bytes): void {
    if (data[0] === BLOCK_FRAME) {
      this.#options.event({ type: 'message', data });
      return;
    }
    held.frames.push(data);
    held.bytes += data.length + HELD_OVERHEAD;
    if (held.bytes > MAX_HELD_BYTES)
      this.#options.violation('too much on a new connection before the old one was done');
  }
}
