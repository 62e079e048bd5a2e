import { describeConnections } from '../testing/connection-contract.ts';
import { simplePeerConnections } from './simple-peer.ts';

describeConnections('simple-peer in a real browser keeps the contract', () => {
  let wake: () => void = () => undefined;
  return {
    connect: simplePeerConnections,
    noticed: () => wake(),
    until: condition =>
      new Promise(resolve => {
        wake = () => {
          if (condition()) resolve();
        };
        wake();
      }),
  };
});
