import { createConnectionId } from '@shoal/protocol';
import type { Bytes } from '@shoal/protocol';
import { TransportError } from '../errors.ts';
import { DEFAULT_LINK_LIMITS } from '../link/limits.ts';
import { SignalOpener } from '../link/signal-opener.ts';
import { Listeners } from '../listeners.ts';
import { simplePeerConnections } from '../peer-connection/simple-peer.ts';
import { systemScheduler } from '../scheduler.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling, SignalingEvent, SignalingState } from '../signaling/signaling.ts';
import { SocketIoSignaling } from '../signaling/socket-io-signaling.ts';
import { Connections } from './connections.ts';
import { Dialler } from './dialler.ts';
import { failureEvent } from './events.ts';
import type { MeshEvent, Neighbour } from './events.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { DEFAULT_MAX_NEIGHBOURS, DEFAULT_TARGET_NEIGHBOURS, DEFAULT_TIMING } from './options.ts';
import type { MeshOptions, MeshTiming } from './options.ts';
import { Quarantine } from './quarantine.ts';
import { Reception } from './reception.ts';

/**
 * A bounded number of links to members of the room, kept up as members come and go. The signaling server introduces;
 * whom to believe is decided by the sealed boxes alone, and no link needs the server once it is open.
 */
export class Mesh {
  readonly #timing: MeshTiming;
  readonly #scheduler: Scheduler;
  readonly #signaling: Signaling;
  readonly #opener: SignalOpener;
  readonly #quarantine: Quarantine;
  readonly #connections: Connections;
  readonly #dialler: Dialler;
  readonly #neighbourhood: Neighbourhood;
  readonly #reception: Reception;
  readonly #listeners = new Listeners<MeshEvent>();
  #stopBeat: () => void = () => undefined;
  #phase: 'new' | 'running' | 'closed' = 'new';

  constructor(options: MeshOptions) {
    const { url, room, signalKey, signer, crypto } = options;
    const scheduler = options.scheduler ?? systemScheduler;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const maxNeighbours = Math.max(1, options.maxNeighbours ?? DEFAULT_MAX_NEIGHBOURS);
    const half = Math.max(1, Math.floor(maxNeighbours / 2));
    const target = Math.min(half, options.targetNeighbours ?? DEFAULT_TARGET_NEIGHBOURS);
    const random = options.random ?? (() => fraction(crypto.randomBytes(4)));
    const createSignaling = options.signaling ?? (settings => new SocketIoSignaling(settings));
    const signaling = createSignaling({ url, room, scheduler, random });
    const quarantine = new Quarantine(scheduler, timing.quarantine);
    const tell = (event: MeshEvent): void => this.#listeners.emit(event);

    const connections = new Connections({
      keys: { crypto, signalKey, signer },
      signaling,
      scheduler,
      connect: options.connect ?? simplePeerConnections,
      limits: { ...DEFAULT_LINK_LIMITS, ...options.linkLimits },
      features: options.features ?? [],
      onLink: (attempt, event) => this.#neighbourhood.linkEvent(attempt, event),
      onUnreachable: ({ address }) => {
        this.#dialler.book.gone(address);
        this.#dialler.retry();
      },
      onDismissed: ({ peer }) => {
        if (peer !== undefined) quarantine.add(peer);
      },
    });
    const dialler = new Dialler({
      signaling,
      scheduler,
      random,
      timing,
      wanted: () => (this.#phase === 'running' ? target - connections.all.size : 0),
      usesAddress: address => connections.all.usesAddress(address),
      shuns: peer => this.#neighbourhood.has(peer) || quarantine.holds(peer),
      dial: address => connections.create(createConnectionId(crypto), address, true).start(),
    });
    const probeMs = timing.probe;
    const neighbourhood = new Neighbourhood({ connections, dialler, quarantine, probeMs, tell });
    this.#reception = new Reception({
      self: signer.peerId,
      maxNeighbours,
      probeMs,
      crypto,
      connections,
      neighbourhood,
      dialler,
      quarantine,
      tell,
    });
    this.#opener = new SignalOpener(crypto, signalKey, box => {
      if (this.#phase === 'running') this.#reception.receive(box);
    });
    this.#timing = timing;
    this.#scheduler = scheduler;
    this.#signaling = signaling;
    this.#quarantine = quarantine;
    this.#connections = connections;
    this.#dialler = dialler;
    this.#neighbourhood = neighbourhood;
  }

  /** The neighbours of this moment. */
  get neighbours(): readonly Neighbour[] {
    return this.#neighbourhood.all.map(({ neighbour }) => neighbour);
  }

  get signalingState(): SignalingState {
    return this.#signaling.state;
  }

  subscribe(listener: (event: MeshEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Joins the room, and stays in it until closed.
   * @throws TransportError `closed` after `close()`
   */
  start(): void {
    if (this.#phase === 'closed') throw new TransportError('closed', 'the mesh is closed');
    if (this.#phase === 'running') return;
    this.#phase = 'running';
    this.#signaling.subscribe(event => this.#signalingEvent(event));
    this.#beat();
    this.#signaling.start();
  }

  /** Says goodbye to all and tells nobody here. Idempotent. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#listeners.clear();
    this.#stopBeat();
    this.#dialler.close();
    this.#quarantine.close();
    this.#signaling.close();
    for (const attempt of this.#connections.all) this.#connections.drop(attempt, 'closed');
    this.#neighbourhood.clear();
  }

  #signalingEvent(event: SignalingEvent): void {
    if (this.#phase !== 'running') return;
    if (event.type === 'state') {
      this.#listeners.emit({ type: 'signaling', state: event.state });
    } else if (event.type === 'refused') {
      this.#listeners.emit(failureEvent(event.code));
    } else if (event.type === 'signal') {
      const own = this.#connections.address;
      if (own !== undefined) this.#opener.push(event.from, own, event.box);
    } else {
      this.#opener.restart();
      this.#reception.restart();
      this.#connections.moved(event.address, event.iceServers);
      this.#dialler.joined(event.address, event.members);
    }
  }

  /** The only clock of an idle mesh: links that have gone silent are found out. */
  #beat(): void {
    this.#stopBeat = this.#scheduler.after(this.#timing.beat, () => {
      for (const { link } of this.#neighbourhood.all) link.tick();
      this.#beat();
    });
  }
}

/** Four random bytes as a number in [0, 1). */
function fraction(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
