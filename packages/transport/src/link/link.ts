import {
  BLOCK_FRAME,
  CONTROL_FRAME,
  FRAGMENT_FRAME,
  FragmentJoiner,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  ProtocolError,
  decodeMessage,
  encodeMessage,
  negotiateVersion,
  splitControl,
} from '@shoal/protocol';
import type { Bytes, ConnectionSignal, IceServer } from '@shoal/protocol';
import { failureText } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import type {
  LinkPath,
  LinkStats,
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
} from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LinkEnd, LinkEvent } from './events.ts';
import { goodbyeCode, goodbyeEnd } from './goodbye.ts';
import { LaneWatch } from './lane-watch.ts';
import { LANES_FEATURE, Lanes } from './lanes.ts';
import { isForMesh, isLinkMessage } from './link-message.ts';
import type { LinkLimits } from './limits.ts';
import { MOVE_FEATURE, Moves } from './moves.ts';
import { NUDGES_FEATURE, Nudger, UNKNOWN_RTT_MS } from './nudger.ts';
import { PathSight } from './path-sight.ts';
import { Pulse } from './pulse.ts';
import type { SendQueue } from './send-queue.ts';

export interface LinkOptions {
  readonly initiator: boolean;
  /** The latest: credentials of relays end. */
  readonly iceServers: () => readonly IceServer[];
  /** No way but through a relay, so that the other side does not learn our address. */
  readonly relayOnly: boolean;
  readonly connect: PeerConnectionFactory;
  readonly scheduler: Scheduler;
  readonly limits: LinkLimits;
  readonly features: readonly string[];
  readonly listener: (event: LinkEvent) => void;
}

/**
 * One conversation with one member over lane 0: hello first, then whole frames both ways, goodbye or silence last.
 * Knows nothing of signaling: its signals come and go through the owner, who has checked whose they are. Where a single connection cannot fill the
 * path, more lanes are opened beside this one; their signals go over this one, and they carry blocks alone.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #moves: Moves;
  readonly #lanes: Lanes;
  readonly #watch: LaneWatch;
  readonly #sight = new PathSight();
  readonly #pulse: Pulse;
  readonly #joiner = new FragmentJoiner();
  readonly #cancels = new Set<() => void>();
  #state: 'connecting' | 'greeting' | 'open' | 'closed' = 'connecting';
  #features: readonly string[] = [];
  #lastBlockAt: number;
  #turnRefused = false;
  #stopDeadline: () => void;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#lastBlockAt = options.scheduler.now;
    const { limits, scheduler } = options;
    const sender = (connection: PeerConnection): Nudger =>
      new Nudger(connection, scheduler, () => this.#nudgeRtt);
    this.#moves = new Moves({
      ...options,
      sender,
      after: (ms, task) => this.#after(ms, task),
      wanted: () => this.#state === 'open' && this.path === 'relay' && this.#features.includes(MOVE_FEATURE),
      send: message => this.#push(encodeMessage(message)),
      event: event => this.#connectionEvent(event),
      moved: () => this.#moved(),
      lost: () => this.#fail('link-lost'),
      violation: detail => this.#violation(detail),
    });
    this.#lanes = new Lanes({
      ...options,
      signal: (lane, signal) => this.#push(encodeMessage({ type: 'lane', lane, signal })),
      block: frame => {
        this.#pulse.heard();
        if (this.#state === 'open') this.#block(frame);
      },
      sender,
      changed: () => {
        if (this.#state === 'open') this.#emit({ type: 'lanes', connections: this.connections });
      },
      writable: () => this.#writable(),
      violation: detail => this.#violation(detail),
    });
    this.#watch = new LaneWatch({
      now: () => options.scheduler.now,
      after: (ms, task) => this.#after(ms, task),
      idleMs: () => this.idleMs,
      buffered: () => this.bufferedAmount,
      connections: () => [this.#connection, ...this.#lanes.open],
      more: () => this.#lanes.more(),
    });
    this.#pulse = new Pulse({
      silentTicksToDeath: limits.silentTicksToDeath,
      after: (ms, task) => this.#after(ms, task),
      isOpen: () => this.isOpen,
      ping: id => this.#push(encodeMessage({ type: 'ping', id })),
      lost: () => this.lose(),
    });
    this.#stopDeadline = scheduler.after(limits.connectTimeoutMs, () =>
      this.#notConnected('connect-timeout'),
    );
  }

  get #connection(): PeerConnection {
    return this.#moves.connection;
  }

  get #queue(): SendQueue {
    return this.#moves.queue;
  }

  /** Undefined: the other side does not take nudges, or has not said so yet. */
  get #nudgeRtt(): number | undefined {
    if (!this.#features.includes(NUDGES_FEATURE)) return undefined;
    return this.leastRttMs ?? UNKNOWN_RTT_MS;
  }

  /** See {@link PathSight.leastRttMs}. */
  get leastRttMs(): number | undefined {
    return this.#sight.leastRttMs;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get path(): LinkPath {
    return this.#sight.seen.path;
  }

  /** Path, protocol and round trip as they were looked at last: at the start, after a move, and with each beat. */
  get seen(): LinkStats {
    return this.#sight.seen;
  }

  /** Features both sides may count on: those the other side named in its hello. */
  get features(): readonly string[] {
    return this.#features;
  }

  /** Milliseconds since a block went either way, or since the link was made. */
  get idleMs(): number {
    return this.#options.scheduler.now - this.#lastBlockAt;
  }

  /** Bytes that may be sent now without waiting. 0 unless open. */
  get room(): number {
    // All lanes together hold what one alone would: what waits here waits for the same path.
    return this.#state === 'open' ? Math.max(0, this.#queue.room - this.#lanes.bufferedAmount) : 0;
  }

  /** Largest frame that goes out in one message; control frames above it are split, block frames must not be. */
  get maxFrameBytes(): number {
    return Math.min(this.#connection.maxMessageBytes, MAX_FRAME_BYTES);
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedAmount + this.#lanes.bufferedAmount;
  }

  /** Connections that make up the link now. */
  get connections(): number {
    return 1 + this.#lanes.open.length;
  }

  signal(signal: ConnectionSignal): void {
    if (this.#state !== 'closed') this.#connection.signal(signal);
  }

  /**
   * Sends a whole frame. Does nothing unless open; a block frame above {@link maxFrameBytes} ends the link.
   * @returns true when the frame's memory is the caller's again, false while it waits here
   */
  send(frame: Bytes): boolean {
    if (this.#state !== 'open') return true;
    const max = this.maxFrameBytes;
    if (frame[0] === BLOCK_FRAME) {
      this.#lastBlockAt = this.#options.scheduler.now;
      // Relays are others' to pay for, and get no more than one connection.
      if (this.path === 'direct' && this.#features.includes(LANES_FEATURE)) this.#watch.sending(frame.length);
      const lane = frame.length <= max ? this.#lanes.shortest(this.#connection.bufferedAmount) : undefined;
      if (lane !== undefined) return lane.push(frame) === 'sent';
    }
    if (frame.length <= max) return this.#push(frame);
    if (frame[0] === CONTROL_FRAME) for (const part of splitControl(frame, max)) this.#push(part);
    else this.#fail('frame-too-large');
    return false;
  }

  /** There are fresh credentials for relays: a relayed link takes them before the ones it was made with end. */
  renew(): void {
    this.#moves.renew();
  }

  stats(): Promise<LinkStats> {
    return this.#connection.stats();
  }

  /** Says goodbye and ends. Idempotent. */
  close(code: string, text: string): void {
    this.#end({ code, text, by: 'self' });
  }

  /** To be called in even beats: looks at the path, and whether the other side lives. See {@link Pulse.tick}. */
  tick(): void {
    if (this.#state !== 'open') return;
    // ICE may have gone over to another pair.
    void this.#findPath();
    this.#pulse.tick();
  }

  /** See {@link Pulse.probe}. */
  probe(ms: number, done: (alive: boolean) => void): void {
    this.#pulse.probe(ms, done);
  }

  /** Ends as lost: the owner has found out. */
  lose(): void {
    this.#fail('link-lost');
  }

  #connectionEvent(event: PeerConnectionEvent): void {
    if (event.type === 'close') this.#connectionClosed(event.error);
    else if (this.#state === 'closed') return;
    else if (event.type === 'message') this.#message(event.data);
    else if (event.type === 'buffer-low') this.#drained();
    else if (event.type === 'signal') this.#emit(event);
    else if (event.type === 'connect') this.#greet();
    else if (event.type === 'turn-refused') this.#turnRefused = true;
    else this.#interrupted();
  }

  #greet(): void {
    this.#state = 'greeting';
    const features = [...this.#options.features];
    this.#connection.send(encodeMessage({ type: 'hello', versions: [PROTOCOL_VERSION], features }));
    void this.#findPath();
  }

  /** Another connection carries the link from now on. */
  #moved(): void {
    void this.#findPath();
    this.#writable();
  }

  async #findPath(): Promise<void> {
    const connection = this.#connection;
    const stats = await connection.stats();
    // Meanwhile another connection may carry the link: what was seen is not its path.
    if (this.#state === 'closed' || connection !== this.#connection) return;
    const sight = this.#sight.take(connection, stats);
    if (sight === 'first') this.#watch.opened(connection, stats);
    if (stats.path === 'relay') this.#moves.relayed();
    if (this.#state === 'open' && sight !== 'same') this.#tellPath();
  }

  #tellPath(): void {
    this.#emit({ type: 'path', path: this.path, leastRttMs: this.leastRttMs });
  }

  #message(data: Bytes): void {
    this.#pulse.heard();
    try {
      if (data.length === 0) return; // A nudge: it has done its work.
      if (data.length > MAX_FRAME_BYTES) this.#violation('a frame of a forbidden size');
      else if (this.#state === 'greeting') this.#hello(data);
      else if (data[0] === BLOCK_FRAME) this.#block(data);
      else if (data[0] === CONTROL_FRAME) this.#control(data);
      else if (data[0] === FRAGMENT_FRAME) this.#fragment(data);
      else this.#violation('an unknown kind of frame');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#violation(error.message);
    }
  }

  #hello(frame: Bytes): void {
    const message = frame[0] === CONTROL_FRAME ? decodeMessage(frame) : undefined;
    if (message?.type === 'goodbye') {
      this.#end({ ...goodbyeEnd(message.code, message.text), by: 'other' });
      return;
    }
    if (message?.type !== 'hello') {
      this.#violation('the first message is not a hello');
      return;
    }
    if (negotiateVersion(message.versions) === undefined) {
      this.#fail('unsupported-version');
      return;
    }
    this.#features = message.features;
    this.#stopDeadline();
    this.#state = 'open';
    this.#emit({ type: 'open' });
    if (this.path !== 'unknown') this.#tellPath();
  }

  #block(frame: Bytes): void {
    this.#lastBlockAt = this.#options.scheduler.now;
    this.#emit({ type: 'frame', frame });
  }

  #fragment(data: Bytes): void {
    const whole = this.#joiner.push(data);
    if (whole === undefined) return;
    if (whole[0] === CONTROL_FRAME) this.#control(whole);
    else this.#violation('fragments of something that is not a control message');
  }

  #control(frame: Bytes): void {
    // Only what may be ours or the mesh's is decoded here; all else is decoded once, by whoever it is for.
    if (!isLinkMessage(frame)) {
      this.#emit({ type: 'frame', frame });
      return;
    }
    const message = decodeMessage(frame);
    if (message.type === 'ping') this.#push(encodeMessage({ type: 'pong', id: message.id }));
    else if (message.type === 'goodbye')
      this.#end({ ...goodbyeEnd(message.code, message.text), by: 'other' });
    else if (message.type === 'hello') this.#violation('a second hello');
    else if (message.type === 'lane') this.#lanes.receive(message.lane, message.signal);
    else if (message.type === 'move' || message.type === 'moved') this.#moves.receive(message);
    else if (isForMesh(message)) this.#emit({ type: 'message', message });
    else if (message.type !== 'pong') this.#emit({ type: 'frame', frame });
  }

  #push(frame: Bytes): boolean {
    if (this.#state !== 'open') return true;
    const fate = this.#queue.push(frame);
    if (fate === 'refused') this.#fail('send-overrun');
    return fate !== 'waiting';
  }

  #drained(): void {
    this.#queue.drain();
    this.#writable();
  }

  #writable(): void {
    if (this.#state === 'open') this.#emit({ type: 'writable', room: this.room });
  }

  #interrupted(): void {
    this.probe(this.#options.limits.interruptTimeoutMs, alive => {
      if (!alive && this.#state === 'open') this.#fail('link-lost');
    });
  }

  #connectionClosed(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'open' && error !== undefined) this.#notConnected('connection-failed');
    else this.#fail('link-lost');
  }

  /** A relay that refused is why there is no way; once there was one, it is not. */
  #notConnected(code: 'connect-timeout' | 'connection-failed'): void {
    this.#fail(this.#turnRefused && this.#state === 'connecting' ? 'turn-refused' : code);
  }

  /** `detail` is for the log of the other side's author; people get the plain text of the code. */
  #violation(detail: string): void {
    this.#fail('protocol-violation', detail);
  }

  #fail(code: TransportErrorCode, detail = ''): void {
    this.#end({ code, text: failureText(code), by: 'failure' }, detail);
  }

  #end(end: LinkEnd, detail = end.text): void {
    if (this.#state === 'closed') return;
    const connected = this.#state !== 'connecting';
    this.#state = 'closed';
    this.#stopDeadline();
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#moves.close();
    this.#lanes.close();
    if (connected && end.by !== 'other') this.#sayGoodbye(end.code, detail);
    else this.#moves.destroy();
    this.#emit({ type: 'closed', end });
  }

  /** The word must reach the other side, who then ends the connection; should it not, we do. */
  #sayGoodbye(code: string, text: string): void {
    this.#connection.send(
      encodeMessage({ type: 'goodbye', code: goodbyeCode(code), text: text.slice(0, 200) }),
    );
    this.#options.scheduler.after(this.#options.limits.lingerMs, () => this.#moves.destroy());
  }

  #after(ms: number, task: () => void): void {
    const cancel = this.#options.scheduler.after(ms, () => {
      this.#cancels.delete(cancel);
      task();
    });
    this.#cancels.add(cancel);
  }

  #emit(event: LinkEvent): void {
    this.#options.listener(event);
  }
}
