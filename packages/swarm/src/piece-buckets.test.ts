import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PieceBuckets } from './piece-buckets.ts';
import { seededRandom } from './sim/random.ts';

describe('piece buckets', () => {
  test('[PK2] highest class first, then the rarest', () => {
    const availability = Uint16Array.from([5, 1, 3, 1]);
    const buckets = new PieceBuckets(availability);
    buckets.add(0, 0);
    buckets.add(1, 1);
    buckets.add(2, 0);
    const random = seededRandom(1);
    expect(buckets.pick(() => true, random)).toBe(2);
    buckets.delete(2);
    expect(buckets.pick(() => true, random)).toBe(0);
    buckets.delete(0);
    expect(buckets.pick(() => true, random)).toBe(1);
  });

  test('[PK2] ties are broken at random', () => {
    const buckets = new PieceBuckets(new Uint16Array(100).fill(1));
    for (let piece = 0; piece < 100; piece += 1) buckets.add(piece, 0);
    const random = seededRandom(2);
    const picked = new Set(Array.from({ length: 200 }, () => buckets.pick(() => true, random)));
    expect(picked.size).toBeGreaterThan(60);
  });

  test('[PK4] after any changes a pick is what sorting would give', () => {
    const change = fc.record({
      kind: fc.constantFrom('add', 'delete', 'raise', 'lower'),
      piece: fc.nat(19),
      rank: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 200 }),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        (changes, has) => {
          const availability = new Uint16Array(20).fill(3);
          const buckets = new PieceBuckets(availability);
          const inside = new Map<number, number>();
          for (const { kind, piece, rank } of changes) {
            const before = availability[piece] ?? 0;
            if (kind === 'add' && !inside.has(piece)) inside.set(piece, rank);
            if (kind === 'add') buckets.add(piece, rank);
            if (kind === 'delete') expect(buckets.delete(piece)).toBe(inside.delete(piece));
            if (kind === 'raise') availability[piece] = before + 1;
            if (kind === 'lower') availability[piece] = Math.max(0, before - 1);
            buckets.moved(piece, before);
          }
          const fits = (piece: number): boolean => has[piece] ?? false;
          const best = [...inside]
            .filter(([piece]) => fits(piece))
            .map(([piece, rank]) => rank * 1000 + (availability[piece] ?? 0))
            .sort((a, b) => a - b)[0];
          const picked = buckets.pick(fits, seededRandom(changes.length));
          expect(buckets.size).toBe(inside.size);
          expect(
            picked === undefined ? undefined : (inside.get(picked) ?? 0) * 1000 + (availability[picked] ?? 0),
          ).toBe(best);
        },
      ),
    );
  });
});
