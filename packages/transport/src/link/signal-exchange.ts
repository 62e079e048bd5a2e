import { sealSignal } from '@shoal/protocol';
import type { Bytes, CryptoPort, Signal, Signer } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';
import type { SignalOutcome } from '../signaling/signaling.ts';

/** Lane of which sealed signals are: the link's first connection. Those of the others go over that one. */
export const CONTROL_LANE = 0;

/** Signals of one connection that are taken: an SDP and all its candidates are some thirty. */
const MAX_SIGNALS = 256;

/** Milliseconds before a box that was not relayed (rate limit, server just away) is sent again; its length is the number of tries. */
const RESEND_AFTER_MS = [250, 1_000, 3_000];

export interface SealingKeys {
  readonly crypto: CryptoPort;
  readonly signalKey: Bytes;
  readonly signer: Signer;
}

export interface ExchangeOptions extends SealingKeys {
  readonly relay: (box: Bytes) => Promise<SignalOutcome>;
  readonly scheduler: Scheduler;
  /** Own address and the other side's: sealed into each box. */
  readonly from: string;
  readonly to: string;
  readonly connection: string;
  /** A signal will never arrive: the addressee is not in the room any more. */
  readonly onUndeliverable: () => void;
}

/** The sealed conversation that sets up one connection: numbers what goes out, refuses what comes twice. */
export class SignalExchange {
  readonly #options: ExchangeOptions;
  #tail: Promise<void> = Promise.resolve();
  #nextSeq = 0;
  #lastSeq = -1;
  #taken = 0;
  #closed = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Seals and sends in the order of the calls. */
  send(signal: Signal): void {
    if (this.#closed) return;
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    this.#tail = this.#tail
      .then(() => this.#deliver(seq, signal))
      // What cannot be sealed (larger than a box may be, say) cannot be delivered either.
      .catch(() => this.#undeliverable());
  }

  /** Whether a signal of this number is new. Numbers must grow; gaps are fine. */
  admits(seq: number): boolean {
    if (this.#closed || seq <= this.#lastSeq || this.#taken >= MAX_SIGNALS) return false;
    this.#lastSeq = seq;
    this.#taken += 1;
    return true;
  }

  /** Nothing is sent, taken or retried from now on; what is on its way still goes out once. */
  close(): void {
    this.#closed = true;
  }

  #undeliverable(): void {
    if (!this.#closed) this.#options.onUndeliverable();
  }

  async #deliver(seq: number, signal: Signal): Promise<void> {
    const { crypto, signalKey, signer, from, to, connection, relay } = this.#options;
    const route = { from, to, connection, seq, lane: CONTROL_LANE };
    const box = await sealSignal(crypto, signalKey, signer, route, signal);
    for (const wait of RESEND_AFTER_MS) {
      const outcome = await relay(box);
      if (outcome === 'relayed') return;
      if (outcome === 'unknown-member') {
        this.#undeliverable();
        return;
      }
      if (this.#closed) return;
      await new Promise<void>(resolve => {
        this.#options.scheduler.after(wait, resolve);
      });
    }
  }
}
