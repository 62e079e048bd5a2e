import { asPeerId, toBase64Url } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';
import { candidatesOf, pickCandidates, pickPrune } from '../mesh/neighbour-policy.ts';
import {
  DEFAULT_MAX_NEIGHBOURS,
  DEFAULT_TARGET_NEIGHBOURS,
  DEFAULT_TIMING,
  comfortableNeighbours,
} from '../mesh/options.ts';
import { seeded } from '../testing/seeded.ts';

export interface NeighbourSimOptions {
  readonly seed: number;
  readonly members: number;
  readonly seconds: number;
  /** Part of the members that leave each minute. */
  readonly churnPerMinute: number;
  /** Second at which the server dies for good; Infinity: never. */
  readonly serverDiesAt: number;
  /** As many come as leave. Without the server each newcomer then knows one member that is linked, at random, and nobody else. */
  readonly joins: boolean;
}

export interface NeighbourSimResult {
  readonly alive: number;
  /** Seconds at whose end the members that are linked, and not stranded, were not one component. */
  readonly splitSeconds: number;
  /** The most of those outside of the largest component at once. */
  readonly worstSplit: number;
  /**
   * Members that lost the room while the server was away, so that nobody could be found any more: their last link, or the only
   * way out of a group of newcomers none of whom ever had as many links as a member wants.
   */
  readonly stranded: number;
  readonly meanDegree: number;
  readonly maxDegree: number;
  /** Connections made over a neighbour. */
  readonly relayed: number;
  readonly cuts: number;
}

/** Addresses in one answer of our server, or more than a member dials of them. */
const SAMPLE = 16;
/** Seconds from the decision to connect to the open link. */
const CONNECT_SECONDS = 2;
/** One leave in so many is a crash: nobody says goodbye, and it is found out later. */
const CRASHES_ONE_IN = 5;
/** Seconds after which a crash is found out: a report of ICE and a probe at best, silent beats at worst. */
const DETECT_SECONDS = [8, 40] as const;

interface Node {
  readonly peer: PeerId;
  readonly links: Map<Node, number>;
  /** What its neighbours know of its links: as of the second before. */
  published: ReadonlyMap<PeerId, string>;
  changed: boolean;
  pending: number;
  alive: boolean;
  /** Has had as many links as a member wants. */
  settled: boolean;
  stranded: boolean;
  mixAt: number;
}

/** Many neighbourhoods as a graph, second by second, run by the very rules that the mesh runs by. */
export class NeighbourSim {
  readonly #options: NeighbourSimOptions;
  readonly #random: () => number;
  readonly #nodes = new Map<PeerId, Node>();
  readonly #due = new Map<number, (() => void)[]>();
  readonly #comfortable = comfortableNeighbours(DEFAULT_MAX_NEIGHBOURS);
  #alive: Node[] = [];
  #now = 0;
  #leavesOwed = 0;
  #splitSeconds = 0;
  #worstSplit = 0;
  #stranded = 0;
  #relayed = 0;
  #cuts = 0;

  constructor(options: NeighbourSimOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  run(): NeighbourSimResult {
    const { members, seconds } = this.#options;
    // They come within half a minute, and the first half minute is not counted.
    const arrival = 30;
    for (let index = 0; index < members; index += 1) {
      this.#at(Math.floor((index * arrival) / members), () => this.#join());
    }
    for (this.#now = 0; this.#now < seconds; this.#now += 1) {
      for (const task of this.#due.get(this.#now) ?? []) task();
      this.#due.delete(this.#now);
      if (this.#now >= arrival) this.#churn();
      for (const node of this.#shuffled(this.#alive)) this.#tend(node);
      for (const node of this.#nodes.values()) this.#publish(node);
      if (this.#now >= 2 * arrival) this.#inspect();
    }
    const degrees = this.#alive.map(({ links }) => links.size);
    return {
      alive: this.#alive.length,
      splitSeconds: this.#splitSeconds,
      worstSplit: this.#worstSplit,
      stranded: this.#stranded,
      meanDegree: degrees.reduce((sum, degree) => sum + degree, 0) / Math.max(1, degrees.length),
      maxDegree: Math.max(0, ...degrees),
      relayed: this.#relayed,
      cuts: this.#cuts,
    };
  }

  get #serverIsUp(): boolean {
    return this.#now < this.#options.serverDiesAt;
  }

  #at(second: number, task: () => void): void {
    const tasks = this.#due.get(second);
    if (tasks === undefined) this.#due.set(second, [task]);
    else tasks.push(task);
  }

  #join(): void {
    const bytes = new Uint8Array(16).map(() => Math.floor(this.#random() * 256));
    const node: Node = {
      peer: asPeerId(toBase64Url(bytes)),
      links: new Map(),
      published: new Map(),
      changed: false,
      pending: 0,
      alive: true,
      settled: false,
      stranded: false,
      mixAt: this.#now + this.#mixSeconds(),
    };
    const acquaintance = this.#sample(node, SAMPLE).find(({ links }) => links.size > 0);
    this.#nodes.set(node.peer, node);
    this.#alive.push(node);
    if (!this.#serverIsUp && acquaintance !== undefined) this.#connect(node, acquaintance, () => true);
  }

  #churn(): void {
    const { churnPerMinute, joins } = this.#options;
    this.#leavesOwed += (this.#alive.length * churnPerMinute) / 60;
    for (; this.#leavesOwed >= 1; this.#leavesOwed -= 1) {
      const node = this.#alive[Math.floor(this.#random() * this.#alive.length)];
      if (node !== undefined) this.#leave(node);
      if (joins) this.#join();
    }
  }

  #leave(node: Node): void {
    node.alive = false;
    this.#alive = this.#alive.filter(other => other !== node);
    const crash = this.#random() * CRASHES_ONE_IN < 1;
    const [soonest, latest] = DETECT_SECONDS;
    for (const other of node.links.keys()) {
      const after = crash ? soonest + Math.floor(this.#random() * (latest - soonest)) : 1;
      this.#at(this.#now + after, () => this.#unlink(node, other));
    }
    this.#at(this.#now + latest + 1, () => this.#nodes.delete(node.peer));
  }

  #tend(node: Node): void {
    const wanted = DEFAULT_TARGET_NEIGHBOURS - node.links.size - node.pending;
    const mixes = this.#now >= node.mixAt;
    if (mixes) node.mixAt = this.#now + this.#mixSeconds();
    if (this.#serverIsUp) {
      const more = mixes && node.links.size < this.#comfortable ? 1 : 0;
      for (const other of this.#sample(node, Math.max(wanted, more))) this.#connect(node, other, () => true);
    } else if (wanted > 0) {
      this.#growOverNeighbours(node, wanted);
    }
    if (node.links.size > this.#comfortable) this.#prune(node);
    node.settled ||= node.links.size >= DEFAULT_TARGET_NEIGHBOURS;
    if (!this.#serverIsUp && node.links.size + node.pending === 0) this.#strand(node);
  }

  #growOverNeighbours(node: Node, wanted: number): void {
    const candidates = candidatesOf(node.peer, peersOf(node), this.#claims);
    for (const { peer } of pickCandidates(candidates, wanted, this.#random)) {
      const other = this.#nodes.get(peer);
      const ways = [...node.links.keys()].filter(({ published }) => published.has(peer));
      const via = ways[Math.floor(this.#random() * ways.length)];
      if (other === undefined || via === undefined) continue;
      this.#relayed += 1;
      this.#connect(node, other, () => via.alive && node.links.has(via) && via.links.has(other));
    }
  }

  #prune(node: Node): void {
    const links = new Map([...node.links].map(([other, since]) => [other.peer, { other, since }]));
    const peer = pickPrune({
      self: node.peer,
      neighbours: peersOf(node),
      claims: this.#claims,
      // Nothing is transferred here: the hardest case for the rule, since everything may be cut.
      isIdle: each => this.#now - (links.get(each)?.since ?? this.#now) >= DEFAULT_TIMING.idle / 1000,
      target: DEFAULT_TARGET_NEIGHBOURS,
    });
    const cut = peer === undefined ? undefined : links.get(peer);
    if (cut === undefined) return;
    this.#cuts += 1;
    this.#unlink(node, cut.other);
  }

  readonly #claims = (peer: PeerId): ReadonlyMap<PeerId, string> =>
    this.#nodes.get(peer)?.published ?? new Map();

  #connect(from: Node, to: Node, reaches: () => boolean): void {
    from.pending += 1;
    this.#at(this.#now + CONNECT_SECONDS, () => {
      from.pending -= 1;
      const both = from.alive && to.alive && from !== to && !from.links.has(to);
      if (!both || !reaches() || Math.max(from.links.size, to.links.size) >= DEFAULT_MAX_NEIGHBOURS) return;
      from.links.set(to, this.#now);
      to.links.set(from, this.#now);
      from.changed = true;
      to.changed = true;
    });
  }

  #unlink(a: Node, b: Node): void {
    a.links.delete(b);
    b.links.delete(a);
    a.changed = true;
    b.changed = true;
  }

  /** As the mesh does it: each neighbour is told of all the others, and leaves itself out. */
  #publish(node: Node): void {
    if (!node.changed || !node.alive) return;
    node.changed = false;
    node.published = new Map(peersOf(node).map(peer => [peer, peer]));
  }

  /** Others at random that the server would name, who are not neighbours yet. */
  #sample(node: Node, count: number): Node[] {
    const found = new Set<Node>();
    for (let draw = 0; draw < SAMPLE && found.size < count; draw += 1) {
      const other = this.#alive[Math.floor(this.#random() * this.#alive.length)];
      if (other !== undefined && other !== node && !node.links.has(other)) found.add(other);
    }
    return [...found];
  }

  #strand(node: Node): void {
    if (node.stranded) return;
    node.stranded = true;
    this.#stranded += 1;
  }

  #inspect(): void {
    const seen = new Set<Node>();
    const components: Node[][] = [];
    for (const start of this.#alive) {
      if (seen.has(start)) continue;
      const component = [start];
      seen.add(start);
      for (const node of component) {
        for (const other of node.links.keys()) {
          if (!other.alive || seen.has(other)) continue;
          seen.add(other);
          component.push(other);
        }
      }
      components.push(component);
    }
    const [, ...lesser] = components.toSorted((a, b) => b.length - a.length);
    let split = 0;
    for (const component of lesser) {
      const waits = component.length === 1 && component.every(({ links }) => links.size === 0);
      if (!this.#serverIsUp && !component.some(({ settled }) => settled)) {
        if (!waits) for (const node of component) this.#strand(node);
      } else if (!waits) {
        split += component.length;
      }
    }
    if (split > 0) this.#splitSeconds += 1;
    this.#worstSplit = Math.max(this.#worstSplit, split);
  }

  #mixSeconds(): number {
    return (DEFAULT_TIMING.mix / 1000) * (0.5 + this.#random());
  }

  #shuffled(nodes: readonly Node[]): Node[] {
    return nodes
      .map(node => ({ node, lot: this.#random() }))
      .toSorted((a, b) => a.lot - b.lot)
      .map(({ node }) => node);
  }
}

function peersOf(node: Node): PeerId[] {
  return [...node.links.keys()].map(({ peer }) => peer);
}
