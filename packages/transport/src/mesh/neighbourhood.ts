import type { NeighbourMessage, PeerId } from '@shoal/protocol';
import { failureText } from '../errors.ts';
import type { LinkEnd } from '../link/events.ts';
import type { Link } from '../link/link.ts';
import type { Attempt, HeldNews, LinkNews } from './attempt.ts';
import type { Connections } from './connections.ts';
import type { Contacts } from './contacts.ts';
import { failureEvent } from './events.ts';
import type { MeshEvent, Neighbour } from './events.ts';
import { FailureTally, connectFailure } from './failure-tally.ts';
import { keepsNewer } from './judge.ts';
import type { Quarantine } from './quarantine.ts';

/** Frames kept while it is open which of two links to a member stays; honest members send a bitfield or two. */
const MAX_HELD_FRAMES = 256;

export interface Announced {
  readonly attempt: Attempt;
  readonly link: Link;
  readonly neighbour: Neighbour;
}

export interface NeighbourhoodOptions {
  readonly connections: Connections;
  readonly contacts: Contacts;
  readonly quarantine: Quarantine;
  /** Milliseconds that an old link has to prove that it lives. */
  readonly probeMs: number;
  /** Whether a neighbour says that it is linked to this member. */
  readonly isNearby: (peer: PeerId) => boolean;
  readonly tell: (event: MeshEvent) => void;
  /** The same as told, for the mesh itself. */
  readonly onJoined: (neighbour: Neighbour) => void;
  readonly onLeft: (peer: PeerId) => void;
  readonly onMessage: (peer: PeerId, message: NeighbourMessage) => void;
}

/** One open link per member, and what is told of it: joins, frames, leaves, and connections that never opened. */
export class Neighbourhood {
  readonly #options: NeighbourhoodOptions;
  readonly #byPeer = new Map<PeerId, Announced>();
  readonly #tally = new FailureTally();

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byPeer.size;
  }

  get all(): readonly Announced[] {
    return [...this.#byPeer.values()];
  }

  get(peer: PeerId): Announced | undefined {
    return this.#byPeer.get(peer);
  }

  has(peer: PeerId): boolean {
    return this.#byPeer.has(peer);
  }

  clear(): void {
    this.#byPeer.clear();
  }

  linkEvent(attempt: Attempt, event: LinkNews): void {
    const { peer, link } = attempt;
    if (event.type === 'closed') this.#closed(attempt, event.end);
    else if (peer === undefined || link === undefined) return;
    else if (event.type === 'open') this.#opened(attempt, peer, link);
    else if (event.type !== 'frame' && event.type !== 'message') {
      if (attempt.held === undefined) this.#options.tell({ ...event, peer });
    } else if (attempt.held === undefined) this.#heard(peer, event);
    else if (attempt.held.length < MAX_HELD_FRAMES) attempt.held.push(event);
    else this.#options.connections.drop(attempt, 'protocol-violation');
  }

  #heard(peer: PeerId, event: HeldNews): void {
    if (event.type === 'frame') this.#options.tell({ ...event, peer });
    else this.#options.onMessage(peer, event.message);
  }

  #opened(attempt: Attempt, peer: PeerId, link: Link): void {
    const older = this.#byPeer.get(peer);
    if (older === undefined) {
      this.#announce(attempt, peer, link);
      return;
    }
    attempt.held ??= [];
    const { connections, probeMs } = this.#options;
    older.link.probe(probeMs, alive => {
      if (!connections.all.has(attempt) || attempt.held === undefined) return;
      if (keepsNewer(older.attempt.connection, attempt.connection, alive)) {
        older.link.close('duplicate', failureText('duplicate'));
      } else {
        connections.drop(attempt, 'duplicate');
      }
    });
  }

  #announce(attempt: Attempt, peer: PeerId, link: Link): void {
    const { contacts, tell, onJoined } = this.#options;
    const { held } = attempt;
    attempt.held = undefined;
    const neighbour = attempt.neighbour(peer, link);
    this.#byPeer.set(peer, { attempt, link, neighbour });
    contacts.succeeded(attempt.address);
    this.#tally.clear(peer);
    tell({ type: 'neighbour-joined', neighbour });
    onJoined(neighbour);
    if (held === undefined) return;
    // What happened while we did not know whether this link would stay.
    const { path, leastRttMs, connections: lanes } = link;
    if (path !== 'unknown') tell({ type: 'path', peer, path, leastRttMs });
    if (lanes > 1) tell({ type: 'lanes', peer, connections: lanes });
    for (const event of held) {
      if (!link.isOpen) return;
      this.#heard(peer, event);
    }
  }

  #closed(attempt: Attempt, end: LinkEnd): void {
    const { connections, contacts, quarantine, tell, onLeft } = this.#options;
    const { peer } = attempt;
    connections.all.remove(attempt);
    attempt.end(end.code, end.text);
    if (peer !== undefined && this.#byPeer.get(peer)?.attempt === attempt) {
      this.#byPeer.delete(peer);
      if (end.code === 'protocol-violation') quarantine.add(peer);
      onLeft(peer);
      tell({ type: 'neighbour-left', peer, code: end.code, text: end.text });
      this.#promote(peer);
    } else {
      this.#connectFailed(attempt, end);
    }
    contacts.retry();
  }

  /** The older link is gone: connections that waited for that go on. */
  #promote(peer: PeerId): void {
    for (const attempt of this.#options.connections.all.waiting(peer)) {
      if (attempt.link === undefined) attempt.start();
      else if (attempt.link.isOpen) this.#opened(attempt, peer, attempt.link);
    }
  }

  #connectFailed({ peer, address }: Attempt, end: LinkEnd): void {
    const { contacts, quarantine, isNearby, tell } = this.#options;
    const dials = contacts.failed(address);
    const tries = peer === undefined ? dials : this.#tally.add(peer);
    const answered = peer !== undefined;
    const nearby = answered && isNearby(peer);
    const code = connectFailure(end, { tries, answered, lonely: this.size === 0, nearby });
    if (code === undefined) return;
    if (peer !== undefined && (code === 'unsupported-version' || code === 'protocol-violation')) {
      quarantine.add(peer);
    }
    tell(failureEvent(code, peer));
  }
}
