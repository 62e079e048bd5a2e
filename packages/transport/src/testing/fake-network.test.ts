import { describeConnections } from './connection-contract.ts';
import { FakeNetwork } from './fake-network.ts';
import { seeded } from './seeded.ts';

describeConnections('the fake connection keeps the contract', () => {
  const network = new FakeNetwork(seeded(5));
  return {
    connect: network.connect,
    noticed: () => undefined,
    until: async condition => {
      while (!condition()) {
        if (network.idle) throw new Error('nothing more will happen');
        network.step();
        await Promise.resolve();
      }
    },
  };
});
