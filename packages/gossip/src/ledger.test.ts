import type { PeerId } from '@shoal/protocol';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { believedGiven } from './ledger.ts';
import type { LedgerInput } from './ledger.ts';
import { authors } from './testing/cast.ts';

const people = authors(12).map(({ id }) => id);
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
  return { self: me, gave, got, receipts };
};

function total(given: ReadonlyMap<PeerId, number>, of: readonly PeerId[]): number {
  return of.reduce((sum, peer) => sum + (given.get(peer) ?? 0), 0);
}

describe('what others gave', () => {
  test('[GR3] what I got myself counts in full', () => {
    expect(believedGiven(input([[ann, me, 5 * MIB]]))).toEqual(new Map([[ann, 5 * MIB]]));
  });

  test('[GR4] a receipt of one I gave to makes its giver known to me', () => {
    const given = believedGiven(
      input([
        [me, ann, 10 * MIB],
        [bob, ann, 4 * MIB],
      ]),
    );
    expect(given).toEqual(new Map([[bob, 4 * MIB]]));
  });

  test('[GR4] receipts of one author count for no more than its cover, shared in proportion', () => {
    const given = believedGiven(
      input([
        [me, ann, 8 * MIB],
        [bob, ann, 12 * MIB],
        [cleo, ann, 4 * MIB],
      ]),
    );
    expect(given).toEqual(
      new Map([
        [bob, 6 * MIB],
        [cleo, 2 * MIB],
      ]),
    );
  });

  test('[GR5] belief goes two steps, and no farther', () => {
    const given = believedGiven(
      input([
        [me, ann, 9 * MIB],
        [bob, ann, 6 * MIB],
        [cleo, bob, 5 * MIB],
        [dan, cleo, 4 * MIB],
      ]),
    );
    expect(given).toEqual(
      new Map([
        [bob, 6 * MIB],
        [cleo, 5 * MIB],
      ]),
    );
  });

  test('[GR6] a coalition that praises itself without having touched anyone has nothing', () => {
    const lies: Row[] = [
      [ann, bob, 1e15],
      [bob, ann, 1e15],
      [cleo, cleo, 1e15],
      // Saying that I gave to it is no cover: I know what I gave.
      [ann, me, 1e15],
    ];
    expect(believedGiven(input([], lies))).toEqual(new Map());
  });
});

describe('[GR6] self-dealing', () => {
  const honest = people.slice(0, 6);
  const sybils = people.slice(6);
  const bytes = fc.integer({ min: 1, max: 1000 * MIB });
  const huge = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const gift = (from: readonly PeerId[], to: readonly PeerId[], amount = bytes) =>
    fc
      .tuple(fc.constantFrom(...from), fc.constantFrom(...to), amount)
      .filter(([giver, taker]) => giver !== taker);

  test('sybils that took X bytes from me and gave none have at most 2 X together, whatever they sign', () => {
    fc.assert(
      fc.property(
        fc.array(gift(honest, honest), { maxLength: 20 }),
        fc.array(gift(honest, sybils), { maxLength: 6 }),
        fc.array(gift(sybils, [...sybils, ...honest], huge), { maxLength: 60 }),
        (among, taken, lies) => {
          const given = believedGiven(input([...among, ...taken], lies));
          const fromMe = taken.reduce((sum, [from, , count]) => sum + (from === me ? count : 0), 0);
          expect(total(given, sybils)).toBeLessThanOrEqual(2 * fromMe * (1 + 1e-9));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('sybils that also gave G have at most 2 X + 3 G', () => {
    fc.assert(
      fc.property(
        fc.array(gift(honest, honest), { maxLength: 20 }),
        fc.array(gift(honest, sybils), { maxLength: 6 }),
        fc.array(gift(sybils, honest), { maxLength: 6 }),
        fc.array(gift(sybils, [...sybils, ...honest], huge), { maxLength: 60 }),
        (among, taken, real, lies) => {
          const given = believedGiven(input([...among, ...taken, ...real], lies));
          const fromMe = taken.reduce((sum, [from, , count]) => sum + (from === me ? count : 0), 0);
          const toHonest = real.reduce((sum, [, , count]) => sum + count, 0);
          expect(total(given, sybils)).toBeLessThanOrEqual((2 * fromMe + 3 * toHonest) * (1 + 1e-9));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('more puppets make no more standing', () => {
    const standing = (count: number): number => {
      const puppets = authors(count, 7).map(({ id }) => id);
      const lies = puppets.flatMap((author): Row[] => puppets.map(giver => [author, giver, 1e12]));
      const [taker] = puppets;
      if (taker === undefined) throw new Error('no puppets');
      return total(believedGiven(input([[me, taker, MIB]], lies)), puppets);
    };
    for (const count of [2, 5, 40]) expect(standing(count)).toBeLessThanOrEqual(2 * MIB * (1 + 1e-9));
  });

  test('an inflated receipt moves no more than its author took', () => {
    const given = believedGiven(input([[me, ann, 3 * MIB]], [[ann, bob, 1e15]]));
    expect(given.get(bob)).toBeCloseTo(3 * MIB);
  });
});
