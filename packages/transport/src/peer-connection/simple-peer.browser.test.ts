import { expect, test, vi } from 'vitest';
import { describeConnections } from '../testing/connection-contract.ts';
import { Waiter } from '../testing/waiter.ts';
import type { PeerConnection, PeerConnectionEvent } from './peer-connection.ts';
import { simplePeerConnections } from './simple-peer.ts';

describeConnections('simple-peer in a real browser keeps the contract', () => {
  const waiter = new Waiter();
  return {
    connect: simplePeerConnections,
    noticed: () => waiter.noticed(),
    until: condition => waiter.until(condition),
  };
});

/** Before it says `connect`, simple-peer asks the engine for its statistics: the answering side's are late until this many messages are there. */
function connectsLate(messages: number): void {
  const { getStats } = RTCPeerConnection.prototype;
  vi.spyOn(RTCPeerConnection.prototype, 'getStats').mockImplementation(async function late(
    this: RTCPeerConnection,
  ): Promise<RTCStatsReport> {
    for (;;) {
      const report = await getStats.call(this);
      let received = 0;
      report.forEach((entry: { type: string; messagesReceived?: number }) => {
        if (entry.type === 'data-channel') received += entry.messagesReceived ?? 0;
      });
      if (this.localDescription?.type !== 'answer' || received >= messages) return report;
    }
  });
}

test('[LN3] blocks and nudges that come on a new lane before it is up here are kept, in their order', async () => {
  const sizes = Array.from({ length: 8 }, () => [16 * 1024, 0, 0, 0]).flat();
  connectsLate(sizes.length);
  const waiter = new Waiter();
  const types: PeerConnectionEvent['type'][] = [];
  const got: number[] = [];
  const sender: PeerConnection = simplePeerConnections({
    initiator: true,
    iceServers: [],
    lowWater: 0,
    listener: event => {
      if (event.type === 'signal') receiver.signal(event.signal);
      else if (event.type === 'connect') for (const size of sizes) sender.send(new Uint8Array(size));
    },
  });
  const receiver: PeerConnection = simplePeerConnections({
    initiator: false,
    iceServers: [],
    lowWater: 0,
    listener: event => {
      types.push(event.type);
      if (event.type === 'signal') sender.signal(event.signal);
      else if (event.type === 'message') got.push(event.data.length);
      waiter.noticed();
    },
  });
  await waiter.until(() => types.includes('close') || got.length === sizes.length);
  vi.restoreAllMocks();
  expect(got).toEqual(sizes);
  expect(types.indexOf('message')).toBeGreaterThan(types.indexOf('connect'));
  sender.destroy();
  receiver.destroy();
});
