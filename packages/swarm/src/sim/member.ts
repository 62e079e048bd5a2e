import { Bitfield, locatePiece } from '@shoal/protocol';
import type { OfferGeometry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';
import type { SwarmEffect, SwarmEvent } from '../events.ts';
import type { SwarmLimits } from '../limits.ts';
import { Swarm } from '../swarm.ts';
import { Access } from './access.ts';
import type { EventQueue } from './event-queue.ts';
import type { Talk } from './talk.ts';

/** What a simulated member is like. Rates in bytes per second, latency to the core in ms. */
export interface MemberOptions {
  readonly up: number;
  readonly down: number;
  readonly latency: number;
  /** Has everything from the start. */
  readonly seed?: boolean;
  /** Part of its blocks that are wrong, 0 to 1. */
  readonly lies?: number;
  /** Takes and never gives. */
  readonly freeRides?: boolean;
  /** Leaves so many ms after it has everything. */
  readonly leavesAfter?: number;
  readonly limits?: Partial<SwarmLimits>;
}

/** ms */
const TICK_MS = 500;

/** What a member needs of the room around it. */
export interface MemberWorld {
  readonly queue: EventQueue;
  readonly random: () => number;
  readonly offer: OfferId;
  readonly geometry: OfferGeometry;
  /** An effect that concerns others. */
  emit(from: SimMember, effect: SwarmEffect): void;
  completed(member: SimMember): void;
  /** Without it everyone knows of the offer at once. */
  talk?(member: SimMember): Talk;
}

interface Assembly {
  bytes: number;
  bad: boolean;
}

/** A Swarm with a store that checks pieces, a clock, and an access line. */
export class SimMember {
  readonly peer: PeerId;
  readonly options: MemberOptions;
  readonly access: Access;
  readonly swarm: Swarm;
  present = true;
  completedAt: number | undefined;
  joinedAt: number;
  /** Blocks that came and were not needed, and bytes of pieces thrown away. */
  wastedBytes = 0;
  badPieces = 0;
  /** Sent; `control` is all but blocks, `talk` the part of it that is not the swarm's. */
  controlBytes = 0;
  talkBytes = 0;
  talkMessages = 0;
  readonly dropped: string[] = [];
  readonly #world: MemberWorld;
  readonly #talk: Talk | undefined;
  readonly #store = new Map<number, Assembly>();
  /** Of blocks under way to us: whether they are wrong, by sender and request. */
  readonly badBlocks = new Set<string>();

  constructor(peer: PeerId, options: MemberOptions, world: MemberWorld) {
    this.peer = peer;
    this.options = options;
    this.#world = world;
    this.joinedAt = world.queue.now;
    this.access = new Access(world.queue, options);
    this.swarm = new Swarm({
      self: peer,
      clock: () => world.queue.now,
      random: world.random,
      limits: {
        ...options.limits,
        ...(options.freeRides === true ? { uploadSlots: 0, uploadSlotsMax: 0 } : {}),
      },
    });
    this.#talk = world.talk?.(this);
    if (this.#talk === undefined || options.seed === true) this.learnOffer();
    // At a moment of its own: no real members act in step.
    world.queue.after(world.random() * TICK_MS, () => this.#tick());
  }

  /** The offer has come to its knowledge: from now on it wants all of it. Idempotent. */
  learnOffer(): void {
    const { geometry, offer } = this.#world;
    if (this.swarm.offerStats(offer) !== undefined) return;
    const none = new Bitfield(geometry.pieceCount);
    const known = this.options.seed === true ? Bitfield.full(geometry.pieceCount) : none;
    this.receive({ type: 'offer-added', offer, geometry, have: known, hashed: known });
    const all = new Map(geometry.files.map((_, index) => [index, 0]));
    this.receive({ type: 'wanted', offer, files: all });
  }

  /** A link is open, whose round trip the transport has measured (ms). */
  meet(peer: PeerId, rttMs: number): void {
    this.receive({ type: 'neighbour-joined', peer });
    this.receive({ type: 'round-trip', peer, ms: rttMs });
    if (this.present) this.#talk?.joined(peer);
  }

  /** A link has ended, and this end notices. */
  part(peer: PeerId): void {
    // Before the swarm forgets what it counted.
    if (this.present) this.#talk?.left(peer);
    this.receive({ type: 'neighbour-left', peer });
  }

  /** A message that is not the swarm's. */
  hear(peer: PeerId, message: PeerMessage): void {
    if (this.present) this.#talk?.receive(peer, message);
  }

  /** Numbers of the pieces it has. */
  readonly pieces = new Set<number>();
  /** Blocks it was to send of pieces that it has not verified: must stay 0. */
  unverifiedReads = 0;

  get verifiedBytes(): number {
    return this.swarm.offerStats(this.#world.offer)?.verifiedBytes ?? 0;
  }

  receive(event: SwarmEvent): void {
    if (!this.present) return;
    for (const effect of this.swarm.receive(event)) this.#perform(effect, event);
  }

  #tick(): void {
    if (!this.present) return;
    this.receive({ type: 'tick' });
    this.#talk?.tick();
    this.#world.queue.after(TICK_MS, () => this.#tick());
  }

  #perform(effect: SwarmEffect, cause: SwarmEvent): void {
    if (effect.type === 'write') {
      const bad = cause.type === 'block' && this.badBlocks.delete(`${cause.peer}:${cause.request}`);
      this.#write(effect.piece, effect.length, bad);
    } else if (effect.type === 'ignore') {
      if (cause.type === 'block') this.wastedBytes += cause.length;
    } else if (effect.type === 'discard') {
      this.wastedBytes += this.#store.get(effect.piece)?.bytes ?? 0;
      this.#store.delete(effect.piece);
    } else {
      if (effect.type === 'read' && this.options.seed !== true && !this.pieces.has(effect.piece))
        this.unverifiedReads += 1;
      this.#world.emit(this, effect);
    }
  }

  #write(piece: number, length: number, bad: boolean): void {
    const assembly = this.#store.get(piece) ?? { bytes: 0, bad: false };
    this.#store.set(piece, assembly);
    assembly.bytes += length;
    assembly.bad ||= bad;
    const { length: whole } = locatePiece(this.#world.geometry, piece);
    if (assembly.bytes < whole) return;
    if (assembly.bytes > whole) throw new Error(`piece ${piece} was written twice`);
    this.#store.delete(piece);
    // 500 MB/s for hash, write and flush.
    this.#world.queue.after(1 + whole / 500_000, () => this.#checked(piece, assembly));
  }

  #checked(piece: number, assembly: Assembly): void {
    const { offer, geometry } = this.#world;
    if (assembly.bad) {
      this.badPieces += 1;
      this.wastedBytes += assembly.bytes;
      return this.receive({ type: 'piece-failed', offer, piece });
    }
    this.pieces.add(piece);
    this.receive({ type: 'piece-verified', offer, piece });
    this.#talk?.verified(offer);
    if (this.completedAt !== undefined || this.verifiedBytes < geometry.totalBytes) return;
    this.completedAt = this.#world.queue.now;
    this.#world.completed(this);
  }
}
