import { createConnectionId } from '@shoal/protocol';
import type {
  ConnectionSignal,
  CryptoPort,
  PeerId,
  Signal,
  SignalRejectCode,
  SignalRoute,
} from '@shoal/protocol';
import { CONTROL_LANE } from '../link/signal-exchange.ts';
import type { OpenedBox } from '../link/signal-opener.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Attempt } from './attempt.ts';
import type { Connections } from './connections.ts';
import type { Contacts } from './contacts.ts';
import { failureEvent } from './events.ts';
import type { MeshEvent } from './events.ts';
import { ForgedSenders } from './forged-senders.ts';
import { judgeOffer } from './judge.ts';
import type { Announced, Neighbourhood } from './neighbourhood.ts';
import { OfferLimits } from './offer-limits.ts';
import type { Quarantine } from './quarantine.ts';

export interface ReceptionOptions {
  readonly self: PeerId;
  readonly maxNeighbours: number;
  readonly probeMs: number;
  /** Milliseconds from the start of our session in which there may still be boxes for an earlier one of ours. */
  readonly graceMs: number;
  readonly scheduler: Pick<Scheduler, 'now'>;
  readonly crypto: Pick<CryptoPort, 'randomBytes'>;
  readonly connections: Connections;
  readonly neighbourhood: Neighbourhood;
  readonly contacts: Contacts;
  readonly quarantine: Quarantine;
  /** An authentic box from this address was handed over by this neighbour. */
  readonly onWay: (address: string, via: PeerId) => void;
  readonly tell: (event: MeshEvent) => void;
}

/** Where opened boxes arrive: offers are judged, signals find their connection, forgeries end it. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #forged = new ForgedSenders();
  readonly #offers: OfferLimits;
  readonly #graceUntil: number;
  /** That all are full is told once, until there has been a neighbour. */
  #toldFull = false;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#offers = new OfferLimits(options.scheduler);
    this.#graceUntil = options.scheduler.now + options.graceMs;
  }

  /** A new address: whoever was a forger under the old one may have been a victim. */
  restart(): void {
    this.#forged.clear();
  }

  receive(box: OpenedBox): void {
    if (!box.ok) {
      if (box.via === undefined) this.#refuse(box);
      else this.#disbelieve(box.via);
      return;
    }
    const { route, signal, peer, via } = box;
    if (route.lane !== CONTROL_LANE) return;
    if (via !== undefined) this.#options.onWay(route.from, via);
    const attempt = this.#options.connections.all.get(route.connection);
    if (attempt === undefined) this.#unknownConnection(route, signal, peer);
    else if (attempt.address === route.from && attempt.admits(peer, route.seq)) {
      this.#signalled(attempt, peer, signal);
    }
  }

  #signalled(attempt: Attempt, peer: PeerId, signal: Signal): void {
    const { connections, contacts, quarantine } = this.#options;
    contacts.identify(attempt.address, peer);
    if (signal.kind === 'reject') {
      if (!attempt.isOpen) this.#rejected(attempt, signal.code);
    } else if (quarantine.holds(peer) && !attempt.isOpen) {
      // We dialled an address and find a member there that we leave alone.
      attempt.reject('full');
      connections.drop(attempt, 'closed');
    } else {
      attempt.receive(signal);
    }
  }

  #unknownConnection(route: SignalRoute, signal: Signal, peer: PeerId): void {
    const { all } = this.#options.connections;
    if (signal.kind === 'offer') {
      if (!all.wasSeen(route.connection)) this.#offered(route, signal, peer);
    } else if (signal.kind === 'reject' && isBadSignal(signal.code)) {
      // A server that changed the connection id too made them answer to an id that we never used.
      for (const attempt of all.unfinishedWith(route.from)) this.#rejected(attempt, signal.code);
    }
  }

  #offered(route: SignalRoute, signal: ConnectionSignal, peer: PeerId): void {
    const { self, maxNeighbours, connections, neighbourhood, contacts, quarantine, tell } = this.#options;
    const { connection, from, to } = route;
    connections.all.saw(connection);
    if (!this.#offers.take(from)) return;
    contacts.identify(from, peer);
    const older = neighbourhood.get(peer);
    const rivals = connections.all.unfinishedWith(from).filter(attempt => attempt.outgoing);
    const answering = connections.all.answering(peer, from);
    const verdict = judgeOffer({
      self,
      peer,
      ownAddress: to,
      from,
      dialling: rivals.length > 0,
      answering: answering.length > 0,
      linked: older !== undefined,
      taken: connections.all.size,
      maxNeighbours,
    });
    if (verdict === 'ignore') return;
    if (verdict === 'self') {
      contacts.block(from);
      tell(failureEvent('self-connection'));
    }
    if (verdict === 'self' || verdict === 'full' || quarantine.holds(peer)) {
      const code = verdict === 'self' ? 'duplicate' : 'full';
      connections.exchange(from, connection).send({ kind: 'reject', code });
      return;
    }
    for (const attempt of [...rivals, ...answering]) connections.drop(attempt, 'duplicate');
    const attempt = connections.create(connection, from, false);
    attempt.admits(peer, route.seq);
    attempt.receive(signal);
    if (older === undefined) attempt.start();
    else this.#probe(older, attempt);
  }

  /** A member we have a link to wants another: so that link is dead, or the member does not know that it is us. */
  #probe(older: Announced, attempt: Attempt): void {
    const { connections, probeMs } = this.#options;
    older.link.probe(probeMs, alive => {
      if (!connections.all.has(attempt) || attempt.link !== undefined) return;
      if (alive) {
        attempt.reject('duplicate');
        connections.drop(attempt, 'duplicate');
      } else {
        older.link.lose();
      }
    });
  }

  /** The other side will not have this connection. */
  #rejected(attempt: Attempt, code: SignalRejectCode): void {
    const { self, connections, neighbourhood, contacts, tell } = this.#options;
    const { peer, address } = attempt;
    connections.drop(attempt, 'closed');
    if (isBadSignal(code)) {
      contacts.block(address);
      tell(failureEvent(code, peer));
    } else if (peer === self) {
      contacts.block(address);
      tell(failureEvent('self-connection'));
    } else {
      const tries = contacts.failed(address);
      const lonely = neighbourhood.size === 0;
      this.#toldFull &&= lonely;
      if (code === 'full' && tries > 1 && lonely && !this.#toldFull) {
        this.#toldFull = true;
        tell(failureEvent('too-many-neighbours'));
      }
    }
    contacts.retry();
  }

  /**
   * A bad box that a neighbour handed over. It, or whoever it names as the sender, made it: nobody can say which, and either could
   * do so to part two others. So nothing follows from it: their connection waits for its time to be over, and is tried another way.
   * A member that has just started may have been here before, under another seat: what was on its way there looks the same, and is no one's fault.
   */
  #disbelieve(via: PeerId): void {
    if (this.#options.scheduler.now < this.#graceUntil) return;
    if (this.#forged.add(via)) this.#options.tell(failureEvent('relay-forged', via));
  }

  /** A box that is not what its sender sealed: the connection is refused on both sides, never made some other way. */
  #refuse({ from, code, connection }: Extract<OpenedBox, { ok: false }>): void {
    const { connections, contacts, crypto, tell } = this.#options;
    const hit = connections.all.unfinishedWith(from);
    for (const attempt of hit) {
      attempt.reject(code);
      connections.drop(attempt, 'closed');
    }
    if (hit.length > 0) contacts.retry();
    if (!this.#forged.add(from)) return;
    contacts.block(from);
    if (hit.length === 0) {
      connections.exchange(from, connection ?? createConnectionId(crypto)).send({ kind: 'reject', code });
    }
    tell(failureEvent(code, hit[0]?.peer));
  }
}

function isBadSignal(
  code: SignalRejectCode,
): code is Extract<SignalRejectCode, 'signal-forged' | 'signal-malformed'> {
  return code === 'signal-forged' || code === 'signal-malformed';
}
