import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferGeometry, OfferId, PeerId, PeerMessage } from '@shoal/protocol';
import type { SwarmEffect, SwarmEvent, SwarmInbound } from '../events.ts';
import type { SwarmLimits } from '../limits.ts';
import { Swarm } from '../swarm.ts';
import { seededRandom } from './random.ts';

/** Ids for tests: 22 characters, as the real ones. */
export function peerNamed(name: string): PeerId {
  return name.padEnd(22, '_') as PeerId;
}
export function offerNamed(name: string): OfferId {
  return name.padEnd(22, '_') as OfferId;
}

export const OFFER: OfferId = offerNamed('offer');
const KIB = 1024;

type Sent = Extract<SwarmEffect, { type: 'send' }>;
type Of<T extends PeerMessage['type']> = Extract<PeerMessage, { type: T }>;
type EffectOf<T extends SwarmEffect['type']> = Extract<SwarmEffect, { type: T }>;

/** One engine with scripted neighbours and a hand-driven clock. */
export class Solo {
  now = 1000;
  readonly swarm: Swarm;
  /** Of the last event. */
  effects: readonly SwarmEffect[] = [];
  readonly all: SwarmEffect[] = [];

  constructor(limits: Partial<SwarmLimits> = {}, seed = 1, name = 'me') {
    this.swarm = new Swarm({
      self: peerNamed(name),
      clock: () => this.now,
      random: seededRandom(seed),
      limits,
    });
  }

  receive(event: SwarmEvent): this {
    this.effects = this.swarm.receive(event);
    this.all.push(...this.effects);
    return this;
  }

  /** An offer of files of these sizes (KiB); pieces of 64 KiB unless said otherwise. */
  offer(
    kib: readonly number[],
    options: {
      have?: readonly number[];
      hashed?: readonly number[] | 'all';
      want?: boolean;
      pieceLength?: number;
    } = {},
  ): OfferGeometry {
    const geometry = geometryOf(
      options.pieceLength ?? 64 * KIB,
      kib.map((size, index) => ({ path: `f${index}`, size: size * KIB })),
    );
    const bits = (pieces: readonly number[] | 'all'): Bitfield => {
      if (pieces === 'all') return Bitfield.full(geometry.pieceCount);
      const field = new Bitfield(geometry.pieceCount);
      for (const piece of pieces) field.set(piece);
      return field;
    };
    const have = bits(options.have ?? []);
    this.receive({
      type: 'offer-added',
      offer: OFFER,
      geometry,
      have,
      hashed: bits(options.hashed ?? 'all'),
    });
    if (options.want !== false) this.want(new Map(kib.map((_, index) => [index, 0])));
    return geometry;
  }

  want(files: ReadonlyMap<number, number>): this {
    return this.receive({ type: 'wanted', offer: OFFER, files });
  }

  join(name: string): this {
    return this.receive({ type: 'neighbour-joined', peer: peerNamed(name) });
  }

  tell(name: string, message: SwarmInbound): this {
    return this.receive({ type: 'message', peer: peerNamed(name), message });
  }

  /** A neighbour that has everything and serves us. */
  seeder(name: string): this {
    return this.join(name).tell(name, { type: 'have-all', offer: OFFER }).tell(name, { type: 'unchoke' });
  }

  /** A neighbour that has these pieces and serves us. */
  partial(name: string, pieces: readonly number[]): this {
    return this.join(name)
      .tell(name, { type: 'have', offer: OFFER, pieces: [...pieces] })
      .tell(name, { type: 'unchoke' });
  }

  block(name: string, request: number, length: number): this {
    return this.receive({ type: 'block', peer: peerNamed(name), request, length });
  }

  tick(ms = 500): this {
    this.now += ms;
    return this.receive({ type: 'tick' });
  }

  /** Messages of a type in these effects. */
  sent<T extends PeerMessage['type']>(type: T, name?: string, effects = this.effects): Of<T>[] {
    return effects
      .filter((effect): effect is Sent => effect.type === 'send')
      .filter(effect => name === undefined || effect.peer === peerNamed(name))
      .map(effect => effect.message)
      .filter((message): message is Of<T> => message.type === type);
  }

  /** Blocks asked of a neighbour since the beginning. */
  asked(name: string, effects: readonly SwarmEffect[] = this.all): Of<'request'>['blocks'] {
    return this.sent('request', name, effects).flatMap(message => message.blocks);
  }

  of<T extends SwarmEffect['type']>(type: T, effects = this.effects): EffectOf<T>[] {
    return effects.filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  get drops(): string[] {
    return this.of('drop').map(effect => effect.code);
  }
}
