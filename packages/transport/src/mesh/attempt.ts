import type { Bytes, ConnectionSignal, PeerId, SignalRejectCode } from '@shoal/protocol';
import type { LinkEvent } from '../link/events.ts';
import type { Link } from '../link/link.ts';
import type { SignalExchange } from '../link/signal-exchange.ts';
import type { LinkStats } from '../peer-connection/peer-connection.ts';
import type { Neighbour } from './events.ts';

/** All link events but `signal`, which the sealed exchange takes. */
export type LinkNews = Exclude<LinkEvent, { type: 'signal' }>;

/** News that must not be lost while it is open whether a link stays. */
export type HeldNews = Extract<LinkEvent, { type: 'frame' | 'message' }>;

export interface AttemptOptions {
  readonly connection: string;
  /** The other side's address: at the signaling server, or as a member that a neighbour is linked to. */
  readonly address: string;
  /** We started it. */
  readonly outgoing: boolean;
  readonly exchange: SignalExchange;
  readonly createLink: (initiator: boolean, listener: (event: LinkEvent) => void) => Link;
  readonly listener: (attempt: Attempt, event: LinkNews) => void;
  /** The room's user ended the link. */
  readonly onDismissed: (attempt: Attempt) => void;
}

/** One connection from its first signal to its end: ties the sealed exchange to the link. */
export class Attempt {
  readonly connection: string;
  readonly address: string;
  readonly outgoing: boolean;
  /** Known from the first authentic signal on, and the same ever after. */
  peer: PeerId | undefined;
  /** What came over an open link that is not announced yet, because an older link to the same member is being probed. */
  held: HeldNews[] | undefined;
  readonly #options: AttemptOptions;
  readonly #early: ConnectionSignal[] = [];
  #described = false;
  #link: Link | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.address = options.address;
    this.outgoing = options.outgoing;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  get isOpen(): boolean {
    return this.#link?.isOpen === true;
  }

  /** Makes the connection, with all signals that came so far. Idempotent. */
  start(): void {
    if (this.#link !== undefined) return;
    const link = this.#options.createLink(this.outgoing, event => {
      if (event.type === 'signal') this.#options.exchange.send(event.signal);
      else this.#options.listener(this, event);
    });
    this.#link = link;
    for (const signal of this.#early.splice(0)) link.signal(signal);
  }

  /** Whether an authentic signal belongs here: same member as before, and not seen before. */
  admits(peer: PeerId, seq: number): boolean {
    if (this.peer !== undefined && this.peer !== peer) return false;
    if (!this.#options.exchange.admits(seq)) return false;
    this.peer = peer;
    return true;
  }

  /** An admitted signal. One description each way: a second would be a renegotiation, which we never do. */
  receive(signal: ConnectionSignal): void {
    if (signal.kind !== 'candidate') {
      if (this.#described || signal.kind !== (this.outgoing ? 'answer' : 'offer')) return;
      this.#described = true;
    }
    if (this.#link === undefined) this.#early.push(signal);
    else this.#link.signal(signal);
  }

  reject(code: SignalRejectCode): void {
    this.#options.exchange.send({ kind: 'reject', code });
  }

  /** No more signals either way: our address has changed. The link needs none. */
  mute(): void {
    this.#options.exchange.close();
  }

  /** Ends whatever there is. Who removed the attempt from its register before hears nothing more of it. */
  end(code: string, text: string): void {
    this.#options.exchange.close();
    this.#link?.close(code, text);
  }

  /** The face shown to the room. */
  neighbour(peer: PeerId, link: Link): Neighbour {
    const dismiss = (code: string, text: string): void => {
      if (!link.isOpen) return;
      this.#options.onDismissed(this);
      link.close(code, text);
    };
    return {
      peer,
      connection: this.connection,
      get path() {
        return link.path;
      },
      get protocol() {
        return link.seen.protocol;
      },
      get rttMs() {
        return link.seen.rttMs;
      },
      get connections() {
        return link.connections;
      },
      get features() {
        return link.features;
      },
      get room() {
        return link.room;
      },
      get bufferedAmount() {
        return link.bufferedAmount;
      },
      get maxFrameBytes() {
        return link.maxFrameBytes;
      },
      send: (frame: Bytes): boolean => link.send(frame),
      close: dismiss,
      stats: (): Promise<LinkStats> => link.stats(),
    };
  }
}
