import { Catalogue, RoomLog } from '@shoal/gossip';
import type { GossipEffect, GossipEvent } from '@shoal/gossip';
import type { Author } from '@shoal/gossip/testing/author';
import { decodeMessage } from '@shoal/protocol';
import type { Bytes, EntryBody, LogEntry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';
import type { EventQueue } from '@shoal/swarm/sim/event-queue';
import type { SimMember } from '@shoal/swarm/sim/member';
import type { Talk, TalkLine } from '@shoal/swarm/sim/talk';
import type { Neighbour } from '@shoal/transport';
import { PEERS_FEATURE } from '@shoal/transport/mesh/neighbour-limits';
import { DEFAULT_TIMING } from '@shoal/transport/mesh/options';
import { PeerExchange } from '@shoal/transport/mesh/peer-exchange';
import { RoomReceipts } from '../receipt-wiring.ts';

/** Milliseconds until a signature is checked. */
const CHECK_MS = 1;
/** As the room does: the log is flushed with each tick, and repaired with every so many. */
const TICKS_PER_REPAIR = 60;

/** What a member's talk needs of the room around it. */
export interface TalkWorld extends TalkLine {
  /** Entries that it comes with. */
  readonly known: readonly LogEntry[];
  readonly decoder: { decode(raw: Bytes): LogEntry };
  /** Whether the author signed it. */
  readonly genuine: (entry: LogEntry) => boolean;
  /** Signs; takes no virtual time. */
  readonly write: (author: Author, body: EntryBody) => Promise<LogEntry>;
  /** Writes other receipts than it should. */
  readonly receipt?: (body: Extract<EntryBody, { kind: 'receipt' }>) => EntryBody;
}

/** The room log, receipts and peer exchange of a simulated member: the engines that the browser runs. */
export class MemberTalk implements Talk {
  readonly catalogue = new Catalogue();
  readonly #member: SimMember;
  readonly #author: Author;
  readonly #world: TalkWorld;
  readonly #log: RoomLog;
  readonly #exchange: PeerExchange;
  readonly #receipts: RoomReceipts;
  readonly #peers = new Set<PeerId>();
  #ticks = 0;

  constructor(member: SimMember, author: Author, world: TalkWorld) {
    this.#member = member;
    this.#author = author;
    this.#world = world;
    const self = author.id;
    this.#log = new RoomLog({ self, decoder: world.decoder });
    this.#exchange = new PeerExchange({
      self: { peer: self, seat: self },
      scheduler: schedulerOf(world.queue),
      collectMs: DEFAULT_TIMING.collect,
      onChange: () => undefined,
      onFlood: ({ peer }) => world.drop(peer, 'protocol-violation'),
    });
    this.#receipts = new RoomReceipts({
      self,
      clock: () => world.queue.now,
      swarm: member.swarm,
      peers: () => this.#peers,
      gossip: {
        catalogue: this.catalogue,
        author: body => this.write(body.kind === 'receipt' ? (world.receipt?.(body) ?? body) : body),
      },
      tell: event => member.receive(event),
    });
    this.#tell({ type: 'restored', entries: world.known });
  }

  /** Writes an entry of its own and publishes it. */
  async write(body: EntryBody): Promise<LogEntry> {
    const entry = await this.#world.write(this.#author, body);
    this.#tell({ type: 'authored', entry });
    return entry;
  }

  joined(peer: PeerId): void {
    this.#peers.add(peer);
    this.#tell({ type: 'neighbour-joined', peer });
    this.#exchange.joined(neighbour(peer, frame => this.#world.send(peer, decodeMessage(frame))));
  }

  left(peer: PeerId): void {
    this.#receipts.left(peer);
    this.#peers.delete(peer);
    this.#tell({ type: 'neighbour-left', peer });
    this.#exchange.left(peer);
  }

  receive(peer: PeerId, message: PeerMessage): void {
    switch (message.type) {
      case 'peers':
        return this.#exchange.receive(peer, message);
      case 'log-vector':
      case 'log-part':
      case 'log-digest':
      case 'log-heads':
      case 'log-entries':
      case 'log-done':
      case 'log-prune':
        return this.#tell({ type: 'message', peer, message });
      default:
        throw new Error(`nobody here says ${message.type}`);
    }
  }

  tick(): void {
    this.#receipts.tick();
    this.#tell({ type: 'flush' });
    this.#ticks += 1;
    if (this.#ticks % TICKS_PER_REPAIR === 0) this.#tell({ type: 'tick' });
  }

  verified(offer: OfferId): void {
    this.#receipts.verified(offer);
  }

  #tell(event: GossipEvent): void {
    if (!this.#member.present) return;
    for (const effect of this.#log.receive(event)) this.#perform(effect);
  }

  #perform(effect: GossipEffect): void {
    const { queue, send, drop, genuine } = this.#world;
    switch (effect.type) {
      case 'send':
        return send(effect.peer, effect.message);
      case 'check':
        return queue.after(CHECK_MS, () => {
          this.#tell({ type: 'checked', entry: effect.entry, valid: genuine(effect.entry) });
        });
      case 'accepted':
        for (const { type } of this.catalogue.apply(effect.entry))
          if (type === 'offer') this.#member.learnOffer();
        return;
      case 'forked':
        this.catalogue.revoke(effect.author, effect.fromSeq);
        return;
      case 'misbehaved':
        return drop(effect.peer, effect.code);
    }
  }
}

function schedulerOf(queue: EventQueue) {
  return {
    get now() {
      return queue.now;
    },
    after(ms: number, task: () => void) {
      let cancelled = false;
      queue.after(ms, () => {
        if (!cancelled) task();
      });
      return () => {
        cancelled = true;
      };
    },
  };
}

function neighbour(peer: PeerId, send: (frame: Bytes) => void): Neighbour {
  return {
    peer,
    connection: peer,
    path: 'direct',
    protocol: 'udp',
    rttMs: undefined,
    connections: 1,
    features: [PEERS_FEATURE],
    room: 0,
    bufferedAmount: 0,
    maxFrameBytes: 0,
    send: frame => {
      send(frame);
      return true;
    },
    close: () => undefined,
    stats: () => Promise.reject(new Error('a simulated link has none')),
  };
}
