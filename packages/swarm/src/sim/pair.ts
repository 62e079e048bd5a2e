import { Bitfield, choosePieceLength, geometryOf, locatePiece } from '@shoal/protocol';
import type { OfferGeometry, PeerId, PeerMessage } from '@shoal/protocol';
import type { SwarmEffect, SwarmEvent } from '../events.ts';
import { Swarm } from '../swarm.ts';
import { EventQueue } from './event-queue.ts';
import { Giver } from './giver.ts';
import { seededRandom } from './random.ts';
import { Sctp } from './sctp.ts';
import { OFFER, peerNamed } from './solo.ts';
import { Wire } from './wire.ts';
import type { WireOptions } from './wire.ts';

export interface PairOptions extends Omit<WireOptions, 'random'> {
  readonly durationMs: number;
  /** Judged from here on, ms after the first block: what the start takes is another matter. */
  readonly warmMs: number;
  /** Sharers behind the one line. */
  readonly givers?: number;
}

export interface PairReport {
  /** Payload received, of what the line carries, after the warm-up; and from the first block on. */
  readonly use: number;
  readonly coldUse: number;
  /** 95th percentile over packets after the warm-up, ms. */
  readonly p95QueueMs: number;
  /** Packets that found the queue full. */
  readonly drops: number;
  /** Of the payload after the warm-up, by sharer. */
  readonly shares: readonly number[];
  /** MB/s, from the first block on. */
  readonly seconds: readonly number[];
}

const REQUEST_BYTES = 24;
const HASHES_BYTES = 100;
const TICK_MS = 500;
/** To verify a piece. */
const VERIFY_MS = 1;

interface Link {
  readonly giver: Giver;
  /** The receiver's messages. */
  readonly control: Sctp;
  bytes: number;
}

/** A receiver's engine and one or more sharers behind a line, with SCTP as Chromium's and lanes between them. */
export function runPair(options: PairOptions): PairReport {
  const pair = new Pair(options);
  pair.run();
  return pair.report();
}

class Pair {
  readonly #options: PairOptions;
  readonly #queue = new EventQueue();
  readonly #there: Wire;
  readonly #links = new Map<PeerId, Link>();
  readonly #geometry: OfferGeometry;
  readonly #swarm: Swarm;
  readonly #store = new Map<number, number>();
  readonly #seconds: number[] = [];
  #coldBytes = 0;
  #firstAt: number | undefined;

  constructor(options: PairOptions) {
    this.#options = options;
    const random = seededRandom(1);
    this.#there = new Wire(this.#queue, { ...options, random });
    const back = new Wire(this.#queue, { ...options, random });
    // More than fits: nobody runs out of pieces.
    const size = Math.ceil(2 * this.#carried(0));
    this.#geometry = geometryOf(choosePieceLength(size), [{ path: 'f', size }]);
    this.#swarm = new Swarm({ self: peerNamed('me'), clock: () => this.#queue.now, random });
    for (let index = 0; index < (options.givers ?? 1); index += 1) {
      const peer = peerNamed(`giver${index}`);
      this.#links.set(peer, {
        giver: new Giver(this.#queue, this.#there, back, connections =>
          this.#receive({ type: 'lanes', peer, connections }),
        ),
        control: new Sctp({ queue: this.#queue, there: back, back: this.#there }),
        bytes: 0,
      });
    }
  }

  run(): void {
    const none = new Bitfield(this.#geometry.pieceCount);
    this.#receive({ type: 'offer-added', offer: OFFER, geometry: this.#geometry, have: none, hashed: none });
    this.#receive({ type: 'wanted', offer: OFFER, files: new Map([[0, 0]]) });
    for (const peer of this.#links.keys()) {
      this.#receive({ type: 'neighbour-joined', peer });
      this.#receive({ type: 'round-trip', peer, ms: this.#there.rttMs });
      this.#receive({ type: 'message', peer, message: { type: 'have-all', offer: OFFER } });
      this.#receive({ type: 'message', peer, message: { type: 'unchoke' } });
    }
    this.#tick();
    this.#queue.runUntil(this.#options.durationMs);
  }

  report(): PairReport {
    const links = [...this.#links.values()];
    const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
    const begin = this.#firstAt ?? this.#options.durationMs;
    const waits = [...this.#there.takeWaits()].sort((a, b) => a - b);
    return {
      use: bytes / this.#carried(begin + this.#options.warmMs),
      coldUse: this.#coldBytes / this.#carried(begin),
      p95QueueMs: waits[Math.floor(waits.length * 0.95)] ?? 0,
      drops: this.#there.drops,
      shares: links.map(link => link.bytes / bytes),
      seconds: this.#seconds,
    };
  }

  /** Bytes that the line carries from then to the end. */
  #carried(from: number): number {
    let bytes = 0;
    for (let at = from; at < this.#options.durationMs; at += 10) bytes += this.#options.rate(at) / 100;
    return bytes;
  }

  #tick(): void {
    this.#receive({ type: 'tick' });
    this.#queue.after(TICK_MS, () => this.#tick());
  }

  #receive(event: SwarmEvent): void {
    for (const effect of this.#swarm.receive(event)) this.#perform(effect);
  }

  #perform(effect: SwarmEffect): void {
    if (effect.type === 'drop') throw new Error(effect.text);
    if (effect.type === 'send') this.#ask(effect.peer, effect.message);
    if (effect.type !== 'write') return;
    const { piece } = effect;
    const bytes = (this.#store.get(piece) ?? 0) + effect.length;
    this.#store.set(piece, bytes);
    if (bytes === locatePiece(this.#geometry, piece).length)
      this.#queue.after(VERIFY_MS, () => this.#receive({ type: 'piece-verified', offer: OFFER, piece }));
  }

  #ask(peer: PeerId, message: PeerMessage): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    if (message.type === 'hash-request') {
      const { first, count } = message;
      const known = (): void => this.#receive({ type: 'hashes-known', offer: OFFER, first, count });
      link.control.send(REQUEST_BYTES, () => link.giver.control(HASHES_BYTES, known));
    } else if (message.type === 'request')
      link.control.send(message.blocks.length * REQUEST_BYTES, () => {
        for (const [request, , , length] of message.blocks)
          link.giver.block(length, () => this.#came(peer, link, request, length));
      });
  }

  #came(peer: PeerId, link: Link, request: number, length: number): void {
    const { warmMs } = this.#options;
    // What queued in the warm-up is not looked at.
    if (this.#firstAt === undefined) this.#queue.after(warmMs, () => this.#there.takeWaits());
    this.#firstAt ??= this.#queue.now;
    const since = this.#queue.now - this.#firstAt;
    const second = Math.floor(since / 1000);
    this.#seconds[second] = (this.#seconds[second] ?? 0) + length / 1e6;
    this.#coldBytes += length;
    if (since > warmMs) link.bytes += length;
    this.#receive({ type: 'block', peer, request, length });
  }
}
