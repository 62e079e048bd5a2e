import { describe, expect, test } from 'vitest';
import { LaneWatch } from './lane-watch.ts';
import type { LinkStats } from '../peer-connection/peer-connection.ts';

const LONG: LinkStats = { path: 'direct', protocol: 'udp', rttMs: 200, checks: 1 };

describe('[LN2] the first block on a long path', () => {
  test('brings lanes once, also when another connection carries the link later', () => {
    let more = 0;
    let look: () => void = () => undefined;
    const watch = new LaneWatch({
      now: () => 0,
      after: (_, task) => (look = task),
      idleMs: () => 5_000,
      buffered: () => 0,
      stats: () => Promise.resolve(LONG),
      more: () => (more += 1),
    });
    watch.opened(LONG);
    expect(more).toBe(0);
    watch.sending(1000);
    expect(more).toBe(1);
    // A rest, then a move.
    look();
    watch.opened(LONG);
    watch.sending(1000);
    expect(more).toBe(1);
  });
});
