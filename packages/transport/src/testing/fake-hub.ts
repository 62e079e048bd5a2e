import type { Bytes, IceServer } from '@shoal/protocol';
import { TransportError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { SignalOutcome, Signaling, SignalingEvent, SignalingState } from '../signaling/signaling.ts';

/** What happens to a box on its way: handed on as it is, changed, or (undefined) dropped. */
export type Meddler = (box: Bytes, from: string, to: string) => Bytes | undefined;

/** A signaling server in memory, honest unless told otherwise. Delivers as soon as `deliver` lets it. */
export class FakeHub {
  readonly #seats = new Map<string, FakeSignaling>();
  readonly #random: () => number;
  readonly #schedule: (direction: string, task: () => void) => void;
  #down = false;
  #names = 0;
  sampleSize = 8;
  meddle: Meddler = box => box;
  readonly relayed: { from: string; to: string; box: Bytes }[] = [];

  /** `schedule` decides when a queued task of a direction runs; tasks of one direction must run in order. */
  constructor(random: () => number, schedule: (direction: string, task: () => void) => void) {
    this.#random = random;
    this.#schedule = schedule;
  }

  seat(): FakeSignaling {
    return new FakeSignaling(this);
  }

  get isDown(): boolean {
    return this.#down;
  }

  /** The server dies: all are offline and forgotten. */
  stop(): void {
    this.#down = true;
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    for (const seat of seats) seat.lost();
  }

  /** It is back: `seats` find their way to it again. */
  restart(seats: readonly FakeSignaling[]): void {
    this.#down = false;
    for (const seat of seats) seat.start();
  }

  enter(seat: FakeSignaling, name?: string): string {
    this.#names += 1;
    const address = name ?? `${Math.floor(this.#random() * 1e9).toString(36)}-${this.#names}`;
    this.#seats.set(address, seat);
    return address;
  }

  leave(address: string): void {
    this.#seats.delete(address);
  }

  sample(address: string): string[] {
    const others = [...this.#seats.keys()].filter(other => other !== address);
    return others
      .map(other => ({ other, lot: this.#random() }))
      .toSorted((a, b) => a.lot - b.lot)
      .slice(0, this.sampleSize)
      .map(({ other }) => other);
  }

  relay(from: string, to: string, box: Bytes): SignalOutcome {
    if (this.#down) return 'failed';
    if (!this.#seats.has(to)) return 'unknown-member';
    const meddled = this.meddle(box, from, to);
    if (meddled !== undefined) this.inject(from, to, meddled);
    return 'relayed';
  }

  /** Hands a box to a member as if `from` had sent it. */
  inject(from: string, to: string, box: Bytes): void {
    this.relayed.push({ from, to, box });
    const copy = box.slice();
    this.#schedule(`hub ${from} ${to}`, () => this.#seats.get(to)?.deliver(from, copy));
  }
}

export class FakeSignaling implements Signaling {
  readonly #hub: FakeHub;
  readonly #listeners = new Listeners<SignalingEvent>();
  #state: SignalingState = 'connecting';
  #address: string | undefined;
  /** Address wanted at the next join; else the hub makes one up. */
  nextAddress: string | undefined;
  /** What it is told to use; see also {@link renew}. */
  iceServers: readonly IceServer[] = [];

  constructor(hub: FakeHub) {
    this.#hub = hub;
  }

  get state(): SignalingState {
    return this.#state;
  }

  get address(): string {
    return this.#address ?? '';
  }

  subscribe(listener: (event: SignalingEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  start(): void {
    if (this.#hub.isDown) return;
    if (this.#address !== undefined) this.#hub.leave(this.#address);
    const address = this.#hub.enter(this, this.nextAddress);
    this.nextAddress = undefined;
    this.#address = address;
    this.#become('online');
    const { iceServers } = this;
    this.#listeners.emit({ type: 'joined', address, members: this.#hub.sample(address), iceServers });
  }

  wake(): void {
    if (this.#state !== 'online') this.start();
  }

  async signal(to: string, box: Bytes): Promise<SignalOutcome> {
    return this.#address === undefined ? 'failed' : this.#hub.relay(this.#address, to, box);
  }

  async members(): Promise<readonly string[]> {
    if (this.#address === undefined) throw new TransportError('signaling-offline', 'the hub is down');
    return this.#hub.sample(this.#address);
  }

  close(): void {
    if (this.#address !== undefined) this.#hub.leave(this.#address);
    this.#address = undefined;
    this.#listeners.clear();
  }

  lost(): void {
    this.#address = undefined;
    this.#become('offline');
  }

  deliver(from: string, box: Bytes): void {
    this.#listeners.emit({ type: 'signal', from, box });
  }

  /** Fresh credentials. */
  renew(iceServers: readonly IceServer[]): void {
    this.iceServers = iceServers;
    this.#listeners.emit({ type: 'ice-servers', iceServers });
  }

  /** The server says no. */
  refuse(code: 'room-full' | 'unsupported-version' | 'signaling-refused'): void {
    this.#listeners.emit({ type: 'refused', code, final: code === 'unsupported-version' });
  }

  #become(state: SignalingState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listeners.emit({ type: 'state', state });
  }
}
