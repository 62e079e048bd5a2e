import type { Bytes, ConnectionSignal } from '@shoal/protocol';
import type {
  LinkStats,
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionOptions,
} from '../peer-connection/peer-connection.ts';

/**
 * WebRTC without WebRTC: connections find each other through the text of their descriptions, and nothing happens until
 * the test steps the network. Order holds within a direction; between directions it is the seed's.
 */
export class FakeNetwork {
  readonly #random: () => number;
  readonly #ends = new Map<string, FakeConnection>();
  readonly #queues = new Map<string, (() => void)[]>();
  #count = 0;
  /** Connections are made only while this says so; by default always. */
  reaches: (a: FakeConnection, b: FakeConnection) => boolean = () => true;
  maxMessageBytes = 192 * 1024;
  /** Round trip that ICE reports, ms. */
  rttMs = 1;
  /** What a TURN server would answer each new connection. */
  turn: 'unasked' | 'refuses' = 'unasked';
  readonly connect: (options: PeerConnectionOptions) => FakeConnection;

  constructor(random: () => number) {
    this.#random = random;
    this.connect = options => {
      this.#count += 1;
      const end = new FakeConnection(this, `end-${this.#count}`, options);
      this.#ends.set(end.name, end);
      return end;
    };
  }

  /** Everything ever made, the newest last. */
  get ends(): readonly FakeConnection[] {
    return [...this.#ends.values()];
  }

  get idle(): boolean {
    return this.#queues.size === 0;
  }

  find(name: string): FakeConnection | undefined {
    return this.#ends.get(name);
  }

  queue(direction: string, task: () => void): void {
    const tasks = this.#queues.get(direction);
    if (tasks === undefined) this.#queues.set(direction, [task]);
    else tasks.push(task);
  }

  /** Lets one thing happen. */
  step(): void {
    const directions = [...this.#queues.keys()];
    const direction = directions[Math.floor(this.#random() * directions.length)];
    const tasks = direction === undefined ? undefined : this.#queues.get(direction);
    if (direction === undefined || tasks === undefined) return;
    const task = tasks.shift();
    if (tasks.length === 0) this.#queues.delete(direction);
    task?.();
  }
}

export class FakeConnection implements PeerConnection {
  readonly name: string;
  readonly #network: FakeNetwork;
  readonly #options: PeerConnectionOptions;
  #other: FakeConnection | undefined;
  #state: 'new' | 'connected' | 'closed' = 'new';
  readonly #early: Bytes[] = [];
  #bufferedAmount = 0;
  /** What goes out vanishes: a cable pulled. */
  mute = false;
  /** Messages sent, as long as nobody minds the memory. */
  readonly sent: Bytes[] = [];
  maxBuffered = 0;
  /** What goes out instead, or (undefined) nothing: a member that does not run our code. */
  tamper: (message: Bytes) => Bytes | undefined = message => message;
  relayed = false;
  #checks = 0;

  constructor(network: FakeNetwork, name: string, options: PeerConnectionOptions) {
    this.#network = network;
    this.name = name;
    this.#options = options;
    if (network.turn === 'refuses') this.#tell({ type: 'turn-refused' });
    if (options.initiator) this.#tell({ type: 'signal', signal: { kind: 'offer', sdp: name } });
  }

  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get maxMessageBytes(): number {
    return this.#network.maxMessageBytes;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get other(): FakeConnection | undefined {
    return this.#other;
  }

  signal(signal: ConnectionSignal): void {
    if (this.#state !== 'new') return;
    if (signal.kind === 'candidate') return;
    const other = this.#network.find(signal.sdp);
    if (other === undefined) {
      this.#close(new Error('nonsense in the description'));
      return;
    }
    this.#other = other;
    const candidate = {
      kind: 'candidate',
      candidate: `of ${this.name}`,
      sdpMid: '0',
      sdpMLineIndex: 0,
    } as const;
    if (signal.kind === 'offer') {
      this.#tell({ type: 'signal', signal: { kind: 'answer', sdp: this.name } });
      this.#tell({ type: 'signal', signal: candidate });
    } else if (this.#network.reaches(this, other)) {
      this.#up();
      other.#up();
    }
  }

  send(message: Bytes): void {
    if (this.#state !== 'connected') return;
    if (message.length > this.maxMessageBytes) throw new Error('message above the negotiated size');
    this.sent.push(message);
    this.#bufferedAmount += message.length;
    this.maxBuffered = Math.max(this.maxBuffered, this.#bufferedAmount);
    const data = this.tamper(message)?.slice();
    this.#network.queue(this.name, () => {
      const before = this.#bufferedAmount;
      this.#bufferedAmount -= message.length;
      const { lowWater } = this.#options;
      if (before > lowWater && this.#bufferedAmount <= lowWater) this.#tell({ type: 'buffer-low' });
      const other = this.#other;
      if (!this.mute && other !== undefined && data !== undefined) other.#arrive(data);
    });
  }

  async stats(): Promise<LinkStats> {
    this.#checks += 1;
    const path = this.relayed ? 'relay' : 'direct';
    return { path, protocol: 'udp', rttMs: this.#network.rttMs, checks: this.#checks };
  }

  destroy(): void {
    const other = this.#other;
    this.#close();
    // After what was sent before; a cut cable tells nothing.
    this.#network.queue(this.name, () => {
      if (!this.mute && other !== undefined) other.#close();
    });
  }

  /** As ICE would report it. */
  interrupt(): void {
    this.#tell({ type: 'interrupted' });
  }

  /** As ICE would give up. */
  break(): void {
    this.#close(new Error('ICE failed'));
  }

  /** Before our own `connect` it is kept, as the port demands. */
  #arrive(data: Bytes): void {
    if (this.#state === 'new') this.#early.push(data);
    else if (this.#state === 'connected') this.#options.listener({ type: 'message', data });
  }

  #up(): void {
    if (this.#state !== 'new') return;
    this.#network.queue(`${this.name} up`, () => {
      if (this.#state !== 'new') return;
      this.#state = 'connected';
      this.#options.listener({ type: 'connect' });
      for (const data of this.#early.splice(0)) this.#arrive(data);
    });
  }

  #close(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#network.queue(`${this.name} down`, () => {
      this.#options.listener(error === undefined ? { type: 'close' } : { type: 'close', error });
    });
  }

  #tell(event: PeerConnectionEvent): void {
    this.#network.queue(`${this.name} tells`, () => {
      if (this.#state !== 'closed') this.#options.listener(event);
    });
  }
}
