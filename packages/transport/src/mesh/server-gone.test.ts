import { describe, expect, test, vi } from 'vitest';
import type { FakeConnection } from '../testing/fake-network.ts';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

const SEEDS = Array.from({ length: 5 }, (_, index) => index + 1);

/** A is linked to all others, they to A alone; then the server dies. */
async function star(world: World, count: number): Promise<Member[]> {
  world.hub.meddle = (box, from, to) => (from === 'a' || to === 'a' ? box : undefined);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, count);
  const members = names.map(address => world.member({ address }));
  await world.start(...members);
  for (const member of members.slice(1)) expect(member.neighbours).toEqual([members[0]?.peer]);
  world.hub.stop();
  return members;
}

describe('[NB3] the server is gone', () => {
  test.each(SEEDS)(
    'three members linked to the sharer only find each other through it within 30 s (seed %i)',
    async seed => {
      const world = new World(seed);
      const members = await star(world, 4);
      await world.pass(30_000);
      for (const member of members) {
        const others = members.filter(other => other !== member).map(({ peer }) => peer);
        expect(member.neighbours.toSorted()).toEqual(others.toSorted());
        for (const peer of others) {
          const other = members.find(each => each.peer === peer);
          expect(other?.neighbour(member.peer).connection).toBe(member.neighbour(peer).connection);
        }
        expect(member.failures).toEqual([]);
      }
      // Two ends for each of six links and no others.
      await world.pass(30_000);
      expect(world.network.ends.filter(end => !end.isClosed)).toHaveLength(12);
    },
  );

  test('the one in the middle leaves: the others stay linked, and so does who comes after', async () => {
    const world = new World(7);
    const [a, ...others] = await star(world, 4);
    await world.pass(30_000);
    a?.mesh.close();
    await world.pass(60_000);
    for (const member of others) expect(member.neighbours).toHaveLength(2);
  });

  test('a chain grows together: each link brings the next within reach', async () => {
    const world = new World(3);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const near = (x: string, y: string): boolean => Math.abs(names.indexOf(x) - names.indexOf(y)) === 1;
    world.hub.meddle = (box, from, to) => (near(from, to) ? box : undefined);
    const members = names.map(address => world.member({ address }));
    await world.start(...members);
    world.hub.stop();
    await world.pass(60_000);
    for (const member of members) expect(member.neighbours).toHaveLength(4);
  });

  test('[NB8] two members that cannot be connected, with a neighbour in common: told once, with who it is, and known as nearby', async () => {
    const world = new World(5);
    const made = new Map<FakeConnection, string>();
    const { connect } = world.network;
    world.network.reaches = (x, y) => [made.get(x), made.get(y)].includes('a');
    const members = ['a', 'b', 'c'].map(address =>
      world.member({
        address,
        connect: options => {
          const end = connect(options);
          made.set(end, address);
          return end;
        },
      }),
    );
    await world.start(...members);
    // One try takes 15 s.
    await world.pass(20_000);
    const early = members.map(({ failures }) => failures.length);
    expect(early).toEqual([0, 1, 1]);
    await world.pass(300_000);
    const [a, b, c] = members;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three members');
    for (const [one, other] of [
      [b, c],
      [c, b],
    ] as const) {
      expect(one.neighbours).toEqual([a.peer]);
      expect(one.mesh.isNearby(other.peer)).toBe(true);
      const failures = one.events.filter(({ type }) => type === 'failure');
      expect(failures).toMatchObject([{ code: 'connect-timeout', peer: other.peer }]);
    }
    expect(a.failures).toEqual([]);
    c.mesh.close();
    await world.pass(5_000);
    expect(b.mesh.isNearby(c.peer)).toBe(false);
  });

  test('members that the server keeps apart, though it is online, meet over a neighbour', async () => {
    const world = new World(4);
    world.hub.meddle = (box, from, to) => (from === 'a' || to === 'a' ? box : undefined);
    const members = ['a', 'b', 'c'].map(address => world.member({ address }));
    await world.start(...members);
    await world.pass(30_000);
    for (const member of members) expect(member.neighbours).toHaveLength(2);
  });
});
