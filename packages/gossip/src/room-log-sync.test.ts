import { decodeEntry } from '@shoal/protocol';
import type { GossipMessage } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { packEntries } from './batches.ts';
import { RoomLog } from './room-log.ts';
import { authors, deliver, join, sentTo, typesOf } from './testing/cast.ts';
import { World } from './testing/world.ts';

function cast() {
  const [ann, bob, carol, dave] = authors(4);
  if (ann === undefined || bob === undefined || carol === undefined || dave === undefined)
    throw new Error('no authors');
  return { ann, bob, carol, dave };
}

describe('sync', () => {
  test('[GS1] joining sends the vector, and nothing is pushed before theirs has come', async () => {
    const { ann, bob, carol } = cast();
    const entries = await carol.texts(3);
    const log = new RoomLog({ self: bob.id });
    log.receive({ type: 'restored', entries });
    const joined = log.receive({ type: 'neighbour-joined', peer: ann.id });
    expect(joined).toEqual([
      { type: 'send', peer: ann.id, message: { type: 'log-vector', vector: [[carol.id, 3]] } },
    ]);
    expect(typesOf(log.receive({ type: 'authored', entry: await bob.text('hi') }))).toEqual(['accepted']);
  });

  test('[GS2] a vector is answered with what it lacks, in order and in bounded messages', async () => {
    const { ann, bob, carol } = cast();
    const entries = await carol.texts(7);
    const log = new RoomLog({ self: bob.id, limits: { maxBatchEntries: 2 } });
    log.receive({ type: 'restored', entries });
    const effects = join(log, ann.id, [[carol.id, 2]]);
    expect(sentTo(ann.id, effects, entries)).toEqual([2, 3, 4, 5, 6]);
    expect(typesOf(effects).filter(type => type === 'log-entries')).toHaveLength(3);
  });

  test('[GS2] batches are filled to the byte cap, a larger entry travels alone', async () => {
    const { carol } = cast();
    const entries = [
      ...(await carol.texts(3)),
      await carol.text('x'.repeat(2000)),
      ...(await carol.texts(2)),
    ];
    const small = entries[0]?.raw.length ?? 0;
    const batches = packEntries(entries, { maxBatchBytes: small * 2 + 4, maxBatchEntries: 100 });
    expect(batches.map(batch => batch.length)).toEqual([2, 1, 1, 2]);
    expect(batches.flat()).toEqual(entries.map(entry => entry.raw));
    expect(packEntries([], { maxBatchBytes: 1, maxBatchEntries: 1 })).toEqual([]);
  });

  test('[GS3] a new entry goes at once to those not known to have it', async () => {
    const { ann, bob, carol, dave } = cast();
    const entries = await carol.texts(2);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    join(log, carol.id);
    join(log, dave.id, [[carol.id, 2]]);
    const effects = deliver(log, carol.id, entries);
    expect(sentTo(ann.id, effects, entries)).toEqual([0]);
    effects.push(...log.receive({ type: 'flush' }));
    expect(sentTo(ann.id, effects, entries)).toEqual([0, 1]);
    expect(sentTo(carol.id, effects, entries)).toEqual([]);
    expect(sentTo(dave.id, effects, entries)).toEqual([]);
  });

  test('[GS3] [GS13] whatever is written, a neighbour is sent one message at once and one a flush', async () => {
    const { ann, bob } = cast();
    const entries = await bob.texts(30);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    const messages: number[] = [];
    for (const entry of entries) {
      const effects = [...log.receive({ type: 'authored', entry })];
      if (entry.seq % 10 === 9) effects.push(...log.receive({ type: 'flush' }));
      messages.push(typesOf(effects).filter(type => type === 'log-entries').length);
    }
    expect(messages.map((count, seq) => [seq, count]).filter(([, count]) => count !== 0)).toEqual([
      [0, 1],
      [9, 1],
      [19, 1],
      [29, 1],
    ]);
    // After a flush with nothing to send, the next goes at once again.
    log.receive({ type: 'flush' });
    expect(typesOf(log.receive({ type: 'authored', entry: await bob.text('at once') }))).toEqual([
      'accepted',
      'log-entries',
    ]);
  });

  test('[GS4] a vector corrects beliefs; repeats are limited until the next tick', async () => {
    const { ann, bob, carol } = cast();
    const entries = await carol.texts(2);
    const log = new RoomLog({ self: bob.id, limits: { maxRepeats: 3 } });
    log.receive({ type: 'restored', entries });
    expect(sentTo(ann.id, join(log, ann.id), entries)).toEqual([0, 1]);
    const again = () =>
      sentTo(
        ann.id,
        log.receive({ type: 'message', peer: ann.id, message: { type: 'log-vector', vector: [] } }),
        entries,
      );
    expect([again(), again(), again(), again(), again()]).toEqual([[0, 1], [0, 1], [0, 1], [], []]);
    log.receive({ type: 'tick' });
    expect(again()).toEqual([0, 1]);
  });

  test('[GS5] whoever is behind asks, once per answer', async () => {
    const { ann, bob, carol } = cast();
    const entries = await carol.texts(4);
    const log = new RoomLog({ self: bob.id });
    // Our vector is already on its way: it will be answered.
    expect(typesOf(join(log, ann.id, [[carol.id, 4]]))).toEqual(['log-vector', 'log-done']);
    const done = { type: 'message', peer: ann.id, message: { type: 'log-done' } } as const;
    const wishesIn = (seqs: number[]) => {
      const some = entries.filter(entry => seqs.includes(entry.seq));
      return typesOf(deliver(log, ann.id, some)).filter(type => type === 'log-heads').length;
    };
    expect(wishesIn([3])).toBe(0);
    log.receive(done);
    expect(wishesIn([2])).toBe(1);
    expect(wishesIn([2])).toBe(0);
    log.receive(done);
    const vector: [typeof carol.id, number][] = [[carol.id, 4]];
    const shown = { type: 'message', peer: ann.id, message: { type: 'log-vector', vector } } as const;
    const behind = log.receive(shown);
    expect(typesOf(behind)).toEqual(['log-done', 'log-heads']);
    expect(behind).toContainEqual({
      type: 'send',
      peer: ann.id,
      message: { type: 'log-heads', heads: [[carol.id, 0]], want: true },
    });
    expect(typesOf(log.receive(shown))).toEqual(['log-done']);
    expect(wishesIn([0, 1, 2])).toBe(0);
    expect(log.entries(carol.id)).toHaveLength(4);
  });

  test('[GS6] ticks show the root digest to each neighbour in turn', () => {
    const { ann, bob, carol, dave } = cast();
    const log = new RoomLog({ self: bob.id });
    for (const { id } of [ann, carol, dave]) join(log, id);
    // The first is compared with while the others wait their turn.
    for (const { id } of [ann, carol, dave])
      log.receive({ type: 'message', peer: id, message: { type: 'log-done' } });
    const asked = [1, 2, 3, 4].flatMap(() =>
      log.receive({ type: 'tick' }).map(effect => (effect.type === 'send' ? effect.peer : '')),
    );
    expect(asked).toEqual([ann.id, carol.id, dave.id, ann.id]);
  });

  test('[GS7] garbage ends the hearing of a neighbour, and is reported once', async () => {
    const { ann, bob, carol } = cast();
    const [good] = await carol.texts(1);
    if (good === undefined) throw new Error('no entry');
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    const bad = { type: 'log-entries', entries: [good.raw.slice(0, 20), good.raw] } as const;
    const effects = log.receive({ type: 'message', peer: ann.id, message: bad });
    expect(effects).toMatchObject([{ type: 'misbehaved', peer: ann.id, code: 'malformed-entry' }]);
    expect(log.receive({ type: 'message', peer: ann.id, message: bad })).toEqual([]);
    expect(log.receive({ type: 'authored', entry: await bob.text('hi') }).map(effect => effect.type)).toEqual(
      ['accepted'],
    );
    expect(typesOf(join(log, ann.id, [[bob.id, 1]]))).toEqual(['log-vector', 'log-done']);
    const impossible = {
      type: 'log-vector',
      vector: [[carol.id, 0.5]] satisfies [typeof carol.id, number][],
    } as const;
    expect(
      log.receive({
        type: 'message',
        peer: ann.id,
        message: { type: 'log-vector', vector: [...impossible.vector] },
      }),
    ).toMatchObject([{ type: 'misbehaved', code: 'malformed-vector' }]);
  });

  test('[GS7] a bad signature is held against all who sent the entry', async () => {
    const { ann, bob, carol, dave } = cast();
    const [entry] = await carol.texts(1);
    if (entry === undefined) throw new Error('no entry');
    const log = new RoomLog({ self: bob.id });
    for (const { id } of [ann, carol, dave]) join(log, id);
    const message = { type: 'log-entries', entries: [entry.raw] } as const;
    log.receive({ type: 'message', peer: ann.id, message });
    log.receive({ type: 'message', peer: dave.id, message });
    const effects = log.receive({ type: 'checked', entry, valid: false });
    expect(effects.filter(({ type }) => type === 'misbehaved')).toMatchObject([
      { type: 'misbehaved', peer: ann.id, code: 'bad-signature' },
      { type: 'misbehaved', peer: dave.id, code: 'bad-signature' },
    ]);
    expect(log.entries()).toEqual([]);
    expect(log.held).toEqual({ entries: 0, bytes: 0 });
  });

  test('[GS8] of two equal lengths the smaller id shows its head, unless it passed already', async () => {
    const { ann, bob, carol, dave } = cast();
    const entries = await carol.texts(3);
    const low = new RoomLog({ self: ann.id });
    low.receive({ type: 'restored', entries });
    expect(sentTo(bob.id, join(low, bob.id, [[carol.id, 3]]), entries)).toEqual([2]);
    const high = new RoomLog({ self: dave.id });
    high.receive({ type: 'restored', entries });
    expect(sentTo(bob.id, join(high, bob.id, [[carol.id, 3]]), entries)).toEqual([]);
    const fed = new RoomLog({ self: ann.id });
    join(fed, bob.id);
    deliver(fed, bob.id, entries);
    const vector: [typeof carol.id, number][] = [[carol.id, 3]];
    expect(
      typesOf(fed.receive({ type: 'message', peer: bob.id, message: { type: 'log-vector', vector } })),
    ).toEqual(['log-done']);
  });

  test('messages of strangers and of those who left are not heard', async () => {
    const { ann, bob, carol } = cast();
    const entries = await carol.texts(1);
    const log = new RoomLog({ self: bob.id });
    expect(deliver(log, ann.id, entries)).toEqual([]);
    join(log, ann.id);
    log.receive({ type: 'neighbour-left', peer: ann.id });
    expect(deliver(log, ann.id, entries)).toEqual([]);
  });
});

describe('what is new while two are being compared', () => {
  /** Two neighbours of whom the second knows `theirs` of all others too; so many that digests are compared, or so few of mine that I show a vector. */
  async function pair(count: number, known: 'all' | 'mine') {
    const [me, other, ...rest] = authors(count);
    const last = rest.at(-1);
    if (me === undefined || other === undefined || last === undefined) throw new Error('no authors');
    const world = new World({ random: () => 0.5 });
    const mine = await me.text('here');
    const all = [mine, ...(await Promise.all([other, ...rest].map(author => author.text('here'))))];
    const more = await last.text('more');
    world.genuine(...all, more);
    const log = world.addHonest(me.id);
    log.receive({ type: 'restored', entries: known === 'all' ? all : [mine] });
    const theirs = world.addHonest(other.id);
    theirs.receive({ type: 'restored', entries: [...all, more] });
    return { world, me, other, rest, log, theirs };
  }

  test('[GS1] [GS3] whose vector was answered pushes what it writes from then on', async () => {
    const { world, me, other, log, theirs } = await pair(20, 'mine');
    world.link(me.id, other.id);
    world.deliver();
    expect(log.entries()).toHaveLength(21);
    world.authored(await me.text('an offer'));
    world.deliver();
    expect(theirs.entries(me.id)).toHaveLength(2);
  });

  test.each<[string, 'all' | 'mine', number]>([
    ['digests', 'all', 24],
    ['a vector', 'mine', 20],
  ])('[GS3] what is written with %s under way is sent with the next flush', async (_name, known, count) => {
    const { world, me, other, theirs } = await pair(count, known);
    world.link(me.id, other.id);
    world.authored(await me.text('an offer'));
    world.deliver();
    for (const id of [me.id, other.id]) world.tell(id, { type: 'flush' });
    world.deliver();
    expect(theirs.entries(me.id)).toHaveLength(2);
    expect(Math.max(...world.crossings.values())).toBe(1);
  });

  test('[GF4] a fork that is found while digests are under way is told with the next flush', async () => {
    const { world, me, other, rest, theirs } = await pair(24, 'all');
    const [forker] = rest;
    if (forker === undefined) throw new Error('no authors');
    const branch = await forker.branch(0).text('another story');
    world.genuine(branch);
    world.link(me.id, other.id);
    world.tell(me.id, { type: 'restored', entries: [branch] });
    world.deliver();
    world.tell(me.id, { type: 'flush' });
    world.deliver();
    expect([...theirs.frozen.keys()]).toEqual([forker.id]);
  });

  test('[GS3] what came from one neighbour meanwhile is not pushed to another that shows to have it', async () => {
    const { world, me, other, rest, log, theirs } = await pair(60, 'mine');
    const [third] = rest;
    if (third === undefined) throw new Error('no authors');
    const entries = theirs.entries().map(({ raw }) => decodeEntry(raw));
    world.addHonest(third.id).receive({ type: 'restored', entries });
    world.link(me.id, third.id);
    world.link(me.id, other.id);
    // One bucket differs, and nothing is new in the others.
    world.authored(await other.text('more'));
    world.run();
    expect(log.entries()).toHaveLength(62);
    const back = [...world.crossings.keys()].filter(key => key.startsWith(`${me.id}>${other.id}`));
    expect(back).toEqual([]);
  });

  test('[GS5] what a neighbour shows to have while it owes another answer is asked for after that', async () => {
    const { ann, bob, carol, dave } = cast();
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    const say = (message: GossipMessage) => log.receive({ type: 'message', peer: ann.id, message });
    say({ type: 'log-done' });
    // The gap is asked for; the vector that comes meanwhile is of before that wish, and tells of another author.
    expect(typesOf(deliver(log, ann.id, (await carol.texts(2)).slice(1)))).toContain('log-heads');
    expect(typesOf(say({ type: 'log-vector', vector: [[dave.id, 1]] }))).toEqual(['log-done']);
    say({ type: 'log-done' });
    const asked = Array.from({ length: 6 }, () => log.receive({ type: 'flush' })).flat();
    expect(asked).toContainEqual({
      type: 'send',
      peer: ann.id,
      message: { type: 'log-heads', heads: [[dave.id, 0]], want: true },
    });
  });

  test('[GS9] [GS10] whoever was told to wait learns that all is equal when its root says so', async () => {
    const people = authors(24);
    const [me, busyWith, other] = people;
    if (me === undefined || busyWith === undefined || other === undefined) throw new Error('no authors');
    const entries = await Promise.all(people.map(author => author.text('here')));
    const log = new RoomLog({ self: me.id });
    log.receive({ type: 'restored', entries });
    log.receive({ type: 'neighbour-joined', peer: busyWith.id });
    const [root] = log.receive({ type: 'neighbour-joined', peer: other.id });
    if (root?.type !== 'send' || root.message.type !== 'log-digest') throw new Error('no digest');
    const answer = log.receive({ type: 'message', peer: other.id, message: root.message });
    expect(answer).toEqual([root]);
    expect(log.receive({ type: 'message', peer: other.id, message: root.message })).toEqual([]);
  });
});
