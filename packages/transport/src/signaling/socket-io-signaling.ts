import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { joinReply, membersReply, shutdownNotice, signalDelivery, signalReply } from '@shoal/protocol';
import type { Bytes, ClientToServerEvents, RoomId, ServerToClientEvents } from '@shoal/protocol';
import { TransportError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import { backoffDelay } from '../mesh/backoff.ts';
import type { Scheduler } from '../scheduler.ts';
import { IceRenewal } from './ice-renewal.ts';
import type { SignalOutcome, Signaling, SignalingEvent, SignalingState } from './signaling.ts';

export interface SocketIoSignalingOptions {
  /** Origin of the server, such as `https://shoal.example`. */
  readonly url: string;
  readonly room: RoomId;
  readonly scheduler: Scheduler;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds to wait for the server's word. */
  readonly ackTimeoutMs?: number;
  /** Milliseconds of the first and of the longest wait before a reconnect; socket.io adds jitter. */
  readonly reconnectMs?: readonly [first: number, longest: number];
}

const DEFAULT_ACK_TIMEOUT_MS = 8_000;
/** Of a dead line nobody is told when it lives again: it is found out with the next try. socket.io cuts what its jitter makes longer. */
const DEFAULT_RECONNECT_MS = [500, 5_000] as const;
/** Milliseconds between tries to get into a room that would not let us in. */
const JOIN_BACKOFF = { base: 2_000, cap: 60_000 };
/** socket.io's word for "between half and one and a half times the delay". */
const JITTER = 0.5;

/** The client of our server. Every answer is checked: the server is not trusted to be well-behaved either. */
export class SocketIoSignaling implements Signaling {
  readonly #options: SocketIoSignalingOptions;
  readonly #listeners = new Listeners<SignalingEvent>();
  readonly #socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly #ackTimeoutMs: number;
  readonly #renewal: IceRenewal;
  #state: SignalingState = 'connecting';
  #cancelRetry: () => void = () => undefined;
  #refusals = 0;
  #joins = 0;
  #awayMs = 0;
  /** The server will never let us in. */
  #refused = false;
  #closed = false;

  constructor(options: SocketIoSignalingOptions) {
    this.#options = options;
    this.#ackTimeoutMs = options.ackTimeoutMs ?? DEFAULT_ACK_TIMEOUT_MS;
    const [first, longest] = options.reconnectMs ?? DEFAULT_RECONNECT_MS;
    this.#socket = io(options.url, {
      autoConnect: false,
      // A page may hold several rooms: each has an address of its own.
      forceNew: true,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: first,
      reconnectionDelayMax: longest,
      randomizationFactor: JITTER,
      timeout: this.#ackTimeoutMs,
    });
    this.#renewal = new IceRenewal({
      scheduler: options.scheduler,
      ask: async () => await this.#socket.timeout(this.#ackTimeoutMs).emitWithAck('ice'),
      onRenewed: iceServers => this.#listeners.emit({ type: 'ice-servers', iceServers }),
    });
    this.#socket.on('connect', () => void this.#join());
    this.#socket.on('connect_error', ({ message }) => this.#notConnected(message));
    this.#socket.on('disconnect', reason => this.#disconnected(reason));
    this.#socket.on('signal', delivery => this.#delivered(delivery));
    this.#socket.on('shutdown', notice => {
      this.#awayMs = attempt(() => shutdownNotice(notice).retryAfterMs) ?? 0;
    });
  }

  get state(): SignalingState {
    return this.#state;
  }

  subscribe(listener: (event: SignalingEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  start(): void {
    if (!this.#closed) this.#socket.connect();
  }

  async signal(to: string, box: Bytes): Promise<SignalOutcome> {
    if (this.#state !== 'online') return 'failed';
    const join = this.#joins;
    let answer: unknown;
    try {
      answer = await this.#socket.timeout(this.#ackTimeoutMs).emitWithAck('signal', { to, box });
    } catch {
      this.#silent(join);
      return 'failed';
    }
    const reply = attempt(() => signalReply(answer));
    if (reply?.ok === true) return 'relayed';
    return reply?.code === 'unknown-member' ? 'unknown-member' : 'failed';
  }

  async members(): Promise<readonly string[]> {
    if (this.#state !== 'online') throw offline();
    const join = this.#joins;
    let answer: unknown;
    try {
      answer = await this.#socket.timeout(this.#ackTimeoutMs).emitWithAck('members');
    } catch (cause) {
      this.#silent(join);
      throw offline(cause);
    }
    const reply = attempt(() => membersReply(answer));
    if (reply?.ok !== true) throw offline();
    return reply.members;
  }

  wake(): void {
    if (this.#closed || this.#refused || this.#state === 'online') return;
    this.#cancelRetry();
    // socket.io waits its time between two tries, and has no other way to be told that waiting is over.
    this.#socket.disconnect();
    this.#socket.connect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRetry();
    this.#renewal.stop();
    this.#socket.disconnect();
    this.#listeners.clear();
  }

  async #join(): Promise<void> {
    const join = ++this.#joins;
    const request = { version: 1, room: this.#options.room } as const;
    let answer: unknown;
    try {
      answer = await this.#socket.timeout(this.#ackTimeoutMs).emitWithAck('join', request);
    } catch {
      // It may have been taken all the same, and is refused a second time on this socket: only a new one can tell.
      this.#silent(join);
      return;
    }
    // Only the last join counts: the socket may have come and gone while we waited.
    if (this.#closed || join !== this.#joins) return;
    const reply = attempt(() => joinReply(answer));
    if (reply?.ok === true) {
      this.#refusals = 0;
      this.#setState('online');
      const { address, members, iceServers, iceSeconds } = reply;
      this.#listeners.emit({ type: 'joined', address, members, iceServers });
      this.#renewal.start(iceSeconds);
      return;
    }
    this.#setState('offline');
    const final = reply?.code === 'unsupported-version';
    if (reply !== undefined && reply.code !== 'rate-limited') {
      const code = reply.code === 'bad-request' ? 'signaling-refused' : reply.code;
      this.#listeners.emit({ type: 'refused', code, final });
    }
    this.#refused = final;
    if (final) this.#socket.disconnect();
    else this.#retry(() => void this.#join());
  }

  #notConnected(reason: string): void {
    this.#setState('offline');
    // Some firewalls swallow websockets without a word. socket.io goes on to the next transport only when one fails, so that one would
    // take all of each try's time. With polling first it still changes to a websocket where one opens.
    if (reason === 'timeout') this.#socket.io.opts.transports?.reverse();
  }

  #disconnected(reason: string): void {
    this.#joins += 1;
    this.#cancelRetry();
    this.#renewal.stop();
    if (this.#closed) return;
    this.#setState('offline');
    // socket.io comes back by itself, except when the server closed the socket on purpose.
    if (reason === 'io server disconnect') this.#retry(() => this.#socket.connect());
  }

  /**
   * No answer to that join, or since: the way to the server is dead, though nobody said so. TCP would go on for minutes, and after a cut
   * wait as long again as the cut was; socket.io notices after 45 s.
   */
  #silent(join: number): void {
    if (this.#closed || join !== this.#joins) return;
    this.#socket.disconnect();
    this.#retry(() => this.#socket.connect());
  }

  #retry(task: () => void): void {
    const delay = backoffDelay(this.#refusals, JOIN_BACKOFF, this.#options.random());
    this.#refusals += 1;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.scheduler.after(this.#awayMs + delay, () => {
      this.#awayMs = 0;
      if (!this.#closed) task();
    });
  }

  #delivered(delivery: unknown): void {
    if (this.#state !== 'online') return;
    const parsed = attempt(() => signalDelivery(delivery));
    if (parsed !== undefined) this.#listeners.emit({ type: 'signal', from: parsed.from, box: parsed.box });
  }

  #setState(state: SignalingState): void {
    if (this.#state === state || this.#closed) return;
    this.#state = state;
    this.#listeners.emit({ type: 'state', state });
  }
}

/** The result of a parse, or undefined when the server's words make no sense. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function offline(cause?: unknown): TransportError {
  return new TransportError('signaling-offline', 'the signaling server gave no answer', { cause });
}
