import { describe, expect, test } from 'vitest';
import { findFork } from './fork.ts';
import { kept } from './kept-entry.ts';
import { RoomLog } from './room-log.ts';
import { authors, deliver, join, sentTo, typesOf } from './testing/cast.ts';

function cast() {
  const [ann, bob, carol, dave] = authors(4);
  if (ann === undefined || bob === undefined || carol === undefined || dave === undefined)
    throw new Error('no authors');
  return { ann, bob, carol, dave };
}

/** Carol's two histories, equal for the first `shared` entries. */
async function histories(shared: number, each: number) {
  const { carol } = cast();
  await carol.texts(shared);
  const other = carol.branch(shared);
  await carol.texts(each, 'one');
  await other.texts(each, 'two');
  return { author: carol.id, one: carol.entries, two: other.entries };
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}

const fromSeqOf = (log: RoomLog) => [...log.frozen.values()].map(fork => fork.fromSeq);

describe('forks', () => {
  test('[GF1] what two signed entries prove', async () => {
    const { one, two } = await histories(2, 3);
    expect(findFork(at(one, 2), at(two, 2))?.fromSeq).toBe(2);
    expect(findFork(at(one, 3), at(two, 3))?.fromSeq).toBe(2);
    expect(findFork(at(one, 4), at(two, 4))?.fromSeq).toBe(3);
    expect(findFork(at(two, 3), at(one, 2))?.fromSeq).toBe(2);
    expect(findFork(at(one, 2), at(one, 3))).toBeUndefined();
    expect(findFork(at(one, 2), at(one, 2))).toBeUndefined();
    expect(findFork(at(one, 1), at(two, 4))).toBeUndefined();
  });

  test('[GF1] [GF2] a second history voids what was accepted, and what stood before it stays', async () => {
    const { ann, bob } = cast();
    const { author, one, two } = await histories(2, 2);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, one);
    const effects = deliver(log, ann.id, [at(two, 2)]);
    const entries = [kept(at(one, 2)), at(two, 2)];
    expect(effects).toContainEqual({ type: 'forked', author, fromSeq: 2, entries });
    expect(log.head(author).nextSeq).toBe(2);
    expect(typesOf(deliver(log, ann.id, [...one, ...two]))).not.toContain('accepted');
  });

  test('[GF1] an entry whose signature does not hold freezes nobody', async () => {
    const { ann, bob } = cast();
    const { author, one, two } = await histories(1, 1);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, one);
    const message = { type: 'log-entries', entries: [at(two, 1).raw] } as const;
    log.receive({ type: 'message', peer: ann.id, message });
    const effects = log.receive({ type: 'checked', entry: at(two, 1), valid: false });
    expect(typesOf(effects)).toEqual(['misbehaved']);
    expect(log.frozen.size).toBe(0);
    expect(log.head(author).nextSeq).toBe(2);
  });

  test('[GF1] of several contradictions of one entry the lowest counts', async () => {
    const { ann, bob } = cast();
    const { one, two } = await histories(1, 4);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, one);
    // Its own place says 2 (its prev differs too), the entry after it says 3.
    deliver(log, ann.id, [at(two, 3)]);
    expect(fromSeqOf(log)).toEqual([2]);
  });

  test('[GF1] a broken chain of waiting entries is proof too', async () => {
    const { ann, bob } = cast();
    const { one, two } = await histories(2, 3);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, [at(one, 3), at(two, 4)]);
    expect(fromSeqOf(log)).toEqual([3]);
  });

  test('[GF3] the lowest proof counts, and it never rises', async () => {
    const { ann, bob } = cast();
    const { one, two } = await histories(1, 4);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, one);
    deliver(log, ann.id, [at(two, 4)]);
    expect(fromSeqOf(log)).toEqual([3]);
    deliver(log, ann.id, [at(two, 3)]);
    expect(fromSeqOf(log)).toEqual([2]);
    const last = deliver(log, ann.id, [at(two, 1)]);
    expect(last).toContainEqual(expect.objectContaining({ type: 'forked', fromSeq: 1 }));
    deliver(log, ann.id, [at(two, 4), at(one, 4)]);
    expect(fromSeqOf(log)).toEqual([1]);
  });

  test('[GF4] the proof goes to every neighbour with the last entry that stands', async () => {
    const { ann, bob, dave } = cast();
    const { author, one, two } = await histories(2, 2);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    join(log, dave.id);
    deliver(log, ann.id, one);
    const effects = deliver(log, ann.id, [at(two, 2)]);
    expect(sentTo(dave.id, effects, [...one, ...two])).toEqual([1, 2, 2]);
    expect(sentTo(ann.id, effects, [...one, ...two])).toEqual([1, 2, 2]);
    const told = new RoomLog({ self: dave.id });
    join(told, bob.id);
    deliver(told, bob.id, [...one.slice(0, 3), at(two, 2)]);
    expect([...told.frozen.keys()]).toEqual([author]);
  });

  test('[GF4] the proof is offered again to one that still holds void entries, a bounded number of times', async () => {
    const { ann, bob } = cast();
    const { author, one, two } = await histories(2, 2);
    const log = new RoomLog({ self: bob.id, limits: { maxProofSends: 3 } });
    log.receive({ type: 'restored', entries: [...one, at(two, 2)] });
    join(log, ann.id, [[author, 4]]);
    const vector: [typeof author, number][] = [[author, 4]];
    const offers = [1, 2, 3, 4].map(
      () =>
        typesOf(
          log.receive({ type: 'message', peer: ann.id, message: { type: 'log-vector', vector } }),
        ).filter(type => type === 'log-entries').length,
    );
    expect(offers).toEqual([1, 1, 0, 0]);
  });

  test('[GF5] equal lengths, different ends: two neighbours find out and agree', async () => {
    const { ann, bob } = cast();
    const { one, two } = await histories(1, 3);
    const low = new RoomLog({ self: ann.id });
    const high = new RoomLog({ self: bob.id });
    low.receive({ type: 'restored', entries: one });
    high.receive({ type: 'restored', entries: two });
    const ends = [
      { log: low, peer: bob.id, inbox: [...high.receive({ type: 'neighbour-joined', peer: ann.id })] },
      { log: high, peer: ann.id, inbox: [...low.receive({ type: 'neighbour-joined', peer: bob.id })] },
    ];
    for (let step = 0; step < 50; step += 1) {
      for (const [index, { log, peer, inbox }] of ends.entries()) {
        const next = inbox.shift();
        if (next?.type !== 'send') continue;
        const effects = [...log.receive({ type: 'message', peer, message: next.message })];
        for (const effect of effects) {
          if (effect.type === 'send') ends[1 - index]?.inbox.push(effect);
          if (effect.type === 'check')
            effects.push(...log.receive({ type: 'checked', entry: effect.entry, valid: true }));
        }
      }
    }
    expect(fromSeqOf(low)).toEqual([1]);
    expect(fromSeqOf(high)).toEqual([1]);
    expect(low.entries()).toEqual(high.entries());
  });

  test('[GF6] a latecomer that got the proof first still gets what stands', async () => {
    const { ann, bob } = cast();
    const { author, one, two } = await histories(3, 1);
    const log = new RoomLog({ self: bob.id });
    join(log, ann.id);
    deliver(log, ann.id, [at(one, 3), at(two, 3)]);
    expect(fromSeqOf(log)).toEqual([3]);
    deliver(log, ann.id, one.slice(0, 3));
    expect(log.head(author).nextSeq).toBe(3);
    expect(log.held.entries).toBe(0);
    // A third variant proves nothing new, so it is not even checked.
    const third = await cast().carol.at(3, at(one, 2).hash, { kind: 'text', text: 'three' });
    expect(deliver(log, ann.id, [third])).toEqual([]);
  });

  test('[GF7] a restored proof freezes again', async () => {
    const { bob } = cast();
    const { one, two } = await histories(2, 3);
    const log = new RoomLog({ self: bob.id });
    const effects = log.receive({ type: 'restored', entries: [...one, at(two, 4)] });
    expect(typesOf(effects)).toContain('forked');
    expect(fromSeqOf(log)).toEqual([3]);
    const bare = new RoomLog({ self: bob.id });
    bare.receive({ type: 'restored', entries: [at(two, 3), at(one, 4)] });
    expect(fromSeqOf(bare)).toEqual([3]);
  });

  test('[GL7] [GF2] whose own log is forked writes no more', async () => {
    const { carol } = cast();
    const { one, two } = await histories(1, 1);
    const log = new RoomLog({ self: carol.id });
    log.receive({ type: 'restored', entries: [...one, at(two, 1)] });
    const entry = await carol.at(1, at(one, 0).hash, { kind: 'text', text: 'three' });
    expect(() => log.receive({ type: 'authored', entry })).toThrow(
      expect.objectContaining({ code: 'author-frozen' }),
    );
  });
});
