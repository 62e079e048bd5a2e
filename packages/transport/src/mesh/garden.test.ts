import { writeBlockHeader } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 60_000 });

function reachedFrom(members: readonly Member[]): number {
  const seen = new Set(members.slice(0, 1));
  for (const member of seen)
    for (const other of members) if (member.neighbours.includes(other.peer)) seen.add(other);
  return seen.size;
}

async function crowd(world: World, count: number): Promise<Member[]> {
  const members = Array.from({ length: count }, () => world.member({ maxNeighbours: 6 }));
  await world.start(...members);
  return members;
}

describe('[NB5] links that are too many', () => {
  test('idle ones are cut until newcomers find room, and the room stays one', async () => {
    const world = new World(11);
    const members = await crowd(world, 9);
    await world.pass(10_000);
    // Some are above five before anything has been idle for long.
    expect(Math.max(...members.map(({ neighbours }) => neighbours.length))).toBe(6);
    await world.pass(120_000);
    for (const { neighbours, failures } of members) {
      expect(neighbours.length).toBeGreaterThanOrEqual(3);
      expect(failures).toEqual([]);
    }
    expect(members.filter(({ neighbours }) => neighbours.length > 5).length).toBeLessThanOrEqual(1);
    expect(members.flatMap(({ left }) => left)).toContain('idle');
    expect(reachedFrom(members)).toBe(9);
    const newcomer = world.member({ maxNeighbours: 6 });
    await world.start(newcomer);
    await world.pass(5_000);
    expect(newcomer.neighbours.length).toBeGreaterThanOrEqual(3);
  });

  test('links that carry blocks are kept', async () => {
    const world = new World(11);
    const members = await crowd(world, 9);
    await world.pass(10_000);
    const block = new Uint8Array(100);
    writeBlockHeader(block, 1);
    for (let second = 0; second < 120; second += 10) {
      // One way only: both ends must count it.
      for (const { mesh, peer } of members) {
        for (const neighbour of mesh.neighbours) if (peer < neighbour.peer) neighbour.send(block.slice());
      }
      await world.pass(10_000);
    }
    expect(members.flatMap(({ left }) => left)).toEqual([]);
  });
});

test('[NB7] two parts of a room that lost each other meet again once the server serves both', async () => {
  const world = new World(12);
  const half = (address: string): string => address.slice(0, 1);
  world.hub.meddle = (box, from, to) => (half(from) === half(to) ? box : undefined);
  const names = ['a', 'b'].flatMap(side => [1, 2, 3, 4].map(index => `${side}${index}`));
  const members = names.map(address => world.member({ address, targetNeighbours: 3 }));
  await world.start(...members);
  await world.pass(120_000);
  for (const { neighbours } of members) expect(neighbours).toHaveLength(3);
  world.hub.meddle = box => box;
  await world.pass(600_000);
  expect(reachedFrom(members)).toBe(8);
});
