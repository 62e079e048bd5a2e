import { ProtocolError, openSignal, toBase64Url } from '@shoal/protocol';
import type { Bytes, CryptoPort, PeerId, Signal, SignalRoute } from '@shoal/protocol';

/** Boxes waiting to be opened: more is a flood, and what is lost is only a connection that will be tried again. */
const MAX_WAITING = 512;

/** Where a sealed box names its connection in clear (see protocol, sealed-signal): after the version byte, 16 bytes. */
const CONNECTION_OFFSET = 1;
const CONNECTION_BYTES = 16;

/** A box that was opened, or why it was not. Nothing of a bad one may be believed; `connection` only says what to answer to. */
export type OpenedBox =
  | {
      readonly ok: true;
      readonly route: SignalRoute;
      readonly signal: Signal;
      readonly peer: PeerId;
      readonly via: PeerId | undefined;
    }
  | {
      readonly ok: false;
      readonly from: string;
      readonly code: 'signal-forged' | 'signal-malformed';
      readonly connection: string | undefined;
      readonly via: PeerId | undefined;
    };

/** Opens sealed boxes one after the other, so that they come out in the order in which they came in. */
export class SignalOpener {
  readonly #crypto: CryptoPort;
  readonly #signalKey: Bytes;
  readonly #listener: (opened: OpenedBox) => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #epoch = 0;

  constructor(crypto: CryptoPort, signalKey: Bytes, listener: (opened: OpenedBox) => void) {
    this.#crypto = crypto;
    this.#signalKey = signalKey;
    this.#listener = listener;
  }

  /** Boxes that are still waiting were for an address that is no longer ours. */
  restart(): void {
    this.#epoch += 1;
  }

  /** `via`: the neighbour that handed the box over, if it was not the server. */
  push(from: string, to: string, box: Bytes, via?: PeerId): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting += 1;
    const epoch = this.#epoch;
    const before = this.#tail;
    this.#tail = this.#next(before, epoch, () => this.#open(from, to, box, via));
  }

  async #next(before: Promise<void>, epoch: number, open: () => Promise<OpenedBox>): Promise<void> {
    await before;
    const opened = epoch === this.#epoch ? await open() : undefined;
    this.#waiting -= 1;
    if (opened !== undefined && epoch === this.#epoch) this.#listener(opened);
  }

  async #open(from: string, to: string, box: Bytes, via: PeerId | undefined): Promise<OpenedBox> {
    try {
      const { route, signal, peerId } = await openSignal(this.#crypto, this.#signalKey, { from, to }, box);
      return { ok: true, route, signal, peer: peerId, via };
    } catch (error) {
      const malformed = error instanceof ProtocolError && error.code === 'signal-malformed';
      const code = malformed ? 'signal-malformed' : 'signal-forged';
      return { ok: false, from, code, connection: namedConnection(box), via };
    }
  }
}

function namedConnection(box: Bytes): string | undefined {
  const end = CONNECTION_OFFSET + CONNECTION_BYTES;
  return box.length < end ? undefined : toBase64Url(box.subarray(CONNECTION_OFFSET, end));
}
