import {
  asRoomId,
  decodeEntry,
  generateIdentity,
  signerOf,
  utf8,
  verifyEntry,
  webCryptoPort,
} from '@shoal/protocol';
import type { LogEntry } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { Catalogue } from './catalogue.ts';
import { RoomLog } from './room-log.ts';
import { Author } from './testing/author.ts';
import { TEST_ROOM, authors, deliver, join, sentTo, typesOf } from './testing/cast.ts';

function cast() {
  const [me, bob, carol] = authors(3);
  if (me === undefined || bob === undefined || carol === undefined) throw new Error('no authors');
  return { me, bob, carol };
}

const seqs = (entries: readonly Pick<LogEntry, 'seq'>[]) => entries.map(entry => entry.seq);

describe('logs', () => {
  test('[GL1] [GL2] entries in order are checked, then accepted', async () => {
    const { me, bob } = cast();
    const entries = await bob.texts(3);
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    const raws = entries.map(entry => entry.raw);
    const asked = log.receive({
      type: 'message',
      peer: bob.id,
      message: { type: 'log-entries', entries: raws },
    });
    expect(typesOf(asked)).toEqual(['check', 'check', 'check']);
    expect(log.entries(bob.id)).toEqual([]);
    const answered = entries.flatMap(entry => log.receive({ type: 'checked', entry, valid: true }));
    expect(typesOf(answered)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(log.head(bob.id)).toEqual({ nextSeq: 3, prevHash: entries[2]?.hash });
    expect(log.held).toEqual({ entries: 0, bytes: 0 });
  });

  test('[GC8] an entry of a later version is accepted and passed on, changes nothing, and others build upon it', async () => {
    const { me, bob, carol } = cast();
    const text = await bob.text('x');
    const raw = text.raw.slice();
    // The first time in the payload it is the kind.
    raw.set(utf8('tex2'), 96 + Buffer.from(text.payload).indexOf('text'));
    const strange = decodeEntry(raw);
    const next = await bob.at(1, strange.hash, { kind: 'text', text: 'y' });
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    join(log, carol.id);
    const effects = [...deliver(log, bob.id, [strange, next]), ...log.receive({ type: 'flush' })];
    expect(seqs(log.entries(bob.id))).toEqual([0, 1]);
    expect(sentTo(carol.id, effects, [strange, next])).toEqual([0, 1]);
    const catalogue = new Catalogue();
    expect(catalogue.apply(strange)).toEqual([]);
    catalogue.apply(next);
    expect(catalogue.texts.map(({ seq }) => seq)).toEqual([1]);
  });

  test('[GL3] the same entry is checked once, whoever sends it and however often', async () => {
    const { me, bob, carol } = cast();
    const [entry] = await bob.texts(1);
    if (entry === undefined) throw new Error('no entry');
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    join(log, carol.id);
    const message = { type: 'log-entries', entries: [entry.raw, entry.raw] } as const;
    expect(typesOf(log.receive({ type: 'message', peer: bob.id, message }))).toEqual(['check']);
    expect(log.receive({ type: 'message', peer: carol.id, message })).toEqual([]);
    // Both have it, so nobody is sent it.
    expect(typesOf(log.receive({ type: 'checked', entry, valid: true }))).toEqual(['accepted']);
    expect(log.receive({ type: 'message', peer: carol.id, message })).toEqual([]);
  });

  test('[GL3] [GS7] a copy with a broken signature harms its sender alone', async () => {
    const { me, bob, carol } = cast();
    const [first, second] = await bob.texts(2);
    if (first === undefined || second === undefined) throw new Error('no entries');
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    join(log, carol.id);
    const broken = first.raw.slice();
    // The signature follows the public key of 32 bytes.
    broken[40] = (broken[40] ?? 0) ^ 1;
    const from = (peer: typeof me.id, ...entries: (typeof broken)[]) =>
      log.receive({ type: 'message', peer, message: { type: 'log-entries', entries } });
    const [lie] = from(carol.id, broken);
    const [truth] = from(bob.id, first.raw);
    if (lie?.type !== 'check' || truth?.type !== 'check') throw new Error('both copies must be checked');
    expect(log.receive({ type: 'checked', entry: lie.entry, valid: false })).toMatchObject([
      { type: 'misbehaved', peer: carol.id },
    ]);
    expect(typesOf(log.receive({ type: 'checked', entry: truth.entry, valid: true }))).toEqual(['accepted']);
  });

  test('[GL5] a refused entry leaves a gap that is asked for', async () => {
    const { me, bob, carol } = cast();
    const [first, second] = await bob.texts(2);
    if (first === undefined || second === undefined) throw new Error('no entries');
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    join(log, carol.id);
    const broken = first.raw.slice();
    broken[40] = (broken[40] ?? 0) ^ 1;
    const [lie] = log.receive({
      type: 'message',
      peer: carol.id,
      message: { type: 'log-entries', entries: [broken] },
    });
    if (lie?.type !== 'check') throw new Error('no check');
    expect(typesOf(deliver(log, bob.id, [second]))).toEqual(['check']);
    const effects = log.receive({ type: 'checked', entry: lie.entry, valid: false });
    expect(effects).toContainEqual({
      type: 'send',
      peer: bob.id,
      message: { type: 'log-vector', vector: [] },
    });
  });

  test('[GL4] whatever the order of arrival and of checks, acceptance is in order of seq', async () => {
    const { me, bob } = cast();
    const entries = await bob.texts(5);
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    const effects = deliver(log, bob.id, entries.toReversed());
    const accepted = effects.flatMap(effect => (effect.type === 'accepted' ? [effect.entry.seq] : []));
    expect(accepted).toEqual([0, 1, 2, 3, 4]);
  });

  test('[GL5] the buffer is bounded per author, overall and in bytes; nearer entries oust farther ones', async () => {
    const { me, bob, carol } = cast();
    const entries = await bob.texts(8);
    const log = new RoomLog({ self: me.id, limits: { maxHeldPerAuthor: 3, maxHeld: 4 } });
    join(log, bob.id);
    deliver(log, bob.id, entries.slice(5));
    expect(log.held.entries).toBe(3);
    deliver(log, bob.id, entries.slice(3, 5));
    expect(log.held.entries).toBe(3);
    const hers = await carol.texts(4);
    deliver(log, bob.id, hers.slice(1));
    expect(log.held.entries).toBe(4);
    // The way to the front is always free, and the whole log comes through in the end.
    for (let round = 0; round < 8; round += 1) deliver(log, bob.id, entries.slice(log.head(bob.id).nextSeq));
    expect(log.entries(bob.id)).toHaveLength(8);
    const small = new RoomLog({ self: me.id, limits: { maxHeldBytes: (entries[0]?.raw.length ?? 0) * 2 } });
    join(small, bob.id);
    deliver(small, bob.id, entries.slice(2));
    expect(small.held.bytes).toBeLessThanOrEqual((entries[0]?.raw.length ?? 0) * 2);
  });

  test('[GL5] what found no room is asked for again once no check is open', async () => {
    const { me, bob } = cast();
    const entries = await bob.texts(4);
    const log = new RoomLog({ self: me.id, limits: { maxHeld: 2 } });
    join(log, bob.id);
    const effects = deliver(log, bob.id, entries);
    const again = effects.at(-1);
    expect(again).toEqual({
      type: 'send',
      peer: bob.id,
      message: { type: 'log-vector', vector: [[bob.id, 2]] },
    });
  });

  test('[GL6] all logs of others together are capped in bytes, and a fork gives back its share', async () => {
    const [me, ...others] = authors(101, 6);
    if (me === undefined) throw new Error('nobody');
    const log = new RoomLog({ self: me.id });
    // One buffer for all: it is the counting that is looked at.
    const raw = new Uint8Array(1024 * 1024);
    const large: LogEntry[] = [];
    const forker = others[0];
    if (forker === undefined) throw new Error('nobody');
    for (const other of [forker, ...others]) large.push({ ...(await other.text('x')), raw });
    log.receive({ type: 'restored', entries: large });
    expect(log.entries()).toHaveLength(64);
    log.receive({ type: 'authored', entry: { ...(await me.text('mine')), raw } });
    expect(log.entries(me.id)).toHaveLength(1);
    // Of its two entries one goes; the other is half of the proof.
    log.receive({ type: 'restored', entries: [await forker.branch(0).text('another story')] });
    const [late] = authors(1, 7);
    if (late === undefined) throw new Error('nobody');
    const half = raw.subarray(0, raw.length / 2);
    const entries = [await late.text('x'), await late.text('y')].map(entry => ({ ...entry, raw: half }));
    log.receive({ type: 'restored', entries });
    expect(log.entries(late.id)).toHaveLength(1);
    expect(log.entries().filter(({ author }) => author !== me.id)).toHaveLength(63);
  });

  test('[GL6] the proofs of forks are capped with them: who forks with thousands of names fills no memory', async () => {
    const [me, ...others] = authors(101, 6);
    if (me === undefined) throw new Error('nobody');
    const log = new RoomLog({ self: me.id });
    const raw = new Uint8Array(1024 * 1024);
    for (const other of others) {
      const stories = [await other.branch(0).text('x'), await other.branch(0).text('y')];
      log.receive({ type: 'restored', entries: stories.map(entry => ({ ...entry, raw })) });
    }
    expect(log.frozen.size).toBe(32);
    expect(log.entries()).toEqual([]);
  });

  test('a log keeps no bodies: decoded, those of all logs take ten times their bytes', async () => {
    const { me, bob } = cast();
    const log = new RoomLog({ self: me.id });
    join(log, bob.id);
    const [one, two] = await bob.texts(2);
    const other = await bob.branch(1).text('another story');
    if (one === undefined || two === undefined) throw new Error('no entries');
    deliver(log, bob.id, [one, two, other]);
    const proof = log.frozen.get(bob.id)?.entries ?? [];
    expect(proof.map(({ raw }) => raw)).toEqual([two.raw, other.raw]);
    for (const entry of [...log.entries(), ...proof]) expect(entry).not.toHaveProperty('body');
  });

  test('[GL6] a log ends at its caps, and nobody is blamed', async () => {
    const { me, bob, carol } = cast();
    const entries = await bob.texts(6);
    const byCount = new RoomLog({ self: me.id, limits: { maxEntriesPerAuthor: 4 } });
    join(byCount, bob.id);
    const effects = deliver(byCount, bob.id, entries);
    expect(seqs(byCount.entries(bob.id))).toEqual([0, 1, 2, 3]);
    expect(typesOf(effects)).not.toContain('misbehaved');
    const room = entries.slice(0, 3).reduce((sum, entry) => sum + entry.raw.length, 0);
    const byBytes = new RoomLog({ self: me.id, limits: { maxBytesPerAuthor: room + 1 } });
    join(byBytes, bob.id);
    deliver(byBytes, bob.id, entries);
    expect(seqs(byBytes.entries(bob.id))).toEqual([0, 1, 2]);
    expect(byBytes.held.entries).toBe(0);
    const byAuthors = new RoomLog({ self: me.id, limits: { maxAuthors: 1 } });
    join(byAuthors, bob.id);
    deliver(byAuthors, bob.id, entries);
    expect(deliver(byAuthors, bob.id, await carol.texts(1))).toEqual([]);
    const together = new RoomLog({ self: me.id, limits: { maxAuthors: 1 } });
    join(together, bob.id);
    deliver(together, bob.id, [...entries.slice(0, 1), ...(await carol.texts(1))]);
    expect([together.entries(bob.id).length, together.entries(carol.id).length]).toEqual([1, 0]);
    expect(together.held.entries).toBe(0);
    // A vector that boasts of what is over the cap does not make us ask for it.
    const boast = { type: 'log-vector', vector: [[carol.id, 9]] } as const;
    const vector = { ...boast, vector: boast.vector.map(([id, n]): [typeof id, number] => [id, n]) };
    deliver(byAuthors, bob.id, []);
    expect(typesOf(byAuthors.receive({ type: 'message', peer: bob.id, message: vector }))).not.toContain(
      'log-vector',
    );
    byAuthors.receive({ type: 'authored', entry: await me.text('mine') });
    expect(byAuthors.entries(me.id)).toHaveLength(1);
  });

  test('[GL7] an authored entry must continue the own log', async () => {
    const { me, bob } = cast();
    const log = new RoomLog({ self: me.id, limits: { maxEntriesPerAuthor: 2 } });
    const stray = await me.at(1, new Uint8Array(32), { kind: 'text', text: 'too early' });
    expect(() => log.receive({ type: 'authored', entry: stray })).toThrow(
      expect.objectContaining({ code: 'stale-entry' }),
    );
    const foreign = await bob.text('not mine');
    expect(() => log.receive({ type: 'authored', entry: foreign })).toThrow(
      expect.objectContaining({ code: 'not-own-entry' }),
    );
    for (const entry of await me.texts(2))
      expect(typesOf(log.receive({ type: 'authored', entry }))).toEqual(['accepted']);
    const third = await me.text('one too many');
    expect(() => log.receive({ type: 'authored', entry: third })).toThrow(
      expect.objectContaining({ code: 'log-full' }),
    );
  });

  test('[GL7] a refused entry changes nothing: a smaller one still goes in', async () => {
    const { me } = cast();
    const first = await me.text('a'.repeat(500));
    const log = new RoomLog({ self: me.id, limits: { maxBytesPerAuthor: 1_000 } });
    log.receive({ type: 'authored', entry: first });
    const big = await me.at(1, first.hash, { kind: 'text', text: 'b'.repeat(500) });
    const full = expect.objectContaining({ code: 'log-full' });
    expect(() => {
      log.expectAuthored(big);
    }).toThrow(full);
    expect(() => log.receive({ type: 'authored', entry: big })).toThrow(full);
    const small = await me.at(1, first.hash, { kind: 'text', text: 'c' });
    log.expectAuthored(small);
    expect(log.entries()).toHaveLength(1);
    expect(typesOf(log.receive({ type: 'authored', entry: small }))).toEqual(['accepted']);
  });

  test('[GL8] restored entries are taken unchecked, in any order, and not to be stored again', async () => {
    const { me, bob, carol } = cast();
    const his = await bob.texts(4);
    const hers = await carol.texts(3);
    const log = new RoomLog({ self: me.id });
    const effects = log.receive({ type: 'restored', entries: [...his.toReversed(), ...hers.slice(2)] });
    expect(effects).toEqual(his.map(entry => ({ type: 'accepted', entry, stored: true })));
    expect(seqs(log.entries(bob.id))).toEqual([0, 1, 2, 3]);
    expect(log.entries(carol.id)).toEqual([]);
    expect(log.receive({ type: 'authored', entry: await me.text('new') })).toMatchObject([
      { type: 'accepted', stored: false },
    ]);
  });

  test('[GL2] real signatures: an entry is accepted in its own room alone', async () => {
    const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
    const author = new Author(signer, TEST_ROOM);
    const [entry] = await author.texts(1);
    const { me } = cast();
    const log = new RoomLog({ self: me.id });
    join(log, author.id);
    const message = { type: 'log-entries', entries: entry === undefined ? [] : [entry.raw] } as const;
    const [check] = log.receive({ type: 'message', peer: author.id, message });
    if (check?.type !== 'check') throw new Error('no check');
    const valid = await verifyEntry(webCryptoPort(globalThis.crypto), TEST_ROOM, check.entry);
    expect(valid).toBe(true);
    const elsewhere = asRoomId(`${'B'.repeat(21)}A`);
    expect(await verifyEntry(webCryptoPort(globalThis.crypto), elsewhere, check.entry)).toBe(false);
    expect(typesOf(log.receive({ type: 'checked', entry: check.entry, valid }))).toEqual(['accepted']);
  });
});
