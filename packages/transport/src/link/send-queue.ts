import type { Bytes } from '@shoal/protocol';
import type { PeerConnection } from '../peer-connection/peer-connection.ts';

export interface SendLimits {
  /** The send buffer is filled to here and no further, in bytes. Chromium throws at 16 MiB; latency suffers long before. */
  readonly highWater: number;
  /** Bytes that may wait behind a full send buffer: control messages cannot be held back by their authors. */
  readonly maxQueued: number;
}

/**
 * Keeps the send buffer of a connection between its water marks. Whoever looks at {@link room} first never waits here;
 * what is sent regardless (control messages) waits in order.
 */
export class SendQueue {
  readonly #connection: Pick<PeerConnection, 'bufferedAmount' | 'send'>;
  readonly #limits: SendLimits;
  #waiting: Bytes[] = [];
  #waitingBytes = 0;

  constructor(connection: Pick<PeerConnection, 'bufferedAmount' | 'send'>, limits: SendLimits) {
    this.#connection = connection;
    this.#limits = limits;
  }

  /** Bytes that would go to the send buffer right now. */
  get room(): number {
    return Math.max(0, this.#limits.highWater - this.#connection.bufferedAmount - this.#waitingBytes);
  }

  /** Sends now or in turn; refuses when too much is waiting already. */
  push(frame: Bytes): 'sent' | 'waiting' | 'refused' {
    if (this.#waiting.length === 0 && this.#fits(frame)) {
      this.#connection.send(frame);
      return 'sent';
    }
    if (this.#waitingBytes + frame.length > this.#limits.maxQueued) return 'refused';
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    return 'waiting';
  }

  /** To be called when the send buffer is low. */
  drain(): void {
    let sent = 0;
    for (const frame of this.#waiting) {
      if (!this.#fits(frame)) break;
      this.#connection.send(frame);
      this.#waitingBytes -= frame.length;
      sent += 1;
    }
    this.#waiting = this.#waiting.slice(sent);
  }

  clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** An empty send buffer takes anything: a frame above the mark must not wait for ever. */
  #fits(frame: Bytes): boolean {
    const buffered = this.#connection.bufferedAmount;
    return buffered === 0 || buffered + frame.length <= this.#limits.highWater;
  }
}
