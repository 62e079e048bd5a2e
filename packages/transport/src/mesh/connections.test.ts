import { createConnectionId, memberAddress } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { DEFAULT_LINK_LIMITS } from '../link/limits.ts';
import { FakeNetwork } from '../testing/fake-network.ts';
import { FakeScheduler } from '../testing/fake-scheduler.ts';
import { nodeCrypto, nodeSigner } from '../testing/node-crypto.ts';
import { seeded } from '../testing/seeded.ts';
import { Connections } from './connections.ts';

test('a box sealed for an old address is never sent from the new one, where it would look forged', async () => {
  const random = seeded(1);
  const crypto = nodeCrypto(random);
  const sent: string[] = [];
  const connections = new Connections({
    keys: { crypto, signalKey: crypto.randomBytes(32), signer: nodeSigner() },
    signaling: {
      signal: async to => {
        sent.push(to);
        return 'relayed';
      },
    },
    self: { peer: nodeSigner().peerId, seat: createConnectionId(crypto) },
    relay: async () => 'failed',
    scheduler: new FakeScheduler(),
    connect: new FakeNetwork(random).connect,
    limits: DEFAULT_LINK_LIMITS,
    features: [],
    relayOnly: () => false,
    onLink: () => undefined,
    onUnreachable: () => undefined,
    onDismissed: () => undefined,
  });
  connections.moved('old', []);
  connections.exchange('before', createConnectionId(crypto)).send({ kind: 'reject', code: 'full' });
  connections.moved('new', []);
  connections.exchange('after', createConnectionId(crypto)).send({ kind: 'reject', code: 'full' });
  await new Promise<void>(resolve => setImmediate(resolve));
  expect(sent).toEqual(['after']);
});

test('[NB3] a new address at the server ends what is unfinished over the server, not what goes over a neighbour', () => {
  const random = seeded(1);
  const crypto = nodeCrypto(random);
  const seated = () => ({ peer: nodeSigner().peerId, seat: createConnectionId(crypto) });
  const connections = new Connections({
    keys: { crypto, signalKey: crypto.randomBytes(32), signer: nodeSigner() },
    signaling: { signal: async () => 'relayed' },
    self: seated(),
    relay: async () => 'relayed',
    scheduler: new FakeScheduler(),
    connect: new FakeNetwork(random).connect,
    limits: DEFAULT_LINK_LIMITS,
    features: [],
    relayOnly: () => false,
    onLink: () => undefined,
    onUnreachable: () => undefined,
    onDismissed: () => undefined,
  });
  connections.moved('old', []);
  const overNeighbour = memberAddress(seated());
  for (const address of ['someone', overNeighbour])
    connections.create(createConnectionId(crypto), address, true).start();
  connections.moved('new', []);
  expect([...connections.all].map(({ address }) => address)).toEqual([overNeighbour]);
});
