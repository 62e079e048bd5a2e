import { describe, expect, test } from 'vitest';
import { LaneWatch } from './lane-watch.ts';
import type { LinkStats } from '../peer-connection/peer-connection.ts';

const LOOK_MS = 125;

/** A connection whose path ICE measures when told. */
class Connection {
  #stats: LinkStats = { path: 'direct', protocol: 'udp', rttMs: 50, checks: 1 };

  checked(rttMs: number): this {
    this.#stats = { ...this.#stats, rttMs, checks: (this.#stats.checks ?? 0) + 1 };
    return this;
  }

  stats = (): Promise<LinkStats> => Promise.resolve(this.#stats);
}

/** A watch over connections with a backlog, and how often it wanted more. */
class Watched {
  readonly connections: Connection[] = [new Connection()];
  more = 0;
  idleMs = 0;
  readonly watch: LaneWatch;
  #now = 0;
  #look: () => void = () => undefined;

  constructor() {
    this.watch = new LaneWatch({
      now: () => this.#now,
      after: (_, task) => (this.#look = task),
      idleMs: () => this.idleMs,
      buffered: () => 1,
      connections: () => this.connections,
      more: () => (this.more += 1),
    });
  }

  async open(rttMs = 50): Promise<void> {
    const [first] = this.connections;
    if (first !== undefined) this.watch.opened(first, await first.checked(rttMs).stats());
  }

  /** So many looks, with a block of so many bytes before each. */
  async look(count: number, bytes = 1000): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      this.#now += LOOK_MS;
      this.watch.sending(bytes);
      this.#look();
      await Promise.resolve().then(() => undefined);
    }
  }
}

describe('[LN2] the first block on a long path', () => {
  test('brings lanes once, also when another connection carries the link later', async () => {
    const link = new Watched();
    await link.open(200);
    expect(link.more).toBe(0);
    link.watch.sending(1000);
    expect(link.more).toBe(1);
    // A rest, then a move.
    link.idleMs = 5_000;
    await link.look(1);
    await link.open(200);
    link.watch.sending(1000);
    expect(link.more).toBe(1);
  });
});

describe('[LN2] the path is looked at on all connections in turn', () => {
  test('what ICE measured before the last step does not count, on whichever', async () => {
    const link = new Watched();
    await link.open();
    link.connections.push(new Connection());
    await link.look(8);
    expect(link.more).toBe(1);
    await link.look(20, 2000);
    expect(link.more).toBe(1);
    for (const connection of link.connections) connection.checked(50);
    await link.look(8, 2000);
    expect(link.more).toBe(2);
    await link.look(20, 4000);
    expect(link.more).toBe(2);
  });

  test('a lane that shows a free path is enough, though another one tells of a late answer', async () => {
    const link = new Watched();
    await link.open();
    link.connections.push(new Connection(), new Connection());
    link.connections[0]?.checked(90);
    await link.look(4);
    expect(link.more).toBe(0);
    link.connections[2]?.checked(51);
    await link.look(6);
    expect(link.more).toBe(1);
  });
});
