import { LOG_TIP_BYTES, asPeerId, logBucketOf } from '@shoal/protocol';
import type { GossipMessage, LogEntry, PeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import type { GossipEffect } from './events.ts';
import { RoomLog } from './room-log.ts';
import type { Author } from './testing/author.ts';
import { authors, deliver, join, typesOf } from './testing/cast.ts';
import { World } from './testing/world.ts';

/** More than go into a vector of the short kind. */
const MANY = 40;

async function crowd(count = MANY): Promise<{ readonly people: Author[]; readonly entries: LogEntry[] }> {
  const people = authors(count, 5);
  const entries: LogEntry[] = [];
  for (const person of people) entries.push(await person.text('I am here'));
  return { people, entries };
}

function logOf(self: PeerId, entries: readonly LogEntry[]): RoomLog {
  const log = new RoomLog({ self });
  log.receive({ type: 'restored', entries });
  return log;
}

function told(log: RoomLog, peer: PeerId, message: GossipMessage): readonly GossipEffect[] {
  return log.receive({ type: 'message', peer, message });
}

function messagesTo(peer: PeerId, effects: readonly GossipEffect[]): GossipMessage[] {
  return effects.flatMap(effect => (effect.type === 'send' && effect.peer === peer ? [effect.message] : []));
}

function idOf(person: Author | undefined): PeerId {
  if (person === undefined) throw new Error('nobody');
  return person.id;
}

/** Carries messages between two logs until none is left, answers checks, and keeps what crossed. */
function converse(a: [PeerId, RoomLog], b: [PeerId, RoomLog]): GossipMessage[] {
  const crossed: GossipMessage[] = [];
  const queue: [to: [PeerId, RoomLog], from: PeerId, message: GossipMessage][] = [];
  const run = (at: [PeerId, RoomLog], other: [PeerId, RoomLog], effects: readonly GossipEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'send' && effect.peer === other[0]) queue.push([other, at[0], effect.message]);
      if (effect.type === 'check')
        run(at, other, at[1].receive({ type: 'checked', entry: effect.entry, valid: true }));
    }
  };
  run(a, b, a[1].receive({ type: 'neighbour-joined', peer: b[0] }));
  run(b, a, b[1].receive({ type: 'neighbour-joined', peer: a[0] }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [to, from, message] = next;
    crossed.push(message);
    run(to, to === a ? b : a, told(to[1], from, message));
  }
  return crossed;
}

describe('digests', () => {
  const [ann, bob, carol] = authors(3, 77);
  if (ann === undefined || bob === undefined || carol === undefined) throw new Error('nobody');

  test('[GS1] [GS9] equal logs of many cost a few digests, and no vector', async () => {
    const { entries } = await crowd();
    const crossed = converse([ann.id, logOf(ann.id, entries)], [bob.id, logOf(bob.id, entries.toReversed())]);
    expect(new Set(crossed.map(({ type }) => type))).toEqual(new Set(['log-digest']));
    expect(crossed.length).toBeLessThanOrEqual(8);
  });

  test('[GS9] of two large logs only the buckets that differ are compared, and only what is missing is sent', async () => {
    const { entries } = await crowd();
    const [left, right] = [logOf(ann.id, entries.slice(1)), logOf(bob.id, entries.slice(0, -1))];
    const crossed = converse([ann.id, left], [bob.id, right]);
    expect(left.entries()).toHaveLength(MANY);
    expect(right.entries()).toHaveLength(MANY);
    const sent = crossed.flatMap(message => (message.type === 'log-entries' ? message.entries : []));
    expect(sent).toHaveLength(2);
    const ends = [entries[0], entries.at(-1)].map(entry => logBucketOf(entry?.author ?? ann.id));
    for (const message of crossed)
      if (message.type === 'log-part') expect(new Set(message.buckets)).toEqual(new Set(ends));
    expect(crossed.some(({ type }) => type === 'log-part')).toBe(true);
  });

  test('[GS9] a root that differs is answered with the buckets, an equal one with nothing', async () => {
    const { entries } = await crowd();
    const log = logOf(ann.id, entries);
    log.receive({ type: 'neighbour-joined', peer: carol.id });
    told(log, carol.id, { type: 'log-done' });
    log.receive({ type: 'neighbour-joined', peer: bob.id });
    told(log, bob.id, { type: 'log-done' });
    const [digest] = messagesTo(
      bob.id,
      [...Array(2)].flatMap(() => log.receive({ type: 'tick' })),
    );
    if (digest?.type !== 'log-digest') throw new Error('no digest');
    expect(digest.buckets).toHaveLength(0);
    expect(told(log, bob.id, digest)).toEqual([]);
    const other = told(log, bob.id, { ...digest, root: new Uint8Array(16) });
    expect(messagesTo(bob.id, other)).toMatchObject([{ type: 'log-digest', buckets: { length: 512 } }]);
  });

  test('[GS4] comparing cannot be asked for without end', async () => {
    const { entries } = await crowd();
    const log = logOf(ann.id, entries);
    log.receive({ type: 'neighbour-joined', peer: bob.id });
    told(log, bob.id, { type: 'log-done' });
    const lie = { type: 'log-digest', root: new Uint8Array(16), buckets: new Uint8Array(0) } as const;
    const answers = Array.from({ length: 40 }, () => told(log, bob.id, lie).length);
    expect(answers.filter(count => count > 0)).toHaveLength(16);
  });

  test('[GS8] [GS9] logs of equal length that differ are found by digest, and the fork is proved', async () => {
    const { people, entries } = await crowd();
    const [forker] = people;
    if (forker === undefined) throw new Error('nobody');
    const other = await forker.branch(0).text('another story');
    const [left, right] = [logOf(ann.id, entries), logOf(bob.id, [other, ...entries.slice(1)])];
    converse([ann.id, left], [bob.id, right]);
    for (const log of [left, right]) expect([...log.frozen.keys()]).toEqual([forker.id]);
  });

  test('[GS8] heads that the tips show to be the same are not sent', async () => {
    const { entries } = await crowd();
    const log = logOf(ann.id, entries);
    const last = asPeerId('zzzzzzzzzzzzzzzzzzzzzw');
    log.receive({ type: 'neighbour-joined', peer: last });
    const buckets = [...new Set(entries.map(({ author }) => logBucketOf(author)))];
    const vector = entries.map(({ author, hash }): [PeerId, number, LogEntry['hash']] => [
      author,
      1,
      hash.slice(0, LOG_TIP_BYTES),
    ]);
    const effects = told(log, last, { type: 'log-part', buckets, vector });
    expect(typesOf(effects)).toEqual(['log-done']);
  });
});

describe('one at a time', () => {
  test('[GS10] a newcomer catches up from one neighbour, and then compares with the next', async () => {
    const { people, entries } = await crowd();
    const [self, first, second] = authors(3, 78);
    if (self === undefined || first === undefined || second === undefined) throw new Error('nobody');
    const log = new RoomLog({ self: self.id });
    expect(typesOf(log.receive({ type: 'neighbour-joined', peer: first.id }))).toEqual(['log-vector']);
    expect(typesOf(log.receive({ type: 'neighbour-joined', peer: second.id }))).toEqual(['log-digest']);
    const shown = {
      type: 'log-digest',
      root: new Uint8Array(16).fill(1),
      buckets: new Uint8Array(512).fill(1),
    } as const;
    // The second need not wait for us.
    expect(messagesTo(second.id, told(log, second.id, shown))).toEqual([{ type: 'log-done' }]);
    const caught = deliver(log, first.id, entries);
    expect(messagesTo(second.id, caught)).toEqual([]);
    expect(log.entries()).toHaveLength(people.length);
    const next = told(log, first.id, { type: 'log-done' });
    expect(messagesTo(second.id, next)).toMatchObject([{ type: 'log-digest', buckets: { length: 512 } }]);
  });

  test('[GS10] one that does not answer is left for the next after 20 flushes', () => {
    const [self, first, second] = authors(3, 78);
    if (self === undefined || first === undefined || second === undefined) throw new Error('nobody');
    const log = new RoomLog({ self: self.id });
    log.receive({ type: 'neighbour-joined', peer: first.id });
    log.receive({ type: 'neighbour-joined', peer: second.id });
    const turns = Array.from(
      { length: 25 },
      () => messagesTo(second.id, log.receive({ type: 'flush' })).length,
    );
    expect(turns.indexOf(1)).toBe(19);
  });
});

describe('a turn ends', () => {
  const [first, second, ...liars] = authors(5, 81);
  const [victim, honest] = [idOf(first), idOf(second)];

  /** Liars that never have said all; each goes on as `persist` says, and the victim meets them first. */
  async function besieged(count: number, persist: (world: World, liar: PeerId, entry: LogEntry) => void) {
    const { entries } = await crowd();
    const world = new World({ random: () => 0.5 });
    world.genuine(...entries);
    const log = world.addHonest(victim);
    world.addHonest(honest);
    world.tell(honest, { type: 'restored', entries });
    const chosen = liars.slice(0, count);
    for (const { id } of chosen) {
      world.addLiar(id, { receive: () => [] });
      world.link(victim, id);
    }
    world.link(victim, honest);
    const [entry] = entries;
    if (entry === undefined) throw new Error('nothing');
    const flushes = 60 * (count + 1);
    for (let flush = 0; flush < flushes; flush += 1) {
      if (flush % 15 === 0) for (const { id } of chosen) persist(world, id, entry);
      world.deliver();
      for (const id of [victim, honest]) world.tell(id, { type: 'flush' });
    }
    world.deliver();
    return { log, entries };
  }

  const repeat = (world: World, peer: PeerId, { raw }: LogEntry): void =>
    world.tell(victim, { type: 'message', peer, message: { type: 'log-entries', entries: [raw] } });

  test('[GS10] whoever never says that it is done keeps a newcomer from the others for 60 flushes at most', async () => {
    const { log, entries } = await besieged(1, repeat);
    expect(log.entries()).toHaveLength(entries.length);
  });

  test('[GS10] several that come back each time do not keep the turn between them', async () => {
    const { log, entries } = await besieged(3, (world, peer, entry) => {
      repeat(world, peer, entry);
      // Its own turn over, it shows that there is more to be had from it.
      world.tell(victim, { type: 'message', peer, message: { type: 'log-done' } });
      const message = { type: 'log-digest', root: new Uint8Array(16), buckets: new Uint8Array(512) } as const;
      world.tell(victim, { type: 'message', peer, message });
    });
    expect(log.entries()).toHaveLength(entries.length);
  });

  test('[GS10] a turn has no end while nobody else waits, and what comes after it is taken', async () => {
    const { entries } = await crowd();
    const log = new RoomLog({ self: victim });
    const [slow, other] = [idOf(liars[0]), idOf(liars[1])];
    log.receive({ type: 'neighbour-joined', peer: slow });
    const flush = (count: number): GossipMessage[] =>
      Array.from({ length: count }, () => messagesTo(other, log.receive({ type: 'flush' }))).flat();
    for (const entry of entries.slice(0, 10)) {
      deliver(log, slow, [entry]);
      flush(15);
    }
    expect(messagesTo(other, log.receive({ type: 'neighbour-joined', peer: other }))).toMatchObject([
      { type: 'log-digest', buckets: { length: 0 } },
    ]);
    expect(flush(1)).toMatchObject([{ type: 'log-vector' }]);
    deliver(log, slow, entries.slice(10));
    expect(log.entries()).toHaveLength(entries.length);
  });
});

test('[GS4] [GL6] a member that has no room for more is not sent it for ever', async () => {
  const [ann, bob] = authors(2, 82).map(idOf);
  const { entries } = await crowd();
  const world = new World({ random: () => 0.5 });
  world.genuine(...entries);
  if (ann === undefined || bob === undefined) throw new Error('nobody');
  world.addHonest(ann);
  const full = world.addHonest(bob, { maxBytes: 2_000 });
  world.tell(ann, { type: 'restored', entries });
  world.link(ann, bob);
  for (let tick = 0; tick < 20; tick += 1) {
    world.run();
    for (const id of [ann, bob]) world.tell(id, { type: 'tick' });
  }
  world.run();
  expect(full.entries().length).toBeGreaterThan(0);
  expect(full.entries().length).toBeLessThan(entries.length);
  expect(Math.max(...world.crossings.values())).toBeLessThanOrEqual(8);
});

describe('the tree', () => {
  async function hub(count: number) {
    const [self, writer, ...rest] = authors(count + 2, 79);
    if (self === undefined || writer === undefined) throw new Error('nobody');
    const log = new RoomLog({ self: self.id });
    for (const { id } of rest) {
      join(log, id);
      told(log, id, { type: 'log-done' });
    }
    const entries = await writer.texts(12);
    const repeat = (from: number, seq: number) => {
      const peer = idOf(rest[from]);
      return messagesTo(peer, deliver(log, peer, entries.slice(seq, seq + 1)));
    };
    return { log, rest, entries, repeat };
  }

  test('[GS11] whoever sends what others have sent before is asked to announce only; one a flush', async () => {
    const { log, rest, entries, repeat } = await hub(6);
    expect(repeat(0, 0)).toEqual([]);
    expect(repeat(1, 0)).toContainEqual({ type: 'log-prune' });
    expect(repeat(2, 0)).not.toContainEqual({ type: 'log-prune' });
    log.receive({ type: 'flush' });
    expect(repeat(2, 0)).toContainEqual({ type: 'log-prune' });
    log.receive({ type: 'flush' });
    // What is new goes to those that are left in the tree alone.
    const pushed = deliver(log, idOf(rest[0]), entries.slice(1, 2));
    const to = pushed.flatMap(effect => (effect.type === 'send' ? [effect.peer] : []));
    expect(to).toEqual(rest.slice(3).map(({ id }) => id));
  });

  test('[GS11] with at most 4 neighbours nobody is pruned', async () => {
    const { repeat } = await hub(4);
    repeat(0, 0);
    expect(repeat(1, 0)).not.toContainEqual({ type: 'log-prune' });
  });

  test('[GS11] the last neighbour in the tree stays', async () => {
    const { log, rest, repeat } = await hub(6);
    for (const { id } of rest.slice(1)) told(log, id, { type: 'log-prune' });
    repeat(1, 0);
    expect(repeat(0, 0)).not.toContainEqual({ type: 'log-prune' });
  });

  test('[GS12] a pruned neighbour is told of new entries every fourth flush, and not of what it has', async () => {
    const { log, rest, entries, repeat } = await hub(6);
    const [first, second, third] = rest;
    if (first === undefined || second === undefined || third === undefined) throw new Error('nobody');
    told(log, second.id, { type: 'log-prune' });
    told(log, third.id, { type: 'log-prune' });
    repeat(0, 0);
    told(log, third.id, { type: 'log-heads', heads: [[entries[0]?.author ?? first.id, 1]], want: false });
    const effects = [1, 2, 3, 4].map(() => log.receive({ type: 'flush' }));
    expect(effects.map(each => messagesTo(second.id, each).length)).toEqual([0, 0, 0, 1]);
    expect(messagesTo(second.id, effects.flat())).toEqual([
      { type: 'log-heads', heads: [[entries[0]?.author, 1]], want: false },
    ]);
    expect(messagesTo(third.id, effects.flat())).toEqual([]);
  });

  test('[GS12] what was announced and does not come is asked for, of one at a time, and joins the tree', async () => {
    const { log, rest, entries } = await hub(6);
    const [first, second] = rest;
    const [entry] = entries;
    if (first === undefined || second === undefined || entry === undefined) throw new Error('nobody');
    for (const { id } of [first, second]) {
      told(log, id, { type: 'log-prune' });
      told(log, id, { type: 'log-heads', heads: [[entry.author, 1]], want: false });
    }
    const flushes = Array.from({ length: 10 }, () => log.receive({ type: 'flush' }));
    const asked = flushes.map(effects =>
      [first, second].map(
        ({ id }) => messagesTo(id, effects).filter(({ type }) => type === 'log-heads').length,
      ),
    );
    expect(asked.findIndex(([one]) => one === 1)).toBe(4);
    expect(asked.findIndex(([, two]) => two === 1)).toBe(8);
    deliver(log, first.id, [entry]);
    // Asked for, it is in the tree again: it is sent what is new.
    const pushed = deliver(log, rest[2]?.id ?? first.id, entries.slice(1, 2));
    expect(messagesTo(first.id, [...pushed, ...log.receive({ type: 'flush' })])).toMatchObject([
      { type: 'log-entries' },
    ]);
  });

  test('[GS12] further announcements of a busy author do not put off the wish', async () => {
    const { log, rest, entries } = await hub(6);
    const [first] = rest;
    const author = entries[0]?.author;
    if (first === undefined || author === undefined) throw new Error('nobody');
    told(log, first.id, { type: 'log-prune' });
    const asked = entries.map((_, index) => {
      told(log, first.id, { type: 'log-heads', heads: [[author, index + 1]], want: false });
      return messagesTo(first.id, log.receive({ type: 'flush' })).some(({ type }) => type === 'log-heads');
    });
    expect(asked.indexOf(true)).toBe(4);
  });

  test('[GS4] [GS12] a wish for what was sent too often already is answered all the same, with nothing', async () => {
    const { log, rest, entries, repeat } = await hub(6);
    const [, second] = rest;
    const author = entries[0]?.author;
    if (second === undefined || author === undefined) throw new Error('nobody');
    for (const { seq } of entries) repeat(0, seq);
    const answers = Array.from({ length: 20 }, (_, index) => {
      // Another count each time: what follows the same entry is sent less often still.
      const heads: [PeerId, number][] = [[author, index % 2]];
      return messagesTo(second.id, told(log, second.id, { type: 'log-heads', heads, want: true }));
    });
    expect(answers.filter(messages => messages.some(({ type }) => type === 'log-entries'))).toHaveLength(16);
    for (const messages of answers) expect(messages.at(-1)).toEqual({ type: 'log-done' });
  });

  test('[GS12] whoever wishes for entries gets them, and the new ones from then on', async () => {
    const { log, rest, entries, repeat } = await hub(6);
    const second = rest[1]?.id;
    const author = entries[0]?.author;
    if (second === undefined || author === undefined) throw new Error('nobody');
    told(log, second, { type: 'log-prune' });
    repeat(0, 0);
    const wish = told(log, second, { type: 'log-heads', heads: [[author, 0]], want: true });
    expect(messagesTo(second, wish)).toMatchObject([{ type: 'log-entries' }, { type: 'log-done' }]);
    const pushed = deliver(log, rest[0]?.id ?? second, entries.slice(1, 2));
    expect(messagesTo(second, pushed)).toMatchObject([{ type: 'log-entries' }]);
  });
});
