import type { Bytes, IceServer } from '@shoal/protocol';
import { failureText } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import type { LinkLimits } from '../link/limits.ts';
import { Link } from '../link/link.ts';
import type { LinkEvent } from '../link/link.ts';
import { SignalExchange } from '../link/signal-exchange.ts';
import type { SealingKeys } from '../link/signal-exchange.ts';
import type { PeerConnectionFactory } from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling } from '../signaling/signaling.ts';
import { Attempt } from './attempt.ts';
import type { LinkNews } from './attempt.ts';
import { Attempts } from './attempts.ts';

export interface ConnectionsOptions {
  readonly keys: SealingKeys;
  readonly signaling: Pick<Signaling, 'signal'>;
  readonly scheduler: Scheduler;
  readonly connect: PeerConnectionFactory;
  readonly limits: LinkLimits;
  readonly features: readonly string[];
  readonly onLink: (attempt: Attempt, event: LinkNews) => void;
  /** The other side's address is not in the room any more. */
  readonly onUnreachable: (attempt: Attempt) => void;
  readonly onDismissed: (attempt: Attempt) => void;
}

/** Makes and ends connections, and knows the address that they are made from. */
export class Connections {
  readonly all = new Attempts();
  readonly #options: ConnectionsOptions;
  #address: string | undefined;
  #iceServers: readonly IceServer[] = [];

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Our address at the signaling server; undefined before the first join. */
  get address(): string | undefined {
    return this.#address;
  }

  /** A new address: what is unfinished cannot be finished, what is open needs no more signals. */
  moved(address: string, iceServers: readonly IceServer[]): void {
    this.#address = address;
    this.#iceServers = iceServers;
    for (const attempt of this.all.unfinished()) this.drop(attempt, 'closed');
    for (const attempt of this.all) attempt.mute();
  }

  create(connection: string, address: string, outgoing: boolean): Attempt {
    const { onLink, onDismissed } = this.#options;
    const attempt: Attempt = new Attempt({
      connection,
      address,
      outgoing,
      exchange: this.exchange(address, connection, () => this.#unreachable(attempt)),
      createLink: (initiator, listener) => this.#createLink(initiator, listener),
      listener: (from, event) => {
        if (this.all.has(from)) onLink(from, event);
      },
      onDismissed,
    });
    this.all.add(attempt);
    return attempt;
  }

  /** Ends without a word to our listeners: the caller knows. */
  drop(attempt: Attempt, code: TransportErrorCode): void {
    if (this.all.remove(attempt)) attempt.end(code, failureText(code));
  }

  exchange(to: string, connection: string, onUndeliverable: () => void = () => undefined): SignalExchange {
    const { keys, signaling, scheduler } = this.#options;
    const from = this.#address ?? '';
    return new SignalExchange({
      ...keys,
      scheduler,
      from,
      to,
      connection,
      // A box names the address it was sealed for: after a new join it would look forged to the other side.
      relay: async (box: Bytes) => (this.#address === from ? signaling.signal(to, box) : 'failed'),
      onUndeliverable,
    });
  }

  #createLink(initiator: boolean, listener: (event: LinkEvent) => void): Link {
    const { connect, scheduler, limits, features } = this.#options;
    return new Link({
      initiator,
      iceServers: this.#iceServers,
      connect,
      scheduler,
      limits,
      features,
      listener,
    });
  }

  #unreachable(attempt: Attempt): void {
    if (!this.all.has(attempt) || attempt.isOpen) return;
    this.drop(attempt, 'closed');
    this.#options.onUnreachable(attempt);
  }
}
