import type { Bytes } from '@shoal/protocol';
import type { PeerConnection } from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';

/** Feature named in a hello by those who take empty messages for nothing. */
export const NUDGES_FEATURE = 'nudges';

/** What SCTP sends in one go at most: Max.Burst, 4 packets (RFC 9260, section 6.1; measured with Chromium 156), of some 1,150 bytes of message each. */
const BURST_BYTES = 4 * 1150;
/** Bytes sent within a round trip from which on acknowledgements come so densely that each lets the next burst out. */
const CLOCKED_BYTES = 64 * 1024;
/** After one message, at most: more than a congestion window is at its start helps nobody. */
const MAX_NUDGES = 7;
/** Below this round trip (ms) two more of them are not worth a message. */
const MIN_RTT_MS = 10;
/** Assumed while ICE has measured none. */
export const UNKNOWN_RTT_MS = 50;
const NUDGE = new Uint8Array(0);

/**
 * Sends over a connection, and after a message of several bursts as many empty ones as it has bursts left. SCTP sends four packets when it is given
 * a message, and four more with each acknowledgement; so a lone block of 16 KiB takes three round trips (measured: 134 ms on a path of 45 ms), and a
 * receiver takes that for a queue. Each empty message is one more occasion to send four packets: the block then takes one round trip (51 ms).
 */
export class Nudger implements Pick<PeerConnection, 'bufferedAmount' | 'send'> {
  readonly #connection: Pick<PeerConnection, 'bufferedAmount' | 'send'>;
  readonly #scheduler: Pick<Scheduler, 'now'>;
  readonly #rttMs: () => number | undefined;
  /** Bytes of the last round trip, about: what is sent leaks out at {@link CLOCKED_BYTES} a round trip. */
  #level = 0;
  #at = 0;

  /** @param rttMs round trip of the path, ms; undefined while the other side is not known to take nudges */
  constructor(
    connection: Pick<PeerConnection, 'bufferedAmount' | 'send'>,
    scheduler: Pick<Scheduler, 'now'>,
    rttMs: () => number | undefined,
  ) {
    this.#connection = connection;
    this.#scheduler = scheduler;
    this.#rttMs = rttMs;
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedAmount;
  }

  send(message: Bytes): void {
    this.#connection.send(message);
    for (let left = this.#wanted(message.length); left > 0; left -= 1) this.#connection.send(NUDGE);
  }

  #wanted(bytes: number): number {
    const rttMs = this.#rttMs();
    if (rttMs === undefined || rttMs < MIN_RTT_MS) return 0;
    const { now } = this.#scheduler;
    const before = Math.max(0, this.#level - ((now - this.#at) / rttMs) * CLOCKED_BYTES);
    this.#at = now;
    this.#level = Math.min(2 * CLOCKED_BYTES, before + bytes);
    return before < CLOCKED_BYTES ? Math.min(MAX_NUDGES, Math.ceil(bytes / BURST_BYTES) - 1) : 0;
  }
}
