import type { LinkStats, PeerConnection } from '../peer-connection/peer-connection.ts';
import { LanePolicy, beginsWithLanes } from './lane-policy.ts';

/** Milliseconds between two looks at the send buffer while blocks go out, at least; on a long path, one round trip: SCTP needs several to find its rate. */
const LOOK_MS = 125;
/** Looks between two at the path's round trip, on one connection after the other: ICE itself measures it every half a second to two and a half on each. */
const LOOKS_PER_RTT = 2;
/** Without a block for so long nothing is looked at, ms. */
const SENDING_MS = 1_000;

type Stated = Pick<PeerConnection, 'stats'>;

export interface LaneWatchOptions {
  /** Clock, ms. */
  readonly now: () => number;
  /** Runs `task` after `ms` milliseconds, unless the link ends before. */
  readonly after: (ms: number, task: () => void) => void;
  /** Milliseconds since the last block. */
  readonly idleMs: () => number;
  /** Bytes in the send buffers of the link. */
  readonly buffered: () => number;
  /** All that carry the link now. */
  readonly connections: () => readonly Stated[];
  readonly more: () => void;
}

/** Feeds the {@link LanePolicy} while blocks go out, and rests otherwise. */
export class LaneWatch {
  readonly #options: LaneWatchOptions;
  readonly #policy = new LanePolicy();
  #looks = 0;
  /** Bytes of all blocks so far. */
  #given = 0;
  #running = false;
  /** A block has gone out. */
  #began = false;
  /** A round trip that the policy has not heard of, ms. */
  #rttMs: number | undefined;
  /** Checks of ICE when each connection was last looked at. */
  readonly #checks = new WeakMap<Stated, number | undefined>();

  constructor(options: LaneWatchOptions) {
    this.#options = options;
  }

  /** A look at the path from before anything was sent. */
  opened(connection: Stated, { rttMs, checks }: LinkStats): void {
    this.#rttMs = rttMs;
    this.#checks.set(connection, checks);
  }

  /** A block of so many bytes goes out. */
  sending(bytes: number): void {
    this.#given += bytes;
    if (this.#running) return;
    this.#policy.rest();
    if (!this.#began && beginsWithLanes(this.#rttMs)) this.#options.more();
    this.#began = true;
    this.#next();
  }

  #next(): void {
    this.#running = true;
    this.#options.after(Math.max(LOOK_MS, this.#policy.rttMs), () => {
      this.#running = false;
      if (this.#options.idleMs() >= SENDING_MS) return;
      this.#look();
      this.#next();
    });
  }

  #look(): void {
    this.#looks += 1;
    const connections = this.#options.connections();
    const buffered = this.#options.buffered();
    const rttMs = this.#rttMs;
    this.#rttMs = undefined;
    const [at, sent] = [this.#options.now(), this.#given - buffered];
    if (this.#policy.wantsMore({ backlogged: buffered > 0, rttMs, at, sent })) {
      this.#options.more();
      // What ICE has measured until now is of the path before this step.
      for (const connection of connections) void this.#seen(connection);
    } else if (this.#looks % LOOKS_PER_RTT === 0) {
      const next = connections[(this.#looks / LOOKS_PER_RTT) % connections.length];
      if (next !== undefined) void this.#measure(next);
    }
  }

  async #measure(connection: Stated): Promise<void> {
    const before = this.#checks.get(connection);
    const { rttMs, checks } = await this.#seen(connection);
    if (checks !== before) this.#rttMs = rttMs;
  }

  async #seen(connection: Stated): Promise<LinkStats> {
    const stats = await connection.stats();
    this.#checks.set(connection, stats.checks);
    return stats;
  }
}
