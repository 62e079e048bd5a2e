import { createConnectionId } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { nodeSigner } from '../testing/node-crypto.ts';
import { World } from '../testing/world.ts';

/** A room in which somebody offers connections that never come up, each in a name of its own. */
async function besieged(options: { readonly addresses: number; readonly offersEach: number }) {
  const world = new World();
  const sharer = world.member({ address: 'a' });
  await world.start(sharer);
  const decoys = new Set<unknown>();
  world.network.reaches = (one, other) => !decoys.has(one) && !decoys.has(other);
  const flood = async (): Promise<void> => {
    for (let address = 0; address < options.addresses; address += 1) {
      const seat = world.hub.seat();
      seat.nextAddress = `evil-${address}`;
      seat.start();
      for (let offer = 0; offer < options.offersEach; offer += 1) {
        const decoy = world.network.connect({
          initiator: false,
          iceServers: [],
          lowWater: 0,
          listener: () => undefined,
        });
        decoys.add(decoy);
        const connection = createConnectionId(world.crypto);
        const route = { from: seat.address, to: 'a', connection, seq: 0, lane: 0 };
        const signal = { kind: 'offer', sdp: decoy.name } as const;
        await seat.signal('a', await world.seal(nodeSigner(), route, signal));
      }
    }
    await world.settle();
  };
  await flood();
  const made = () => world.network.ends.filter(end => !decoys.has(end));
  return { world, sharer, made };
}

test('[NB1] offers in many names from one address hold one place, and few connections are made for them', async () => {
  const { world, sharer, made } = await besieged({ addresses: 1, offersEach: 60 });
  expect(made().filter(end => !end.isClosed)).toHaveLength(1);
  expect(made().length).toBeLessThanOrEqual(4);
  const newcomer = world.member({ address: 'b' });
  await world.start(newcomer);
  expect(newcomer.neighbours).toEqual([sharer.peer]);
  expect(sharer.neighbours).toEqual([newcomer.peer]);
});

test('[NB1] a member whose places all wait for others looks for somebody itself', async () => {
  const { world, sharer } = await besieged({ addresses: 12, offersEach: 1 });
  // Told of nobody, so that the sharer has to make the link.
  world.hub.sampleSize = 0;
  const newcomer = world.member({ address: 'b' });
  await world.start(newcomer);
  world.hub.sampleSize = 20;
  sharer.mesh.wake();
  await world.pass(1_000);
  expect(sharer.neighbours).toEqual([newcomer.peer]);
});
