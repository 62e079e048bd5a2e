import { ProtocolError, type Bytes } from '@shoal/protocol';
import { TokenBucket } from './token-bucket.ts';

/** Rates of one socket. Sustained rates bound an abuser, bursts let an honest member connect to its whole sample at once. */
export const SOCKET_RATES = {
  /** A refused join may be tried again, rarely. */
  joins: { capacity: 5, refillPerSecond: 0.2 },
  members: { capacity: 20, refillPerSecond: 0.5 },
  /** One at a time, long before the last ones end. */
  ice: { capacity: 5, refillPerSecond: 0.2 },
  /** 16 neighbours, each with an SDP and a score of trickled candidates, and the same once more on glare. */
  signals: { capacity: 1_000, refillPerSecond: 50 },
  /** Bytes of boxes: without it the relay would make a free tunnel. */
  signalBytes: { capacity: 2 * 1024 * 1024, refillPerSecond: 64 * 1024 },
  /** Malformed events before the socket is cut. */
  violations: { capacity: 20, refillPerSecond: 0.1 },
  /** Events refused for their rate before the socket is cut: an honest member backs off. */
  refusals: { capacity: 200, refillPerSecond: 2 },
} as const;

/** Bytes of boxes that wait for a receiver that does not read; more are refused, so that it cannot fill our memory. */
const MAX_WAITING_BYTES = 512 * 1024;
/** What a box costs beside its bytes: two packets. So a sender of tiny boxes cannot make its receiver look like one that never reads. */
const BOX_COST_BYTES = 512;

/** Where a socket is in its life. `joining` exists because membership is asynchronous. */
export type Phase =
  | { readonly name: 'new' }
  | { readonly name: 'joining' }
  | { readonly name: 'member'; readonly room: string }
  | { readonly name: 'gone' };

/** What we keep of one socket: its random address, its phase, its allowances. */
export class MemberSocket {
  readonly address: string;
  phase: Phase = { name: 'new' };
  readonly #joins: TokenBucket;
  readonly #members: TokenBucket;
  readonly #ice: TokenBucket;
  readonly #signals: TokenBucket;
  readonly #signalBytes: TokenBucket;
  readonly #violations: TokenBucket;
  readonly #refusals: TokenBucket;
  readonly #send: (from: string, box: Bytes) => void;
  #waitingBytes = 0;

  constructor(address: string, clock: () => number, send: (from: string, box: Bytes) => void) {
    const bucket = (rate: { capacity: number; refillPerSecond: number }) =>
      new TokenBucket({ ...rate, clock });
    this.address = address;
    this.#joins = bucket(SOCKET_RATES.joins);
    this.#members = bucket(SOCKET_RATES.members);
    this.#ice = bucket(SOCKET_RATES.ice);
    this.#signals = bucket(SOCKET_RATES.signals);
    this.#signalBytes = bucket(SOCKET_RATES.signalBytes);
    this.#violations = bucket(SOCKET_RATES.violations);
    this.#refusals = bucket(SOCKET_RATES.refusals);
    this.#send = send;
  }

  mayJoin(): boolean {
    return this.#joins.take();
  }

  mayListMembers(): boolean {
    return this.#members.take();
  }

  mayRenewIce(): boolean {
    return this.#ice.take();
  }

  /** Counted before the payload is looked at: looking is what a flood makes expensive. */
  maySignal(): boolean {
    return this.#signals.take();
  }

  maySignalBytes(bytes: number): boolean {
    return this.#signalBytes.take(bytes);
  }

  /** Counts a malformed event; false when the socket has used up our patience. */
  toleratesViolation(): boolean {
    return this.#violations.take();
  }

  /** Counts an event refused for its rate; false when the socket has used up our patience. */
  toleratesRefusal(): boolean {
    return this.#refusals.take();
  }

  /** Hands a box to this member, or answers false when too much waits for it already. */
  deliver(from: string, box: Bytes): boolean {
    const cost = box.length + BOX_COST_BYTES;
    if (this.#waitingBytes + cost > MAX_WAITING_BYTES) return false;
    this.#waitingBytes += cost;
    this.#send(from, box);
    return true;
  }

  /** To be called when everything sent so far has been handed to the transport. */
  drained(): void {
    this.#waitingBytes = 0;
  }
}

/** The literal code that a parse function of the protocol gave its refusal. */
export function refusalCode<const Known extends string>(
  error: unknown,
  known: readonly Known[],
): Known | 'bad-request' {
  if (!(error instanceof ProtocolError)) return 'bad-request';
  return known.find(code => code === error.code) ?? 'bad-request';
}
