import type { PeerId } from '@shoal/protocol';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASKED_PART, standings } from './ledger.ts';
import type { LedgerInput } from './ledger.ts';
import { authors } from './testing/cast.ts';

const people = authors(14).map(({ id }) => id);
const [me, ann, bob, cleo, dan] = people;
if (me === undefined || ann === undefined || bob === undefined || cleo === undefined || dan === undefined)
  throw new Error('no people');
const MIB = 1024 * 1024;

type Row = readonly [from: PeerId, to: PeerId, bytes: number];

/** `gifts` are real: receivers write true receipts of them. `lies` are receipts that somebody signs: author, giver, bytes. */
const input = (gifts: readonly Row[], lies: readonly Row[] = []): LedgerInput => {
  const gave = new Map<PeerId, number>();
  const got = new Map<PeerId, number>();
  const receipts = new Map<PeerId, Map<PeerId, number>>();
  const claim = (author: PeerId, giver: PeerId, bytes: number): void => {
    const row = receipts.get(author) ?? new Map<PeerId, number>();
    receipts.set(author, row.set(giver, (row.get(giver) ?? 0) + bytes));
  };
  for (const [from, to, bytes] of gifts) {
    if (from === me) gave.set(to, (gave.get(to) ?? 0) + bytes);
    if (to === me) got.set(from, (got.get(from) ?? 0) + bytes);
    claim(to, from, bytes);
  }
  for (const [author, giver, bytes] of lies) claim(author, giver, bytes);
  const asked = new Map(people.slice(1).map(peer => [peer, gave.get(peer) ?? 0]));
  return { self: me, gave, got, receipts, asked };
};

const standingOf = (peer: PeerId, gifts: readonly Row[], lies: readonly Row[] = []): number =>
  standings(input(gifts, lies)).get(peer) ?? 0;

/** I gave each of them 8 MiB. */
const served = (...peers: readonly PeerId[]): Row[] => peers.map(peer => [me, peer, 8 * MIB]);

describe('how giving is vouched for', () => {
  test('[GR3] what I got myself counts in full', () => {
    expect(standingOf(ann, [...served(ann), [ann, me, 8 * MIB * ASKED_PART]])).toBe(1);
    expect(standingOf(ann, [...served(ann), [ann, me, 2 * MIB * ASKED_PART]])).toBe(1 / 4);
  });

  test('[GR4] those whom I dealt with vouch with the weight of what passed between us; nobody for itself', () => {
    const gifts: Row[] = [...served(ann, bob, cleo, dan), [ann, bob, MIB]];
    expect(standingOf(ann, gifts)).toBeCloseTo(1 / 3);
    expect(standingOf(ann, [...gifts, [ann, cleo, MIB], [ann, dan, MIB]])).toBeCloseTo(1);
    expect(standingOf(ann, [...gifts, [me, bob, 8 * MIB]])).toBeCloseTo(1 / 2);
    expect(standingOf(ann, served(ann), [[ann, ann, 1e15]])).toBe(0);
  });

  test('[GR4] who got nothing of me and gave me nothing has no voice, and cannot lend one', () => {
    expect(standingOf(ann, served(ann, bob), [[cleo, ann, 1e15]])).toBe(0);
    expect(
      standingOf(ann, served(ann, bob), [
        [cleo, ann, 1e15],
        [dan, cleo, 1e15],
      ]),
    ).toBe(0);
  });

  test('[GR4] saying that I gave to somebody is worth nothing: I know what I gave', () => {
    expect(
      standingOf(ann, served(bob), [
        [me, ann, 1e15],
        [bob, me, 1e15],
      ]),
    ).toBe(0);
  });

  test('[GR5] a voice reaches whoever gave to those who gave to its owner, however far, and no more of it than was given on each step', () => {
    const chain = (last: number): Row[] => [
      ...served(ann),
      [me, dan, MIB],
      [bob, ann, 4 * MIB],
      [cleo, bob, 4 * MIB],
      [dan, cleo, last],
    ];
    expect(standingOf(dan, chain(4 * MIB))).toBe(1);
    expect(standingOf(dan, chain((MIB * ASKED_PART) / 4))).toBeCloseTo(1 / 4);
  });

  test('[GR5] one gift does not vouch for two', () => {
    const gifts: Row[] = [...served(ann, bob, cleo, dan), [ann, dan, 8 * MIB * ASKED_PART * 0.2]];
    const all: Row[] = [ann, bob, cleo].flatMap((author): Row[] =>
      [ann, bob, cleo].filter(giver => giver !== author).map(giver => [author, giver, 1e15]),
    );
    const given = standings(input(gifts, all));
    const beyond = [ann, bob, cleo].map(peer => (given.get(peer) ?? 0) - 2 / 3);
    expect(beyond.reduce((sum, part) => sum + part, 0)).toBeCloseTo(0.2);
  });
});

describe('[GR6] self-dealing', () => {
  const honest = people.slice(0, 7);
  const ring = people.slice(7);
  const bytes = fc.integer({ min: 1, max: 1000 * MIB });
  const huge = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const gift = (from: readonly PeerId[], to: readonly PeerId[], amount = bytes) =>
    fc
      .tuple(fc.constantFrom(...from), fc.constantFrom(...to), amount)
      .filter(([giver, taker]) => giver !== taker);
  const small = fc.integer({ min: 1, max: MIB });
  const rooms = fc.record({
    among: fc.array(gift(honest, honest), { maxLength: 20 }),
    taken: fc.array(gift([me, ...honest], ring), { maxLength: 14 }),
    real: fc.array(gift(ring, honest, small), { maxLength: 6 }),
    lies: fc.array(gift(ring, [...ring, ...honest], huge), { maxLength: 60 }),
  });
  /** The part of all voices but its own that a member's ring has. */
  const share = ({ gave, got }: LedgerInput, peer: PeerId): number => {
    let [of, all] = [0, 0];
    for (const counts of [gave, got])
      for (const [other, count] of counts) {
        if (other === peer || other === me) continue;
        all += count;
        if (ring.includes(other)) of += count;
      }
    return all === 0 ? 0 : of / all;
  };

  test('what a ring has beyond its part of the voices is, in all, no more than what it really gave, whatever it signs', () => {
    fc.assert(
      fc.property(rooms, ({ among, taken, real, lies }) => {
        const room = input([...among, ...taken, ...real], lies);
        let beyond = 0;
        for (const [peer, standing] of standings(room)) {
          if (!ring.includes(peer)) continue;
          const due = Math.max(room.asked.get(peer) ?? 0, MIB) * ASKED_PART;
          beyond += Math.max(0, standing - share(room, peer)) * due;
        }
        // A millionth of a byte is what rounding makes of sums.
        const given = real.reduce((sum, [, , count]) => sum + count, 0);
        expect(beyond).toBeLessThanOrEqual(given * (1 + 1e-9) + 1e-6);
      }),
      { numRuns: 1000 },
    );
  });

  test('a ring that had less than half of what I gave and gave nothing stays below a half, and so do its puppets', () => {
    fc.assert(
      fc.property(rooms, ({ among, taken, lies }) => {
        const room = input([...among, ...taken], lies);
        for (const [peer, standing] of standings(room))
          if (ring.includes(peer) && share(room, peer) < 1 / 2) expect(standing).toBeLessThan(1 / 2);
      }),
      { numRuns: 1000 },
    );
  });

  test('who gave to all is vouched for by more than a half, whatever a ring of fewer voices says', () => {
    fc.assert(
      fc.property(fc.array(gift(ring, people, huge), { maxLength: 60 }), lies => {
        const gifts = honest.flatMap(giver =>
          honest.filter(taker => taker !== giver).map((taker): Row => [giver, taker, MIB]),
        );
        // The ring takes nearly as much as the others but one.
        const others = honest.length - 2;
        const taken = ring.map((peer): Row => [me, peer, (0.99 * others * MIB) / ring.length]);
        const seed = input([...gifts.filter(([, to]) => to !== me), ...taken], lies);
        for (const peer of honest.slice(1)) expect(standings(seed).get(peer) ?? 0).toBeGreaterThan(1 / 2);
      }),
      { numRuns: 200 },
    );
  });
});

test('[GR5] weighing a room of 1,000 with 20,000 receipts takes milliseconds', () => {
  const room = authors(1000).map(({ id }) => id);
  const at = (index: number): PeerId => room[index % room.length] ?? me;
  const receipts = new Map(
    room.map((author, index) => [
      author,
      new Map(Array.from({ length: 20 }, (_, step) => [at(index + 1 + ((step * step * 7) % 900)), 4 * MIB])),
    ]),
  );
  const gave = new Map(Array.from({ length: 12 }, (_, index) => [at(5 + 71 * index), 8 * MIB]));
  const start = performance.now();
  const given = standings({ self: at(0), gave, got: new Map(), receipts, asked: gave });
  const ms = performance.now() - start;
  for (const standing of given.values()) expect(standing).toBe(1);
  // Seconds only if each search looked at each receipt many times.
  expect(ms).toBeLessThan(1000);
});
