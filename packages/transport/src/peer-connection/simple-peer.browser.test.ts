import { describeConnections } from '../testing/connection-contract.ts';
import { Waiter } from '../testing/waiter.ts';
import { simplePeerConnections } from './simple-peer.ts';

describeConnections('simple-peer in a real browser keeps the contract', () => {
  const waiter = new Waiter();
  return {
    connect: simplePeerConnections,
    noticed: () => waiter.noticed(),
    until: condition => waiter.until(condition),
  };
});
