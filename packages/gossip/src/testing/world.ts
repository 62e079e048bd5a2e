import type { LogEntry, PeerId } from '@shoal/protocol';
import { Catalogue } from '../catalogue.ts';
import type { GossipEffect, GossipEvent } from '../events.ts';
import type { GossipLimits } from '../limits.ts';
import { mapKey } from '../map-key.ts';
import { RoomLog } from '../room-log.ts';

/** Anything that takes part: an honest member's engine or a liar's script. */
export interface Participant {
  receive(event: GossipEvent): readonly GossipEffect[];
}

export interface WorldOptions {
  readonly random: () => number;
  /** Probability that a message is lost, or comes twice. */
  readonly drop?: number;
  readonly duplicate?: number;
  /** Deliver messages and checks in any order instead of first come, first served. */
  readonly reorder?: boolean;
}

/** Flushes without a message after which none will come: longer than a member waits for an answer. */
const QUIET_FLUSHES = 24;

interface Honest {
  readonly log: RoomLog;
  readonly catalogue: Catalogue;
}

interface Delivery {
  readonly to: PeerId;
  readonly event: GossipEvent;
}

/** Members, links and a network that may lose, repeat and reorder. Nothing in it but `random` decides anything. */
export class World {
  readonly #options: WorldOptions;
  readonly #participants = new Map<PeerId, Participant>();
  readonly #links = new Set<string>();
  readonly #queue: Delivery[] = [];
  readonly #genuine = new Set<string>();
  readonly honest = new Map<PeerId, Honest>();
  readonly misbehaved: { readonly by: PeerId; readonly peer: PeerId; readonly code: string }[] = [];
  /** Messages sent, and times each entry crossed each link, by `from>to hash`. */
  messages = 0;
  readonly crossings = new Map<string, number>();
  checks = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** Entries that really bear their author's signature; all others fail their check. */
  genuine(...entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#genuine.add(mapKey(entry.raw));
  }

  addHonest(id: PeerId, limits: Partial<GossipLimits> = {}): RoomLog {
    const log = new RoomLog({ self: id, limits });
    this.honest.set(id, { log, catalogue: new Catalogue() });
    this.#participants.set(id, log);
    return log;
  }

  addLiar(id: PeerId, liar: Participant): void {
    this.#participants.set(id, liar);
  }

  link(a: PeerId, b: PeerId): void {
    if (a === b || this.#links.has(linkKey(a, b))) return;
    this.#links.add(linkKey(a, b));
    this.tell(a, { type: 'neighbour-joined', peer: b });
    this.tell(b, { type: 'neighbour-joined', peer: a });
  }

  unlink(a: PeerId, b: PeerId): void {
    if (!this.#links.delete(linkKey(a, b))) return;
    // A new link is a new pair of channels: nothing of the old one arrives on it.
    const kept = this.#queue.filter(({ to, event }) => {
      if (event.type !== 'message') return true;
      return !((to === a && event.peer === b) || (to === b && event.peer === a));
    });
    this.#queue.splice(0, this.#queue.length, ...kept);
    this.tell(a, { type: 'neighbour-left', peer: b });
    this.tell(b, { type: 'neighbour-left', peer: a });
  }

  tell(id: PeerId, event: GossipEvent): void {
    const participant = this.#participants.get(id);
    if (participant !== undefined) this.#carryOut(id, participant.receive(event));
  }

  authored(entry: LogEntry): void {
    this.genuine(entry);
    this.tell(entry.author, { type: 'authored', entry });
  }

  /** Delivers and flushes until nothing is under way and nobody waits for anything. */
  run(): void {
    this.deliver();
    for (let quiet = 0; quiet < QUIET_FLUSHES; quiet += 1) {
      for (const id of this.honest.keys()) this.tell(id, { type: 'flush' });
      if (this.#queue.length > 0) quiet = 0;
      this.deliver();
    }
  }

  /** Delivers until nothing is under way. */
  deliver(): void {
    for (let steps = 0; this.#queue.length > 0; steps += 1) {
      if (steps > 2_000_000) throw new Error('the network never comes to rest');
      const at = this.#options.reorder === true ? Math.floor(this.#options.random() * this.#queue.length) : 0;
      const [next] = this.#queue.splice(at, 1);
      if (next !== undefined) this.tell(next.to, next.event);
    }
  }

  /** Rounds of ticks until all honest members agree; false if they never do. */
  settle(rounds: number): boolean {
    for (let round = 0; round < rounds; round += 1) {
      this.run();
      if (this.converged()) return true;
      for (const id of this.honest.keys()) this.tell(id, { type: 'tick' });
    }
    this.run();
    return this.converged();
  }

  converged(): boolean {
    return new Set([...this.honest.keys()].map(id => this.view(id))).size <= 1;
  }

  /** All that a member believes: logs, frozen authors, catalogue; equal text means equal belief. */
  view(id: PeerId): string {
    const { log, catalogue } = this.honest.get(id) ?? {};
    if (log === undefined || catalogue === undefined) return 'nobody';
    return JSON.stringify([
      log
        .entries()
        .map(entry => `${entry.author} ${entry.seq} ${mapKey(entry.hash)}`)
        .toSorted(),
      [...log.frozen].map(([author, fork]) => [author, fork.fromSeq]).toSorted(),
      [...catalogue.members].toSorted(),
      [...catalogue.offers.values()]
        .map(o => [o.id, o.withdrawn, o.root === undefined ? '' : mapKey(o.root)])
        .toSorted(),
      catalogue.texts.map(text => `${text.author} ${text.seq} ${text.text}`).toSorted(),
    ]);
  }

  #carryOut(id: PeerId, effects: readonly GossipEffect[]): void {
    const { catalogue } = this.honest.get(id) ?? {};
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(id, effect);
      else if (effect.type === 'accepted') catalogue?.apply(effect.entry);
      else if (effect.type === 'forked') catalogue?.revoke(effect.author, effect.fromSeq);
      else if (effect.type === 'misbehaved') {
        this.misbehaved.push({ by: id, peer: effect.peer, code: effect.code });
        this.unlink(id, effect.peer);
      } else {
        this.checks += 1;
        const valid = this.#genuine.has(mapKey(effect.entry.raw));
        this.#queue.push({
          to: id,
          event: { type: 'checked', entry: effect.entry, valid, from: effect.from },
        });
      }
    }
  }

  #send(from: PeerId, { peer, message }: Extract<GossipEffect, { type: 'send' }>): void {
    if (!this.#links.has(linkKey(from, peer))) return;
    this.messages += 1;
    if (message.type === 'log-entries') {
      for (const raw of message.entries) {
        const key = `${from}>${peer} ${mapKey(raw)}`;
        this.crossings.set(key, (this.crossings.get(key) ?? 0) + 1);
      }
    }
    const { random, drop = 0, duplicate = 0 } = this.#options;
    if (random() < drop) return;
    const delivery: Delivery = { to: peer, event: { type: 'message', peer: from, message } };
    this.#queue.push(delivery);
    if (random() < duplicate) this.#queue.push(delivery);
  }
}

function linkKey(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
