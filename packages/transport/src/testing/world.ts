import { setImmediate } from 'node:timers/promises';
import { asRoomId, sealSignal } from '@shoal/protocol';
import type { Bytes, CryptoPort, PeerId, Signal, SignalRoute, Signer } from '@shoal/protocol';
import type { MeshEvent, Neighbour } from '../mesh/events.ts';
import { Mesh } from '../mesh/mesh.ts';
import type { MeshOptions } from '../mesh/options.ts';
import { FakeHub } from './fake-hub.ts';
import type { FakeSignaling } from './fake-hub.ts';
import { FakeNetwork } from './fake-network.ts';
import { FakeScheduler } from './fake-scheduler.ts';
import { nodeCrypto, nodeSigner } from './node-crypto.ts';
import { seeded } from './seeded.ts';

const ROOM = asRoomId('AAAAAAAAAAAAAAAAAAAAAA');
/** Steps of the network after which a test is stuck in a loop. */
const MAX_STEPS = 200_000;

/** One member as a test sees it. */
export interface Member {
  readonly mesh: Mesh;
  readonly seat: FakeSignaling;
  readonly peer: PeerId;
  readonly events: MeshEvent[];
  readonly neighbours: readonly PeerId[];
  readonly failures: readonly string[];
  readonly left: readonly string[];
  neighbour(peer: PeerId): Neighbour;
}

/** Members, a hub, a network and a clock, all in memory and all under one seed. */
export class World {
  readonly scheduler = new FakeScheduler();
  readonly network: FakeNetwork;
  readonly hub: FakeHub;
  readonly random: () => number;
  readonly crypto: CryptoPort;
  readonly #signalKey: Bytes;

  constructor(seed = 1) {
    this.random = seeded(seed);
    this.network = new FakeNetwork(this.random);
    this.hub = new FakeHub(this.random, (direction, task) => this.network.queue(direction, task));
    this.crypto = nodeCrypto(this.random);
    this.#signalKey = this.crypto.randomBytes(32);
  }

  /** A member that has not started yet. */
  member(options: Partial<MeshOptions> & { address?: string; signer?: Signer } = {}): Member {
    const { address, signer = nodeSigner(), ...rest } = options;
    const seat = this.hub.seat();
    seat.nextAddress = address;
    const mesh = new Mesh({
      url: 'http://hub.test',
      room: ROOM,
      signalKey: this.#signalKey,
      signer,
      crypto: this.crypto,
      random: this.random,
      scheduler: this.scheduler,
      signaling: () => seat,
      connect: this.network.connect,
      ...rest,
    });
    const events: MeshEvent[] = [];
    mesh.subscribe(event => events.push(event));
    return {
      mesh,
      seat,
      peer: signer.peerId,
      events,
      get neighbours() {
        return mesh.neighbours.map(({ peer }) => peer);
      },
      get failures() {
        return events.flatMap(event => (event.type === 'failure' ? [event.code] : []));
      },
      get left() {
        return events.flatMap(event => (event.type === 'neighbour-left' ? [event.code] : []));
      },
      neighbour(peer) {
        const found = mesh.neighbours.find(neighbour => neighbour.peer === peer);
        if (found === undefined) throw new Error(`no link to ${peer}`);
        return found;
      },
    };
  }

  /** A box of somebody who holds the room's key, and need not be a member. */
  async seal(signer: Signer, route: SignalRoute, signal: Signal): Promise<Bytes> {
    return await sealSignal(this.crypto, this.#signalKey, signer, route, signal);
  }

  /** Two members with a link between them, if nothing is in the way; B is the newcomer who dialled. */
  async pair(options: Partial<MeshOptions> = {}): Promise<{ a: Member; b: Member }> {
    const a = this.member({ address: 'a', ...options });
    const b = this.member({ address: 'b', ...options });
    await this.start(a, b);
    return { a, b };
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      if (this.network.idle) await setImmediate();
      if (this.network.idle) return;
      this.network.step();
      // Sealing and opening are promises: now and then they may overtake the network, as they would in life.
      if (this.random() < 0.1) await setImmediate();
    }
    throw new Error('the world does not come to rest');
  }

  /** Lets time pass, with all that happens meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    const end = this.scheduler.now + ms;
    for (;;) {
      const next = this.scheduler.next;
      if (next === undefined || this.scheduler.now + next > end) break;
      this.scheduler.advance(next);
      await this.settle();
    }
    this.scheduler.advance(end - this.scheduler.now);
    await this.settle();
  }

  /** Starts members one after the other, each at rest before the next comes. */
  async start(...members: readonly Member[]): Promise<void> {
    for (const { mesh } of members) {
      mesh.start();
      await this.settle();
    }
  }
}
