import { memberAddress, parseMemberAddress } from '@shoal/protocol';
import type { Bytes, IceServer, MemberAddress } from '@shoal/protocol';
import { failureText } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import type { LinkLimits } from '../link/limits.ts';
import { Link } from '../link/link.ts';
import type { LinkEvent } from '../link/events.ts';
import { SignalExchange } from '../link/signal-exchange.ts';
import type { SealingKeys } from '../link/signal-exchange.ts';
import type { PeerConnectionFactory } from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SignalOutcome, Signaling } from '../signaling/signaling.ts';
import { Attempt } from './attempt.ts';
import type { LinkNews } from './attempt.ts';
import { Attempts } from './attempts.ts';

export interface ConnectionsOptions {
  readonly keys: SealingKeys;
  readonly signaling: Pick<Signaling, 'signal'>;
  /** Who we are for members that reach us over a neighbour. */
  readonly self: MemberAddress;
  /** Boxes that go over a common neighbour. */
  readonly relay: Signaling['signal'];
  readonly scheduler: Scheduler;
  readonly connect: PeerConnectionFactory;
  readonly limits: LinkLimits;
  readonly features: readonly string[];
  /** New links go through relays alone. */
  readonly relayOnly: () => boolean;
  readonly onLink: (attempt: Attempt, event: LinkNews) => void;
  /** Nobody can be reached under the other side's address any more. */
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

  /** A new address at the server: what is unfinished over it cannot be finished, what is open needs no more signals. */
  moved(address: string, iceServers: readonly IceServer[]): void {
    this.#address = address;
    this.renewed(iceServers);
    for (const attempt of this.all) {
      if (parseMemberAddress(attempt.address) !== undefined) continue;
      if (attempt.isOpen) attempt.mute();
      else this.drop(attempt, 'closed');
    }
  }

  /** Fresh credentials for relays: for new connections, and for links that go through one. */
  renewed(iceServers: readonly IceServer[]): void {
    this.#iceServers = iceServers;
    for (const { link } of this.all) link?.renew();
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
    const { keys, signaling, self, relay, scheduler } = this.#options;
    const overMember = parseMemberAddress(to) !== undefined;
    const from = overMember ? memberAddress(self) : (this.#address ?? '');
    const overServer = async (box: Bytes): Promise<SignalOutcome> =>
      // A box names the address it was sealed for: after a new join it would look forged to the other side.
      this.#address === from ? signaling.signal(to, box) : 'failed';
    return new SignalExchange({
      ...keys,
      scheduler,
      from,
      to,
      connection,
      relay: overMember ? async box => relay(to, box) : overServer,
      onUndeliverable,
    });
  }

  #createLink(initiator: boolean, listener: (event: LinkEvent) => void): Link {
    const { connect, scheduler, limits, features, relayOnly } = this.#options;
    return new Link({
      initiator,
      iceServers: () => this.#iceServers,
      relayOnly: relayOnly(),
      connect,
      scheduler,
      limits,
      features,
      listener,
    });
  }

  /** The other side cannot be reached any more, whatever has been sent. */
  unreachable(address: string): void {
    for (const attempt of this.all.unfinishedWith(address)) this.#unreachable(attempt);
  }

  #unreachable(attempt: Attempt): void {
    if (!this.all.has(attempt) || attempt.isOpen) return;
    this.drop(attempt, 'closed');
    this.#options.onUnreachable(attempt);
  }
}
