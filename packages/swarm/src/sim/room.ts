import { encodeMessage, geometryOf } from '@shoal/protocol';
import type { OfferGeometry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';
import type { SwarmEffect, SwarmInbound } from '../events.ts';
import type { Outlet } from './access.ts';
import { EventQueue } from './event-queue.ts';
import { SimMember } from './member.ts';
import type { MemberOptions } from './member.ts';
import { seededRandom } from './random.ts';
import type { Talks } from './talk.ts';

/** Bytes a simulated link buffers before it reports no room. */
const HIGH_WATER = 256 * 1024;
/** From the loss of a link to its replacement, ms. */
const HEAL_MS = 2_000;
/** From the decision to connect to the open link, ms. */
const CONNECT_MS = 1_000;
/** Between two rounds of receipts, ms. */
const RECEIPT_MS = 10_000;
/** Time to read a block from disk, ms. */
const READ_MS = 0.5;
const FRAME_HEADER = 8;

/** A room to be simulated: one offer of one file. */
export interface RoomOptions {
  readonly seed: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly pieceLength: number;
  /** How many links a member wants and how many it bears (transport's [NB1]); without it everyone is linked to everyone. */
  readonly degree?: { readonly target: number; readonly max: number };
  /** Without it members say nothing but what the swarm says, and everyone knows of the offer. */
  readonly talks?: Talks;
}

interface Link {
  readonly ends: readonly [SimMember, SimMember];
  /** One outlet per direction: from the first end, from the second. */
  readonly outlets: readonly [Outlet, Outlet];
  readonly queued: [number, number];
  alive: boolean;
}

/** Members, links between them, and virtual time. Hashes are answered by a model; the engine is the one the browser runs. */
export class SimRoom {
  readonly queue = new EventQueue();
  readonly random: () => number;
  readonly geometry: OfferGeometry;
  readonly offer: OfferId;
  readonly members: SimMember[] = [];
  readonly #links = new Map<SimMember, Map<PeerId, Link>>();
  readonly #degree: RoomOptions['degree'];
  readonly #talks: Talks | undefined;

  constructor(options: RoomOptions) {
    this.#talks = options.talks;
    this.random = seededRandom(options.seed);
    this.#degree = options.degree;
    this.geometry = geometryOf(options.pieceLength, [{ path: 'file', size: options.size }]);
    this.offer = nameOf(0) as OfferId;
  }

  /** A member joins; it is linked to all others, or, in a room of bounded degree, by the next {@link weave}. */
  join(options: MemberOptions): SimMember {
    const talks = this.#talks;
    const index = this.members.length;
    const peer = talks?.idOf(index) ?? (nameOf(index + 1) as PeerId);
    const member = new SimMember(peer, options, {
      queue: this.queue,
      random: this.random,
      offer: this.offer,
      geometry: this.geometry,
      emit: (from, effect) => this.#perform(from, effect),
      completed: who => {
        if (who.options.leavesAfter !== undefined)
          this.queue.after(who.options.leavesAfter, () => this.leave(who));
      },
      ...(talks !== undefined && {
        talk: who =>
          talks.begin(who, {
            queue: this.queue,
            geometry: this.geometry,
            send: (to, message) => this.#perform(who, { type: 'send', peer: to, message }),
            drop: (to, code) => this.#drop(who, to, code),
          }),
      }),
    });
    const others = this.#degree === undefined ? this.members.filter(other => other.present) : [];
    this.members.push(member);
    for (const other of others) this.link(member, other);
    return member;
  }

  /**
   * Whoever has fewer links than it wants dials others at random, who take links up to their bound. The graph that comes of it is like
   * the mesh's own (its simulation: 8.7 links in the mean, no two of 1,000 members further apart than 6).
   */
  weave(): void {
    const degree = this.#degree;
    if (degree === undefined) return;
    const present = this.members.filter(member => member.present);
    for (const member of present) {
      const free = present.filter(other => other !== member && this.#takes(other, member));
      while (this.degreeOf(member) < degree.target && free.length > 0)
        for (const other of free.splice(Math.floor(this.random() * free.length), 1)) this.link(member, other);
    }
  }

  /** One link more than it needs, as far as the mesh goes. */
  #seek(member: SimMember): void {
    const degree = this.#degree;
    if (degree === undefined) return;
    this.queue.after(CONNECT_MS, () => {
      if (!member.present || this.degreeOf(member) >= degree.max - Math.floor(degree.max / 6)) return;
      const free = this.members.filter(
        other => other.present && other !== member && this.#takes(other, member),
      );
      const other = free[Math.floor(this.random() * free.length)];
      if (other !== undefined) this.link(member, other);
    });
  }

  /** Members that a member is linked to. */
  degreeOf(member: SimMember): number {
    return this.#links.get(member)?.size ?? 0;
  }

  #takes(member: SimMember, other: SimMember): boolean {
    return (
      this.degreeOf(member) < (this.#degree?.max ?? Infinity) && this.#find(member, other.peer) === undefined
    );
  }

  link(a: SimMember, b: SimMember): void {
    const queued: [number, number] = [0, 0];
    const outlet = (from: 0 | 1, to: SimMember): Outlet => ({
      frames: [],
      target: to.access,
      left: bytes => {
        link.queued[from] -= bytes;
        if (!link.alive) return;
        link.ends[from].receive({ type: 'send-room', peer: to.peer, bytes: HIGH_WATER - link.queued[from] });
      },
    });
    const link: Link = { ends: [a, b], outlets: [outlet(0, b), outlet(1, a)], queued, alive: true };
    for (const [me, other] of [[a, b] as const, [b, a] as const]) {
      const links = this.#links.get(me) ?? new Map<PeerId, Link>();
      this.#links.set(me, links.set(other.peer, link));
    }
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      from.meet(to.peer, 2 * (from.access.latency + to.access.latency));
      from.receive({ type: 'send-room', peer: to.peer, bytes: HIGH_WATER });
    }
  }

  /** A member goes: the others notice at once (it says goodbye) or after a silence (it crashed). */
  leave(member: SimMember, crash = false): void {
    member.present = false;
    for (const link of [...(this.#links.get(member)?.values() ?? [])]) this.#cut(link, crash ? 5000 : 0);
    if (this.#degree !== undefined) this.queue.after(HEAL_MS, () => this.weave());
  }

  /** From now on receipts tell everyone whether its neighbours gave, some time after they did. What forged ones are worth is gossip's affair. */
  spreadReceipts(): void {
    this.queue.after(RECEIPT_MS, () => {
      for (const member of this.members) {
        if (!member.present) continue;
        for (const link of this.#links.get(member)?.values() ?? []) {
          const other = link.ends[0] === member ? link.ends[1] : link.ends[0];
          member.receive({ type: 'standing', peer: other.peer, standing: other.access.upBytes > 0 ? 1 : 0 });
        }
      }
      this.spreadReceipts();
    });
  }

  /** Runs until `done`, or until virtual time `limit` (ms); true when it was done. */
  run(done: () => boolean, limit: number): boolean {
    while (!done()) {
      if (this.queue.now > limit || !this.queue.step()) return false;
    }
    return true;
  }

  #cut(link: Link, notice: number): void {
    link.alive = false;
    const [a, b] = link.ends;
    this.#links.get(a)?.delete(b.peer);
    this.#links.get(b)?.delete(a.peer);
    for (const side of [0, 1] as const) {
      const [me, other] = side === 0 ? link.ends : [link.ends[1], link.ends[0]];
      me.access.cut(link.outlets[side]);
      this.queue.after(notice, () => me.part(other.peer));
    }
  }

  #perform(from: SimMember, effect: SwarmEffect): void {
    if (effect.type === 'ignore' || effect.type === 'write' || effect.type === 'discard') return;
    if (effect.type === 'wait') return;
    if (effect.type === 'seek') return this.#seek(from);
    const link = this.#find(from, effect.peer);
    if (link === undefined) return;
    const side = link.ends[0] === from ? 0 : 1;
    const to = link.ends[1 - side] ?? from;
    switch (effect.type) {
      case 'send':
        this.#account(from, effect.message);
        return this.#deliver(link, from, to, effect.message);
      case 'read':
        return this.#read(link, side, from, to, effect);
      case 'drop':
        return this.#drop(from, effect.peer, effect.code);
      case 'provide-hashes':
        from.controlBytes += 64 + 32 * effect.count;
        from.access.spend(64 + 32 * effect.count);
        this.queue.after(this.#delay(from, to), () => {
          if (link.alive)
            to.receive({
              type: 'hashes-known',
              offer: effect.offer,
              first: effect.first,
              count: effect.count,
            });
        });
    }
  }

  #drop(from: SimMember, peer: PeerId, code: string): void {
    const link = this.#find(from, peer);
    if (link === undefined) return;
    from.dropped.push(`${peer} ${code}`);
    this.#cut(link, 0);
  }

  #account(from: SimMember, message: PeerMessage): void {
    const bytes = sizeOf(message);
    from.controlBytes += bytes;
    from.access.spend(bytes);
    if (isSwarms(message)) return;
    from.talkMessages += 1;
    from.talkBytes += bytes;
  }

  #deliver(link: Link, from: SimMember, to: SimMember, message: PeerMessage): void {
    this.queue.after(this.#delay(from, to), () => {
      if (!link.alive) return;
      if (isSwarms(message)) to.receive({ type: 'message', peer: from.peer, message });
      else to.hear(from.peer, message);
    });
  }

  #read(
    link: Link,
    side: 0 | 1,
    from: SimMember,
    to: SimMember,
    { request, length }: Extract<SwarmEffect, { type: 'read' }>,
  ): void {
    this.queue.after(READ_MS, () => {
      if (!link.alive) return;
      const bad = this.random() < (from.options.lies ?? 0);
      const bytes = length + FRAME_HEADER;
      link.queued[side] += bytes;
      from.access.send(link.outlets[side], {
        bytes,
        deliver: () => {
          if (!link.alive) return;
          if (bad) to.badBlocks.add(`${from.peer}:${request}`);
          to.receive({ type: 'block', peer: from.peer, request, length });
        },
      });
      from.receive({ type: 'block-sent', peer: to.peer, request, room: HIGH_WATER - link.queued[side] });
    });
  }

  /** A little jitter keeps equal members from acting in step, which no real room does. */
  #delay(from: SimMember, to: SimMember): number {
    return from.access.latency + to.access.latency + this.random() * 0.2;
  }

  #find(member: SimMember, peer: PeerId): Link | undefined {
    return this.#links.get(member)?.get(peer);
  }
}

function nameOf(index: number): string {
  return `member${String(index).padStart(16, '0')}`;
}

function isSwarms(message: PeerMessage): message is SwarmInbound {
  switch (message.type) {
    case 'interested':
    case 'not-interested':
    case 'choke':
    case 'unchoke':
    case 'bitfield':
    case 'have-all':
    case 'have':
    case 'request':
    case 'cancel':
    case 'reject':
    case 'hash-request':
    case 'hash-reject':
      return true;
    default:
      return false;
  }
}

/** Bytes: of the swarm's messages, which are many, about what msgpack makes of them. */
function sizeOf(message: PeerMessage): number {
  if (!isSwarms(message)) return encodeMessage(message).length;
  switch (message.type) {
    case 'request':
      return 32 + 16 * message.blocks.length;
    case 'have':
      return 32 + 3 * message.pieces.length;
    case 'bitfield':
      return 32 + message.bits.length;
    case 'cancel':
    case 'reject':
      return 8 + 4 * message.ids.length;
    default:
      return 32;
  }
}
