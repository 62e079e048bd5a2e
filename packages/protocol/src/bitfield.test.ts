import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from './bitfield.ts';
import { toHex } from './bytes.ts';
import { outcomeNow } from './testing/outcome.ts';

test('[MF9] bits go most significant first, spare bits are zero', () => {
  const bits = new Bitfield(10);
  bits.set(0);
  bits.set(9);
  expect(toHex(bits.toBytes())).toBe('8040');
  expect(toHex(Bitfield.full(10).toBytes())).toBe('ffc0');
  expect(Bitfield.full(0).toBytes().length).toBe(0);
});

test('[MF9] a wrong size or a spare bit that is set is refused', () => {
  expect(outcomeNow(() => Bitfield.fromBytes(10, new Uint8Array([0, 0x20])))).toBe('bad-bitfield');
  expect(outcomeNow(() => Bitfield.fromBytes(10, new Uint8Array([0])))).toBe('bad-bitfield');
  expect(outcomeNow(() => Bitfield.fromBytes(10, new Uint8Array(3)))).toBe('bad-bitfield');
  expect(outcomeNow(() => Bitfield.fromBytes(10, new Uint8Array([0xff, 0xc0])))).toBe('ok');
  expect(outcomeNow(() => new Bitfield(3).set(3))).toBe('bad-piece');
  expect(outcomeNow(() => new Bitfield(3).clear(-1))).toBe('bad-piece');
});

test('[MF9] behaves as a set of indices', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 199 })));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), steps, (length, changes) => {
      const bits = new Bitfield(length);
      const model = new Set<number>();
      for (const [on, raw] of changes) {
        const index = raw % length;
        const changed = on ? !model.has(index) : model.has(index);
        expect(on ? bits.set(index) : bits.clear(index)).toBe(changed);
        if (on) model.add(index);
        else model.delete(index);
      }
      const all = Array.from({ length }, (_, index) => index);
      expect(bits.count).toBe(model.size);
      expect(bits.complete).toBe(model.size === length);
      expect([...bits.indices()]).toEqual(all.filter(index => model.has(index)));
      for (const from of [0, 3, 17, length]) {
        expect(bits.firstMissing(from)).toBe(all.find(index => index >= from && !model.has(index)));
        expect(bits.firstSet(from)).toBe(all.find(index => index >= from && model.has(index)));
      }
      const copy = Bitfield.fromBytes(length, bits.toBytes());
      expect([...copy.indices()]).toEqual([...bits.indices()]);
      expect(copy.count).toBe(bits.count);
      expect(bits.has(length)).toBe(false);
      expect(bits.has(-1)).toBe(false);
    }),
  );
});

test('[MF9] ranges, and copies that change on their own', () => {
  const bits = new Bitfield(20);
  expect(bits.setRange(5, 4)).toBe(4);
  expect(bits.setRange(7, 4)).toBe(2);
  expect(bits.hasRange(5, 6)).toBe(true);
  expect(bits.hasRange(5, 7)).toBe(false);
  const copy = bits.clone();
  copy.set(0);
  bits.toBytes().fill(0xff);
  expect(bits.count).toBe(6);
});
