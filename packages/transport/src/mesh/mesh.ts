import { createConnectionId } from '@shoal/protocol';
import type { Bytes, IceServer, PeerId, Signal, SignalRejectCode, SignalRoute } from '@shoal/protocol';
import { TransportError, failureText } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import { DEFAULT_LINK_LIMITS } from '../link/limits.ts';
import type { LinkLimits } from '../link/limits.ts';
import { Link } from '../link/link.ts';
import type { LinkEnd, LinkEvent } from '../link/link.ts';
import { CONTROL_LANE, SignalExchange } from '../link/signal-exchange.ts';
import { SignalOpener } from '../link/signal-opener.ts';
import type { OpenedBox } from '../link/signal-opener.ts';
import { Listeners } from '../listeners.ts';
import { simplePeerConnections } from '../peer-connection/simple-peer.ts';
import { systemScheduler } from '../scheduler.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling, SignalingEvent, SignalingState } from '../signaling/signaling.ts';
import { SocketIoSignaling } from '../signaling/socket-io-signaling.ts';
import { Attempt } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { Dialler } from './dialler.ts';
import type { MeshEvent, Neighbour } from './events.ts';
import { judgeOffer, keepsNewer } from './judge.ts';
import { DEFAULT_MAX_NEIGHBOURS, DEFAULT_TARGET_NEIGHBOURS, DEFAULT_TIMING } from './options.ts';
import type { MeshOptions, MeshTiming } from './options.ts';
import { FailureTally, connectFailure } from './failure-tally.ts';
import { ForgedSenders } from './forged-senders.ts';
import { Quarantine } from './quarantine.ts';

/** Frames kept while it is open which of two links to a member stays; honest members send a bitfield or two. */
const MAX_HELD_FRAMES = 256;

interface Announced {
  readonly attempt: Attempt;
  readonly link: Link;
  readonly neighbour: Neighbour;
}

/**
 * A bounded number of links to members of the room, kept up as members come and go. The signaling server introduces;
 * whom to believe is decided by the sealed boxes alone, and no link needs the server once it is open.
 */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #maxNeighbours: number;
  readonly #target: number;
  readonly #timing: MeshTiming;
  readonly #linkLimits: LinkLimits;
  readonly #scheduler: Scheduler;
  readonly #signaling: Signaling;
  readonly #opener: SignalOpener;
  readonly #dialler: Dialler;
  readonly #attempts = new Attempts();
  readonly #neighbours = new Map<PeerId, Announced>();
  readonly #listeners = new Listeners<MeshEvent>();
  readonly #quarantine: Quarantine;
  readonly #forged = new ForgedSenders();
  readonly #tally = new FailureTally();
  #address: string | undefined;
  #iceServers: readonly IceServer[] = [];
  #stopBeat: () => void = () => undefined;
  #phase: 'new' | 'running' | 'closed' = 'new';

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler ?? systemScheduler;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#linkLimits = { ...DEFAULT_LINK_LIMITS, ...options.linkLimits };
    this.#maxNeighbours = Math.max(1, options.maxNeighbours ?? DEFAULT_MAX_NEIGHBOURS);
    const half = Math.max(1, Math.floor(this.#maxNeighbours / 2));
    this.#target = Math.min(half, options.targetNeighbours ?? DEFAULT_TARGET_NEIGHBOURS);
    const random = options.random ?? (() => randomFraction(options.crypto.randomBytes(4)));
    const factory = options.signaling ?? (settings => new SocketIoSignaling(settings));
    const { url, room } = options;
    this.#signaling = factory({ url, room, scheduler: this.#scheduler, random });
    this.#quarantine = new Quarantine(this.#scheduler, this.#timing.quarantine);
    this.#opener = new SignalOpener(options.crypto, options.signalKey, box => this.#boxOpened(box));
    this.#dialler = new Dialler({
      signaling: this.#signaling,
      scheduler: this.#scheduler,
      random,
      timing: this.#timing,
      wanted: () => (this.#phase === 'running' ? this.#target - this.#attempts.size : 0),
      usesAddress: address => this.#attempts.usesAddress(address),
      shuns: peer => this.#neighbours.has(peer) || this.#quarantine.holds(peer),
      dial: address => this.#dial(address),
    });
  }

  /** The neighbours of this moment. */
  get neighbours(): readonly Neighbour[] {
    return [...this.#neighbours.values()].map(({ neighbour }) => neighbour);
  }

  get signalingState(): SignalingState {
    return this.#signaling.state;
  }

  subscribe(listener: (event: MeshEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** @throws TransportError `closed` after `close()` */
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
    for (const attempt of [...this.#attempts]) this.#drop(attempt, 'closed');
    this.#neighbours.clear();
  }

  // --- the server's word ---

  #signalingEvent(event: SignalingEvent): void {
    if (this.#phase !== 'running') return;
    if (event.type === 'state') {
      this.#listeners.emit({ type: 'signaling', state: event.state });
    } else if (event.type === 'refused') {
      this.#fail(event.code);
    } else if (event.type === 'signal') {
      if (this.#address !== undefined) this.#opener.push(event.from, this.#address, event.box);
    } else {
      this.#address = event.address;
      this.#iceServers = event.iceServers;
      this.#opener.restart();
      this.#forged.clear();
      // Their signals would go to our old address. Open links need none.
      for (const attempt of this.#attempts.unfinished()) this.#drop(attempt, 'closed');
      for (const attempt of this.#attempts) attempt.mute();
      this.#dialler.joined(event.address, event.members);
    }
  }

  // --- boxes: the other members' word ---

  #boxOpened(box: OpenedBox): void {
    if (this.#phase !== 'running') return;
    if (!box.ok) {
      this.#refuse(box);
      return;
    }
    const { route, signal, peer } = box;
    if (route.lane !== CONTROL_LANE) return;
    const attempt = this.#attempts.get(route.connection);
    if (attempt === undefined) this.#unknownConnection(route, signal, peer);
    else if (attempt.address === route.from && attempt.admits(peer, route.seq))
      this.#signalled(attempt, signal);
  }

  #signalled(attempt: Attempt, signal: Signal): void {
    if (attempt.peer !== undefined) this.#dialler.book.identify(attempt.address, attempt.peer);
    if (signal.kind === 'reject') {
      if (!attempt.isOpen) this.#rejected(attempt, signal.code);
    } else if (attempt.peer !== undefined && this.#quarantine.holds(attempt.peer)) {
      // We dialled an address and find a member there that we leave alone.
      attempt.reject('full');
      this.#drop(attempt, 'closed');
    } else {
      attempt.receive(signal);
    }
  }

  #unknownConnection(route: SignalRoute, signal: Signal, peer: PeerId): void {
    if (signal.kind === 'offer') {
      if (!this.#attempts.wasSeen(route.connection)) this.#offered(route, signal, peer);
    } else if (signal.kind === 'reject' && isBadSignal(signal.code)) {
      // A server that changed the connection id too made them answer to an id that we never used.
      for (const attempt of this.#attempts.unfinishedWith(route.from)) this.#rejected(attempt, signal.code);
    }
  }

  #offered(route: SignalRoute, signal: Exclude<Signal, { kind: 'reject' }>, peer: PeerId): void {
    const { connection, from } = route;
    const ownAddress = this.#address;
    if (ownAddress === undefined) return;
    this.#attempts.saw(connection);
    this.#dialler.book.identify(from, peer);
    const older = this.#neighbours.get(peer);
    const rivals = this.#attempts.unfinishedWith(from).filter(attempt => attempt.outgoing);
    const answering = this.#attempts.answering(peer);
    const verdict = judgeOffer({
      self: this.#options.signer.peerId,
      peer,
      ownAddress,
      from,
      dialling: rivals.length > 0,
      answering: answering.length > 0,
      linked: older !== undefined,
      taken: this.#attempts.size,
      maxNeighbours: this.#maxNeighbours,
    });
    if (verdict === 'ignore') return;
    if (verdict === 'self') {
      this.#dialler.book.block(from);
      this.#fail('self-connection');
    }
    if (verdict === 'self' || verdict === 'full' || this.#quarantine.holds(peer)) {
      const code = verdict === 'self' ? 'duplicate' : 'full';
      this.#exchange(from, connection).send({ kind: 'reject', code });
      return;
    }
    for (const attempt of [...rivals, ...answering]) this.#drop(attempt, 'duplicate');
    const attempt = this.#create(connection, from, false);
    if (!attempt.admits(peer, route.seq)) return;
    attempt.receive(signal);
    if (older === undefined) attempt.start();
    else this.#probeForOffer(older, attempt);
  }

  #probeForOffer(older: Announced, attempt: Attempt): void {
    older.link.probe(this.#timing.probe, alive => {
      if (!this.#attempts.has(attempt) || attempt.link !== undefined) return;
      if (alive) {
        attempt.reject('duplicate');
        this.#drop(attempt, 'duplicate');
      } else {
        older.link.lose();
      }
    });
  }

  /** The other side will not have this connection. */
  #rejected(attempt: Attempt, code: SignalRejectCode): void {
    const { peer, address } = attempt;
    this.#drop(attempt, 'closed');
    if (isBadSignal(code)) {
      this.#dialler.book.block(address);
      this.#fail(code, peer);
    } else if (peer === this.#options.signer.peerId) {
      this.#dialler.book.block(address);
      this.#fail('self-connection');
    } else {
      const tries = this.#dialler.book.failed(address);
      if (code === 'full' && tries > 1 && this.#neighbours.size === 0) this.#fail('too-many-neighbours');
    }
    this.#dialler.retry();
  }

  /** A box that is not what its sender sealed: the connection is refused on both sides, never made some other way. */
  #refuse({ from, code, connection }: Extract<OpenedBox, { ok: false }>): void {
    const hit = this.#attempts.unfinishedWith(from);
    for (const attempt of hit) {
      attempt.reject(code);
      this.#drop(attempt, 'closed');
    }
    if (hit.length > 0) this.#dialler.retry();
    if (!this.#forged.add(from)) return;
    this.#dialler.book.block(from);
    if (hit.length === 0)
      this.#exchange(from, connection ?? createConnectionId(this.#options.crypto)).send({
        kind: 'reject',
        code,
      });
    this.#fail(code, hit[0]?.peer);
  }

  // --- links ---

  #dial(address: string): void {
    this.#create(createConnectionId(this.#options.crypto), address, true).start();
  }

  #create(connection: string, address: string, outgoing: boolean): Attempt {
    const attempt: Attempt = new Attempt({
      connection,
      address,
      outgoing,
      exchange: this.#exchange(address, connection, () => this.#unreachable(attempt)),
      createLink: (initiator, listener) => this.#createLink(initiator, listener),
      listener: (from, event) => this.#linkEvent(from, event),
      onDismissed: from => {
        if (from.peer !== undefined) this.#quarantine.add(from.peer);
      },
    });
    this.#attempts.add(attempt);
    return attempt;
  }

  #createLink(initiator: boolean, listener: (event: LinkEvent) => void): Link {
    return new Link({
      initiator,
      iceServers: this.#iceServers,
      connect: this.#options.connect ?? simplePeerConnections,
      scheduler: this.#scheduler,
      limits: this.#linkLimits,
      features: this.#options.features ?? [],
      listener,
    });
  }

  #unreachable(attempt: Attempt): void {
    if (!this.#attempts.has(attempt) || attempt.isOpen) return;
    this.#drop(attempt, 'closed');
    this.#dialler.book.gone(attempt.address);
    this.#dialler.retry();
  }

  #linkEvent(attempt: Attempt, event: Exclude<LinkEvent, { type: 'signal' }>): void {
    const { peer, link } = attempt;
    if (!this.#attempts.has(attempt) || link === undefined) return;
    if (event.type === 'closed') this.#linkClosed(attempt, event.end);
    else if (peer === undefined) return;
    else if (event.type === 'open') this.#linkOpen(attempt, peer, link);
    else if (attempt.held === undefined) this.#listeners.emit({ ...event, peer });
    else if (event.type !== 'frame') return;
    else if (attempt.held.length < MAX_HELD_FRAMES) attempt.held.push(event.frame);
    else this.#drop(attempt, 'protocol-violation');
  }

  #linkOpen(attempt: Attempt, peer: PeerId, link: Link): void {
    const older = this.#neighbours.get(peer);
    if (older === undefined) {
      this.#announce(attempt, peer, link);
      return;
    }
    attempt.held ??= [];
    older.link.probe(this.#timing.probe, alive => {
      if (!this.#attempts.has(attempt) || attempt.held === undefined) return;
      if (keepsNewer(older.attempt.connection, attempt.connection, alive))
        older.link.close('duplicate', failureText('duplicate'));
      else this.#drop(attempt, 'duplicate');
    });
  }

  #announce(attempt: Attempt, peer: PeerId, link: Link): void {
    const { held } = attempt;
    attempt.held = undefined;
    const neighbour = attempt.neighbour(peer, link);
    this.#neighbours.set(peer, { attempt, link, neighbour });
    this.#dialler.succeeded(attempt.address);
    this.#tally.clear(peer);
    this.#listeners.emit({ type: 'neighbour-joined', neighbour });
    if (held === undefined) return;
    // What happened while we did not know whether this link would stay.
    if (link.path !== 'unknown') this.#listeners.emit({ type: 'path', peer, path: link.path });
    for (const frame of held) {
      if (!link.isOpen) return;
      this.#listeners.emit({ type: 'frame', peer, frame });
    }
  }

  #linkClosed(attempt: Attempt, end: LinkEnd): void {
    const { peer } = attempt;
    this.#attempts.remove(attempt);
    attempt.end(end.code, end.text);
    if (peer !== undefined && this.#neighbours.get(peer)?.attempt === attempt) {
      this.#neighbours.delete(peer);
      if (end.code === 'protocol-violation') this.#quarantine.add(peer);
      this.#listeners.emit({ type: 'neighbour-left', peer, code: end.code, text: end.text });
      this.#promote(peer);
    } else {
      this.#connectFailed(attempt, end);
    }
    this.#dialler.retry();
  }

  /** The older link is gone: connections that waited for that go on. */
  #promote(peer: PeerId): void {
    for (const attempt of this.#attempts.waiting(peer)) {
      if (attempt.link === undefined) attempt.start();
      else if (attempt.link.isOpen) this.#linkOpen(attempt, peer, attempt.link);
    }
  }

  #connectFailed(attempt: Attempt, end: LinkEnd): void {
    const { peer, address } = attempt;
    const dials = this.#dialler.book.failed(address);
    const tries = peer === undefined ? dials : this.#tally.add(peer);
    const failure = connectFailure(end, {
      tries,
      answered: peer !== undefined,
      lonely: this.#neighbours.size === 0,
    });
    if (failure === undefined) return;
    if (peer !== undefined && (failure === 'unsupported-version' || failure === 'protocol-violation')) {
      this.#quarantine.add(peer);
    }
    this.#fail(failure, peer);
  }

  // --- small things ---

  /** Ends without a word to our listeners: the caller knows. */
  #drop(attempt: Attempt, code: TransportErrorCode): void {
    if (this.#attempts.remove(attempt)) attempt.end(code, failureText(code));
  }

  #beat(): void {
    this.#stopBeat = this.#scheduler.after(this.#timing.beat, () => {
      for (const { link } of this.#neighbours.values()) link.tick();
      this.#beat();
    });
  }

  #exchange(to: string, connection: string, onUndeliverable: () => void = () => undefined): SignalExchange {
    const { crypto, signalKey, signer } = this.#options;
    const from = this.#address ?? '';
    return new SignalExchange({
      crypto,
      signalKey,
      signer,
      // A box names the address it was sealed for: after a new join it would look forged to the other side.
      relay: async (box: Bytes) => (this.#address === from ? this.#signaling.signal(to, box) : 'failed'),
      scheduler: this.#scheduler,
      from,
      to,
      connection,
      onUndeliverable,
    });
  }

  #fail(code: TransportErrorCode, peer?: PeerId): void {
    const text = failureText(code);
    this.#listeners.emit(
      peer === undefined ? { type: 'failure', code, text } : { type: 'failure', code, text, peer },
    );
  }
}

function isBadSignal(
  code: SignalRejectCode,
): code is Extract<SignalRejectCode, 'signal-forged' | 'signal-malformed'> {
  return code === 'signal-forged' || code === 'signal-malformed';
}

function randomFraction(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
