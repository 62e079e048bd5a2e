import { asOfferId, asPeerId } from '@shoal/protocol';
import type { EntryBody, LogEntry, PeerId } from '@shoal/protocol';
import { Catalogue } from '@shoal/gossip';
import { Swarm } from '@shoal/swarm';
import type { OfferStats, SwarmEvent } from '@shoal/swarm';
import { expect, test } from 'vitest';
import { RoomReceipts } from './receipt-wiring.ts';

const MIB = 1024 * 1024;
const id = (letter: string): PeerId => asPeerId(`${letter.repeat(21)}A`);
const [self, ann, bob] = [id('S'), id('A'), id('B')];
const offer = asOfferId(`${'o'.repeat(21)}A`);

/** A room with neighbours whose counts are set by the test, and a log that takes receipts without signing them. */
function stage() {
  let now = 0;
  const catalogue = new Catalogue();
  const bodies: EntryBody[] = [];
  const events: SwarmEvent[] = [];
  const counts = new Map<PeerId, { downBytes: number; upBytes: number }>();
  const engine = new Swarm({ self, clock: () => now, random: () => 0 });
  let progress: Pick<OfferStats, 'wantedBytes' | 'wantedVerifiedBytes'> = {
    wantedBytes: 10,
    wantedVerifiedBytes: 5,
  };
  for (const peer of [ann, bob]) engine.receive({ type: 'neighbour-joined', peer });
  const blank = engine.peerStats(ann);
  const receipts = new RoomReceipts({
    self,
    clock: () => now,
    swarm: {
      peerStats: peer => {
        const counted = counts.get(peer);
        return counted && blank && { ...blank, ...counted };
      },
      offerStats: () => ({
        ...progress,
        verifiedBytes: 0,
        totalBytes: 10,
        downRate: 0,
        verifiedPieces: 0,
        pieceCount: 1,
        seeds: 0,
        fileVerifiedBytes: [],
      }),
    },
    peers: () => [ann, bob],
    gossip: {
      catalogue,
      author: body => {
        bodies.push(body);
        return Promise.reject<LogEntry>(new Error('log-full'));
      },
    },
    tell: event => events.push(event),
  });
  return {
    receipts,
    bodies,
    events,
    set: (peer: PeerId, downBytes: number, upBytes = 0) => counts.set(peer, { downBytes, upBytes }),
    forget: (peer: PeerId) => counts.delete(peer),
    complete: () => (progress = { wantedBytes: 10, wantedVerifiedBytes: 10 }),
    after: (ms: number) => {
      now += ms;
      receipts.tick();
    },
  };
}

test('[GR1] what the swarm counts goes into a receipt, and its standing comes back to the swarm', () => {
  const s = stage();
  s.set(ann, 3 * MIB);
  s.set(bob, 0, MIB);
  s.after(1);
  expect(s.bodies).toEqual([{ kind: 'receipt', givers: [[ann, 3 * MIB]] }]);
  expect(s.events).toEqual([{ type: 'standing', peer: ann, standing: 1 }]);
});

test('[GR1] the last counts of a neighbour that leaves are kept', () => {
  const s = stage();
  s.after(1);
  s.set(bob, 2 * MIB);
  s.receipts.left(bob);
  s.forget(bob);
  s.after(1);
  expect(s.bodies).toEqual([{ kind: 'receipt', givers: [[bob, 2 * MIB]] }]);
});

test('[GR2] a download that ends is worth a receipt, a piece in its middle is not', () => {
  const s = stage();
  s.set(ann, 1000);
  s.receipts.verified(offer);
  s.after(1);
  expect(s.bodies).toEqual([]);
  s.complete();
  s.receipts.verified(offer);
  s.after(1);
  expect(s.bodies).toHaveLength(1);
});
