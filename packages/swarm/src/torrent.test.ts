import { Bitfield, geometryOf } from '@shoal/protocol';
import { expect, test, vi } from 'vitest';
import { limitsWith } from './limits.ts';
import { Neighbour } from './neighbour.ts';
import { PieceBuckets } from './piece-buckets.ts';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';
import { seededRandom } from './sim/random.ts';
import { Torrent } from './torrent.ts';

test('[SW9] what a neighbour has, said again a thousand times, costs nothing, and a change costs what differs', () => {
  const solo = new Solo();
  solo.offer([25_600 * 64]);
  const bits = new Bitfield(25_600);
  bits.setRange(0, 20_000);
  solo.seeder('ann').join('bob').tell('bob', { type: 'bitfield', offer: OFFER, bits: bits.toBytes() });
  const moved = vi.spyOn(PieceBuckets.prototype, 'moved');
  const made = vi.spyOn(Bitfield, 'full');
  try {
    for (let time = 0; time < 1000; time += 1) {
      solo.tell('ann', { type: 'have-all', offer: OFFER });
      solo.tell('bob', { type: 'bitfield', offer: OFFER, bits: bits.toBytes() });
    }
    expect(moved).not.toHaveBeenCalled();
    expect(made).not.toHaveBeenCalled();
    bits.clear(7);
    bits.set(25_599);
    solo.tell('bob', { type: 'bitfield', offer: OFFER, bits: bits.toBytes() });
    expect(new Set(moved.mock.calls.map(([piece]) => piece))).toEqual(new Set([7, 25_599]));
    expect(solo.swarm.piecesAt(peerNamed('bob'), OFFER)).toBe(20_000);
  } finally {
    moved.mockRestore();
    made.mockRestore();
  }
});

test('[SW8] [PK8] a piece verified outside of its file’s window counts as verified of what is wanted', () => {
  const solo = new Solo();
  solo.offer([64 * 4, 64], { want: false });
  const want = (first: number, end: number) =>
    solo.receive({
      type: 'wanted',
      offer: OFFER,
      files: new Map([[0, 0]]),
      windows: new Map([[0, { first, end }]]),
    });
  want(0, 4);
  // The window moves on while piece 0 is being judged.
  want(1, 4);
  solo.receive({ type: 'pieces-verified', offer: OFFER, pieces: [0, 1, 4] });
  expect(solo.swarm.offerStats(OFFER)?.wantedVerifiedBytes).toBe(2 * 65536);
  solo.receive({ type: 'piece-lost', offer: OFFER, piece: 0 });
  expect(solo.swarm.offerStats(OFFER)?.wantedVerifiedBytes).toBe(65536);
});

test('[SW11] an offer costs at most 3 bytes a piece before anything of it is wanted', () => {
  const pieces = 2 ** 20;
  const geometry = geometryOf(65536, [{ path: 'a', size: pieces * 65536 }]);
  const none = new Bitfield(pieces);
  const made: Torrent[] = [];
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 8; at += 1) {
    const torrent = new Torrent(OFFER, geometry, { have: none, hashed: none }, 4, 0);
    torrent.setWanted(new Map());
    torrent.learnHashes(0, 100);
    torrent.setHashPending(100, 100, true);
    made.push(torrent);
  }
  const used = process.memoryUsage().arrayBuffers - before;
  expect(used / (pieces * made.length)).toBeLessThan(3);
});

test('[SW9] however often a neighbour says anew what it has, the counts are those of its last word', () => {
  const random = seededRandom(5);
  const some = (): Bitfield => {
    const bits = new Bitfield(50);
    for (let piece = 0; piece < 50; piece += 1) if (random() < 0.4) bits.set(piece);
    return bits;
  };
  const geometry = geometryOf(65536, [{ path: 'a', size: 50 * 65536 }]);
  const known = { have: some(), hashed: some() };
  const ann = new Neighbour(peerNamed('ann'), 0, 0, limitsWith());
  const made = (): Torrent => {
    const torrent = new Torrent(OFFER, geometry, known, 4, 0);
    torrent.setWanted(new Map([[0, 0]]), new Map([[0, { first: 3, end: 44 }]]));
    return torrent;
  };
  const torrent = made();
  for (let time = 0; time < 50; time += 1) {
    const bits = some();
    const anew = made();
    expect(torrent.join(ann, bits)).toEqual(anew.join(ann, bits.clone()));
    expect(torrent.availability).toEqual(anew.availability);
    expect(torrent.holders.get(ann)?.bits.toBytes()).toEqual(bits.toBytes());
  }
});
