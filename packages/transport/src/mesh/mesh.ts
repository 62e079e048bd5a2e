import { createConnectionId, memberAddress, parseMemberAddress } from '@shoal/protocol';
import type { Bytes, NeighbourMessage, PeerId } from '@shoal/protocol';
import { TransportError, failureText } from '../errors.ts';
import { LANES_FEATURE } from '../link/lanes.ts';
import { NUDGES_FEATURE } from '../link/nudger.ts';
import { DEFAULT_LINK_LIMITS } from '../link/limits.ts';
import { MOVE_FEATURE } from '../link/moves.ts';
import { SignalOpener } from '../link/signal-opener.ts';
import { Listeners } from '../listeners.ts';
import { simplePeerConnections } from '../peer-connection/simple-peer.ts';
import { systemScheduler } from '../scheduler.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling, SignalingEvent, SignalingState } from '../signaling/signaling.ts';
import { SocketIoSignaling } from '../signaling/socket-io-signaling.ts';
import { Connections } from './connections.ts';
import { Contacts } from './contacts.ts';
import { Dialler } from './dialler.ts';
import { failureEvent } from './events.ts';
import type { MeshEvent, Neighbour } from './events.ts';
import { Gardener } from './gardener.ts';
import { PEERS_FEATURE } from './neighbour-limits.ts';
import { Neighbourhood } from './neighbourhood.ts';
import {
  DEFAULT_MAX_NEIGHBOURS,
  DEFAULT_TARGET_NEIGHBOURS,
  DEFAULT_TIMING,
  comfortableNeighbours,
} from './options.ts';
import type { MeshOptions, MeshTiming } from './options.ts';
import { PeerExchange } from './peer-exchange.ts';
import { Quarantine } from './quarantine.ts';
import { Reception } from './reception.ts';
import { Relay } from './relay.ts';

/**
 * A bounded number of links to members of the room, kept up as members come and go. The signaling server introduces;
 * whom to believe is decided by the sealed boxes alone, and no link needs the server once it is open.
 */
export class Mesh {
  readonly #timing: MeshTiming;
  readonly #scheduler: Scheduler;
  readonly #signaling: Signaling;
  /** One for each way, so that a flood on one does not close the other. */
  readonly #opener: SignalOpener;
  readonly #relayedOpener: SignalOpener;
  readonly #quarantine: Quarantine;
  readonly #connections: Connections;
  readonly #dialler: Dialler;
  readonly #neighbourhood: Neighbourhood;
  readonly #reception: Reception;
  readonly #exchange: PeerExchange;
  readonly #relay: Relay;
  readonly #gardener: Gardener;
  readonly #relayOnly: () => boolean;
  readonly #listeners = new Listeners<MeshEvent>();
  #stopBeat: () => void = () => undefined;
  #phase: 'new' | 'running' | 'closed' = 'new';

  constructor(options: MeshOptions) {
    const { url, room, signalKey, signer, crypto } = options;
    const scheduler = options.scheduler ?? systemScheduler;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const maxNeighbours = Math.max(1, options.maxNeighbours ?? DEFAULT_MAX_NEIGHBOURS);
    const half = Math.max(1, Math.floor(maxNeighbours / 2));
    const comfortable = comfortableNeighbours(maxNeighbours);
    const target = Math.min(half, options.targetNeighbours ?? DEFAULT_TARGET_NEIGHBOURS);
    const relayOnly = options.relayOnly ?? (() => false);
    const random = options.random ?? (() => fraction(crypto.randomBytes(4)));
    const createSignaling = options.signaling ?? (settings => new SocketIoSignaling(settings));
    const signaling = createSignaling({ url, room, scheduler, random });
    const limits = { ...DEFAULT_LINK_LIMITS, ...options.linkLimits };
    const quarantine = new Quarantine(scheduler, timing.quarantine);
    const tell = (event: MeshEvent): void => this.#listeners.emit(event);
    const self = { peer: signer.peerId, seat: createConnectionId(crypto) };
    const onFlood = (neighbour: Neighbour): void =>
      neighbour.close('protocol-violation', failureText('protocol-violation'));
    const exchange = new PeerExchange({
      self,
      scheduler,
      collectMs: timing.collect,
      onChange: () => this.#gardener.consider(),
      onFlood,
    });
    const relay = new Relay({
      self,
      scheduler,
      random,
      exchange,
      onBox: (from, box, via) => this.#relayedOpener.push(from, memberAddress(self), box, via),
      onUnknown: address => connections.unreachable(address),
      onFlood,
    });

    const connections = new Connections({
      keys: { crypto, signalKey, signer },
      signaling,
      self,
      relay: async (to, box) => relay.send(to, box),
      scheduler,
      connect: options.connect ?? simplePeerConnections,
      limits,
      features: [...(options.features ?? []), PEERS_FEATURE, LANES_FEATURE, MOVE_FEATURE, NUDGES_FEATURE],
      relayOnly,
      onLink: (attempt, event) => this.#neighbourhood.linkEvent(attempt, event),
      onUnreachable: ({ address }) => {
        contacts.gone(address);
        contacts.retry();
      },
      onDismissed: ({ peer }) => {
        if (peer !== undefined) quarantine.add(peer);
      },
    });
    const connect = (address: string): void =>
      connections.create(createConnectionId(crypto), address, true).start();
    const isMember = (address: string): boolean => parseMemberAddress(address) !== undefined;
    const dialler = new Dialler({
      signaling,
      scheduler,
      random,
      timing,
      wanted: () => (this.#phase === 'running' ? target - connections.all.ours : 0),
      usesAddress: address => connections.all.usesAddress(address),
      shuns: peer => this.#neighbourhood.has(peer) || quarantine.holds(peer),
      mayMix: () => connections.all.size < comfortable,
      dial: connect,
    });
    const gardener = new Gardener({
      self: signer.peerId,
      claims: exchange.claims,
      scheduler,
      random,
      timing,
      target,
      comfortable,
      neighbours: () => neighbourhood.all.map(({ neighbour }) => neighbour.peer),
      isIdle: peer => (neighbourhood.get(peer)?.link.idleMs ?? 0) >= timing.idle,
      wanted: () => {
        if (this.#phase !== 'running') return 0;
        const dialled = connections.all
          .unfinished()
          .filter(({ outgoing, address }) => outgoing && !isMember(address));
        // Whom the server introduced we do not know before they answer: they may be the very ones.
        if (signaling.state !== 'online') return target - connections.all.ours + dialled.length;
        const pending = dialled.some(({ peer }) => peer === undefined);
        return pending ? 0 : target - connections.all.ours;
      },
      shuns: peer => neighbourhood.has(peer) || quarantine.holds(peer) || connections.all.isWith(peer),
      dial: connect,
      cut: peer => neighbourhood.get(peer)?.link.close('idle', 'There are enough other ways to each other.'),
      onFailed: address => relay.mistrust(address),
    });
    const contacts = new Contacts(dialler, gardener);
    const probeMs = timing.probe;
    const neighbourhood = new Neighbourhood({
      connections,
      contacts,
      quarantine,
      probeMs,
      isNearby: peer => this.isNearby(peer),
      tell,
      onJoined: neighbour => {
        exchange.joined(neighbour);
        gardener.consider();
      },
      onLeft: peer => {
        exchange.left(peer);
        relay.left(peer);
      },
      onMessage: (peer, message) => this.#neighbourMessage(peer, message),
    });
    this.#reception = new Reception({
      self: signer.peerId,
      maxNeighbours,
      probeMs,
      // An unfinished connection with our earlier session lives no longer.
      graceMs: limits.connectTimeoutMs,
      scheduler,
      crypto,
      connections,
      neighbourhood,
      contacts,
      quarantine,
      onWay: (address, via) => relay.heard(address, via),
      tell,
    });
    const open = (): SignalOpener =>
      new SignalOpener(crypto, signalKey, box => {
        if (this.#phase === 'running') this.#reception.receive(box);
      });
    this.#opener = open();
    this.#relayedOpener = open();
    this.#relayOnly = relayOnly;
    this.#exchange = exchange;
    this.#relay = relay;
    this.#gardener = gardener;
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

  /** Whether a neighbour says that it is linked to this member: then what this member has reaches us through others. */
  isNearby(peer: PeerId): boolean {
    return this.#exchange.claims.names(peer);
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

  /**
   * The network came back, may be another one, or the machine has slept: finds out now which links live, and whether the server can
   * be reached, instead of waiting until silence tells.
   */
  wake(): void {
    if (this.#phase !== 'running') return;
    this.#signaling.wake();
    this.#dialler.wake();
    for (const { link } of this.#neighbourhood.all)
      link.probe(this.#timing.wakeProbe, alive => {
        if (!alive) link.lose();
      });
  }

  /** Asks the server for one member more than we need, as far as there is room for it below the links that are kept. */
  seek(): void {
    if (this.#phase === 'running') this.#dialler.seek();
  }

  /** Says goodbye to all and tells nobody here. Idempotent. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#listeners.clear();
    this.#stopBeat();
    this.#dialler.close();
    this.#gardener.close();
    this.#exchange.close();
    this.#quarantine.close();
    this.#signaling.close();
    for (const attempt of this.#connections.all) this.#connections.drop(attempt, 'closed');
    this.#neighbourhood.clear();
  }

  #signalingEvent(event: SignalingEvent): void {
    if (this.#phase !== 'running') return;
    if (event.type === 'state') {
      this.#listeners.emit({ type: 'signaling', state: event.state });
      this.#gardener.consider();
    } else if (event.type === 'refused') {
      this.#listeners.emit(failureEvent(event.code));
    } else if (event.type === 'ice-servers') {
      this.#connections.renewed(event.iceServers);
    } else if (event.type === 'signal') {
      const own = this.#connections.address;
      if (own !== undefined) this.#opener.push(event.from, own, event.box);
    } else {
      this.#opener.restart();
      this.#reception.restart();
      this.#connections.moved(event.address, event.iceServers);
      if (this.#relayOnly() && !event.iceServers.some(({ urls }) => urls.some(url => url.startsWith('turn'))))
        this.#listeners.emit(failureEvent('relay-missing'));
      this.#dialler.joined(event.address, event.members);
    }
  }

  #neighbourMessage(peer: PeerId, message: NeighbourMessage): void {
    if (message.type === 'peers') this.#exchange.receive(peer, message);
    else this.#relay.receive(peer, message);
  }

  /** The clock of an idle mesh: links that have gone silent are found out, those that are too many become idle. */
  #beat(): void {
    this.#stopBeat = this.#scheduler.after(this.#timing.beat, () => {
      for (const { link } of this.#neighbourhood.all) link.tick();
      this.#gardener.consider();
      this.#beat();
    });
  }
}

/** Four random bytes as a number in [0, 1). */
function fraction(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
