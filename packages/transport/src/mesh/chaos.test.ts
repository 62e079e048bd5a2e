import { expect, test } from 'vitest';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

const SEEDS = Array.from({ length: 6 }, (_, index) => 100 + index);
const MEMBERS = 6;
const BLOWS = 30;
const TIMEOUT_MS = 60_000;

/** One misfortune, at random. */
function strike(world: World, members: readonly Member[]): void {
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(world.random() * all.length)];
  const end = pick(world.network.ends.filter(each => !each.isClosed));
  const kind = Math.floor(world.random() * 6);
  if (kind === 0) end?.break();
  else if (kind === 1 && end !== undefined) end.mute = true;
  else if (kind === 2) end?.interrupt();
  else if (kind === 3) pick(members)?.seat.start();
  else if (kind === 4) world.hub.stop();
  else world.hub.restart(members.map(({ seat }) => seat));
}

test.each(SEEDS)(
  'whatever happens to links and server, calm heals it: one link per pair, the same at both ends (seed %i)',
  async seed => {
    const world = new World(seed);
    const members = Array.from({ length: MEMBERS }, () => world.member());
    await world.start(...members);
    world.hub.meddle = box => (world.random() < 0.9 ? box : undefined);
    for (let blow = 0; blow < BLOWS; blow += 1) {
      strike(world, members);
      await world.pass(world.random() * 8_000);
    }
    world.hub.meddle = box => box;
    world.hub.restart(members.map(({ seat }) => seat));
    await world.pass(300_000);

    for (const member of members) {
      for (const neighbour of member.mesh.neighbours) {
        const other = members.find(({ peer }) => peer === neighbour.peer);
        expect(other?.neighbour(member.peer).connection).toBe(neighbour.connection);
      }
      expect(member.neighbours).toHaveLength(MEMBERS - 1);
      expect(new Set(member.neighbours).size).toBe(MEMBERS - 1);
      // Each join has its leave but the last.
      for (const { peer } of members) {
        if (peer === member.peer) continue;
        const told = member.events.flatMap(event => {
          if (event.type === 'neighbour-joined' && event.neighbour.peer === peer) return ['joined'];
          return event.type === 'neighbour-left' && event.peer === peer ? ['left'] : [];
        });
        expect(told.every((word, index) => word === (index % 2 === 0 ? 'joined' : 'left'))).toBe(true);
        expect(told.at(-1)).toBe('joined');
      }
      expect(member.failures.filter(code => code === 'signal-forged')).toEqual([]);
    }
    const links = members.reduce((sum, { neighbours }) => sum + neighbours.length, 0);
    expect(world.network.ends.filter(end => !end.isClosed)).toHaveLength(links);
  },
  TIMEOUT_MS,
);
