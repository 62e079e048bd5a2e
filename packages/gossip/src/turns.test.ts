import type { LogEntry, PeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import type { GossipEffect, GossipEvent } from './events.ts';
import { RoomLog } from './room-log.ts';
import { authors } from './testing/cast.ts';

/** So many that digests are compared, and what the first three wrote while they were apart. */
async function cast() {
  const people = authors(20);
  const [a, b, c] = people;
  if (a === undefined || b === undefined || c === undefined) throw new Error('no authors');
  const common = await Promise.all(people.map(person => person.text('known to all')));
  const own = await Promise.all([a, b, c].map(person => person.text('written apart')));
  const logOf = (self: PeerId, entries: readonly LogEntry[]): RoomLog => {
    const log = new RoomLog({ self });
    log.receive({ type: 'restored', entries });
    return log;
  };
  return { a: a.id, b: b.id, c: c.id, common, own, logOf };
}

describe('turns', () => {
  test.each([
    ['one way', false],
    ['the other way', true],
  ])(
    '[GS10] three that have asked one another in a circle, %s, come together without a flush',
    async (_name, turned) => {
      const { a, b, c, common, own, logOf } = await cast();
      const ids = turned ? [c, b, a] : [a, b, c];
      const logs = new Map(ids.map((id, i) => [id, logOf(id, [...common, ...own.slice(i, i + 1)])]));
      const queue: [PeerId, GossipEvent][] = [];
      let messages = 0;
      const tell = (to: PeerId, event: GossipEvent): void => {
        for (const effect of logs.get(to)?.receive(event) ?? [])
          if (effect.type === 'send')
            queue.push([effect.peer, { type: 'message', peer: to, message: effect.message }]);
          else if (effect.type === 'check')
            queue.push([to, { type: 'checked', entry: effect.entry, valid: true }]);
      };
      // Who was called sees a link half a round trip later than who called.
      const next = (i: number): PeerId => ids[(i + 1) % 3] ?? a;
      ids.forEach((id, i) => tell(id, { type: 'neighbour-joined', peer: next(i) }));
      ids.forEach((id, i) => tell(next(i), { type: 'neighbour-joined', peer: id }));
      for (let event = queue.shift(); event !== undefined && messages < 1_000; event = queue.shift()) {
        messages += 1;
        tell(...event);
      }
      expect(messages).toBeLessThan(100);
      expect([...logs.values()].map(log => log.entries().length)).toEqual([23, 23, 23]);
    },
  );

  test('[GS10] a turn is broken off for a smaller id alone, before any word has come, and once', async () => {
    const { a, b, c, common, logOf } = await cast();
    const [last] = authors(20).slice(-1);
    if (last === undefined) throw new Error('no authors');
    const log = logOf(c, common);
    const shows = (peer: PeerId): string[] => {
      const message = { type: 'log-digest', root: new Uint8Array(16), buckets: new Uint8Array(512) } as const;
      return sentTo(peer, log.receive({ type: 'message', peer, message }));
    };
    for (const peer of [last.id, a, b]) log.receive({ type: 'neighbour-joined', peer });
    expect(shows(a)).toEqual(['log-part']);
    expect(shows(b)).toEqual(['log-done']);
    // Its turn over, the one put off is as the others, and none of them breaks off another before it has answered.
    const done = (peer: PeerId) => log.receive({ type: 'message', peer, message: { type: 'log-done' } });
    expect(sentTo(b, done(a))).toEqual(['log-digest']);
    expect(shows(a)).toEqual(['log-done']);
    expect(sentTo(last.id, done(b))).toEqual(['log-digest']);
    expect(shows(b)).toEqual(['log-done']);
    done(last.id);
    // It is the turn of `a` again, which owes nobody anything.
    expect(shows(last.id)).toEqual(['log-done']);
    expect(shows(b)).toEqual(['log-part']);
  });
});

function sentTo(peer: PeerId, effects: readonly GossipEffect[]): string[] {
  return effects.flatMap(effect =>
    effect.type === 'send' && effect.peer === peer ? [effect.message.type] : [],
  );
}
