import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryMembership } from './memory-membership.ts';

const membership = (limits: object = {}, random: () => number = Math.random) =>
  new MemoryMembership({ maxRooms: 10, maxRoomMembers: 1_000, random, ...limits });

describe('membership in memory', () => {
  test('behaves like a set of addresses for each room', async () => {
    const name = fc.constantFrom('__proto__', 'b', 'c', 'd');
    const step = fc.record({
      verb: fc.constantFrom('join', 'join', 'leave'),
      room: fc.constantFrom('__proto__', 'b'),
      address: name,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const subject = membership();
        const model = new Map<string, Set<string>>();
        for (const { verb, room, address } of steps) {
          const members = model.get(room) ?? new Set<string>();
          model.set(room, members);
          if (verb === 'join') {
            await subject.join(room, address);
            members.add(address);
          } else {
            await subject.leave(room, address);
            members.delete(address);
          }
        }
        for (const [room, members] of model) {
          expect(await subject.size(room)).toBe(members.size);
          for (const asker of ['__proto__', 'b', 'c', 'd']) {
            expect(await subject.find(room, asker)).toBe(members.has(asker));
            const others = [...members].filter(member => member !== asker).sort();
            expect([...(await subject.sample(room, 16, asker))].sort()).toEqual(others);
          }
        }
      }),
    );
  });

  test('samples every other member equally often', async () => {
    const subject = membership();
    const addresses = Array.from({ length: 10 }, (_, i) => `m${i}`);
    for (const address of addresses) await subject.join('room', address);
    const seen = new Map<string, number>();
    const rounds = 6_000;
    for (let i = 0; i < rounds; i += 1) {
      const sample = await subject.sample('room', 3, 'm4');
      expect(new Set(sample).size).toBe(3);
      for (const address of sample) seen.set(address, (seen.get(address) ?? 0) + 1);
    }
    expect(seen.has('m4')).toBe(false);
    // Each is expected rounds * 3 / 9 times; eight standard deviations of that binomial are about 290.
    for (const address of addresses.filter(other => other !== 'm4')) {
      expect(Math.abs((seen.get(address) ?? 0) - rounds / 3)).toBeLessThan(290);
    }
  });

  test('holds its caps, and a room dies with its last member', async () => {
    const subject = membership({ maxRooms: 1, maxRoomMembers: 2 });
    expect(await subject.join('a', 'x')).toBe('joined');
    expect(await subject.join('a', 'y')).toBe('joined');
    expect(await subject.join('a', 'y')).toBe('joined');
    expect(await subject.join('a', 'z')).toBe('room-full');
    expect(await subject.join('b', 'z')).toBe('too-many-rooms');
    await subject.leave('a', 'x');
    await subject.leave('a', 'y');
    expect(await subject.join('b', 'z')).toBe('joined');
  });
});
