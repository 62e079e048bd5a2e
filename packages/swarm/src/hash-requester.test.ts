import { describe, expect, test } from 'vitest';
import { OFFER, Solo, offerNamed, peerNamed } from './sim/solo.ts';

describe('hashes', () => {
  test('[HR1] [HR2] hashes first, then the pieces', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 100], { hashed: [] });
    solo.seeder('ann');
    expect(solo.asked('ann')).toEqual([]);
    const [run] = solo.sent('hash-request', 'ann', solo.all);
    expect(run?.count).toBe(4);
    expect((run?.first ?? 1) % 4).toBe(0);
    solo.receive({ type: 'hashes-known', offer: OFFER, first: run?.first ?? 0, count: 4 });
    const asked = solo.asked('ann');
    expect(asked).toHaveLength(2);
    for (const [, piece] of asked) expect(Math.floor(piece / 4)).toBe((run?.first ?? 0) / 4);
    expect(solo.sent('hash-request', 'ann')).toMatchObject([{ count: 16 }]);
  });

  test('[HR2] runs grow to the limit and stop when enough is known ahead', () => {
    const solo = new Solo({ hashAheadBytes: 64 * 64 * 1024, hashRunMax: 16, hashRunsPerNeighbour: 1 });
    solo.offer([64 * 1000], { hashed: [] });
    solo.seeder('ann');
    const counts: number[] = [];
    for (let step = 0; step < 20; step += 1) {
      const run = solo.sent('hash-request', 'ann', step === 0 ? solo.all : solo.effects)[0];
      if (run === undefined) break;
      counts.push(run.count);
      solo.receive({ type: 'hashes-known', offer: OFFER, first: run.first, count: run.count });
    }
    expect(Math.max(...counts)).toBe(16);
    expect(counts.length).toBeLessThan(9);
  });

  test('[HR2] large pieces are hashed in small runs', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1, hashAheadBytes: 1e12, hashRunBytes: 64 * 1024 * 1024 });
    solo.offer([4096 * 1000], { hashed: [], pieceLength: 4096 * 1024 });
    solo.join('bob').seeder('ann');
    for (let step = 0; step < 6; step += 1) {
      const run = solo.sent('hash-request', 'ann', solo.all).at(-1);
      solo.receive({ type: 'hashes-known', offer: OFFER, first: run?.first ?? 0, count: run?.count ?? 0 });
    }
    const counts = solo.sent('hash-request', 'ann', solo.all).map(message => message.count);
    expect(counts).toHaveLength(7);
    expect(Math.max(...counts)).toBe(16);
  });

  test('[HR3] a rejected run is asked of another, and of the same after 5 s', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 4], { hashed: [] });
    solo.seeder('ann').tell('ann', { type: 'hash-reject', offer: OFFER, first: 0, count: 4 });
    expect(solo.sent('hash-request')).toEqual([]);
    expect(solo.seeder('bob').sent('hash-request', 'bob', solo.all)).toHaveLength(1);
    solo.tell('bob', { type: 'hash-reject', offer: OFFER, first: 0, count: 4 });
    solo.tick(5_500);
    expect(solo.sent('hash-request')).toHaveLength(1);
  });

  test('[HR3] of a run answered in part and then rejected the rest is asked of another', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 4], { hashed: [] });
    solo.seeder('ann').seeder('bob');
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 1, count: 2 });
    expect(solo.sent('hash-request', 'bob', solo.all)).toEqual([]);
    solo.tell('ann', { type: 'hash-reject', offer: OFFER, first: 0, count: 4 });
    solo.tick();
    expect(solo.sent('hash-request', 'bob')).toHaveLength(1);
    expect(solo.sent('hash-request', 'ann')).toEqual([]);
  });

  test('[HR3] so is one that makes no progress for 10 s', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 4], { hashed: [] });
    solo.seeder('ann').seeder('bob');
    expect(solo.sent('hash-request', 'bob', solo.all)).toEqual([]);
    solo.tick(9_000);
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 0, count: 1 });
    expect(solo.tick(9_000).sent('hash-request')).toEqual([]);
    expect(solo.tick(1_500).sent('hash-request', 'bob')).toHaveLength(1);
  });

  test('[HR3] what is in two runs is asked for until both have ended, and what one of them leaves unanswered is asked of another', () => {
    const solo = new Solo();
    solo.offer([64 * 128], { hashed: [] });
    const pieces = (first: number, end: number): number[] =>
      Array.from({ length: end - first }, (_, at) => first + at);
    const runs = (name: string): string[] =>
      solo.sent('hash-request', name, solo.all).map(({ first, count }) => `${first}+${count}`);
    const known = (first: number, count: number) =>
      solo.receive({ type: 'hashes-known', offer: OFFER, first, count });
    solo.seeder('bob').partial('ann', [64]);
    known(64, 4).tell('ann', { type: 'have', offer: OFFER, pieces: [80] });
    known(80, 16).tell('ann', { type: 'have', offer: OFFER, pieces: pieces(0, 32) });
    expect([runs('bob'), runs('ann')]).toEqual([
      ['0+4', '4+4'],
      ['64+4', '80+16', '0+64'],
    ]);
    // Now alone, ann would be asked in runs of 32; her long one holds what bob was asked for.
    solo.receive({ type: 'neighbour-left', peer: peerNamed('bob') }).tick();
    expect(runs('ann')).toHaveLength(3);
    known(0, 32).tell('ann', { type: 'hash-reject', offer: OFFER, first: 0, count: 64 });
    solo.seeder('cid');
    for (let at = 0; at < 20; at += 1) {
      const run = solo.sent('hash-request', 'cid', solo.all)[at];
      if (run !== undefined) known(run.first, run.count);
    }
    const answered = solo.sent('hash-request', 'cid', solo.all);
    const lacking = pieces(32, 128).filter(
      piece => !answered.some(({ first, count }) => piece >= first && piece < first + count),
    );
    expect(lacking.filter(piece => (piece < 64 || piece > 67) && (piece < 80 || piece > 95))).toEqual([]);
  });

  test('[HR3] a run from the same beginning as a shorter one does not replace it', () => {
    const solo = new Solo();
    solo.offer([64 * 16], { hashed: [] });
    solo.seeder('ann');
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 4, count: 4 });
    const runs = solo.sent('hash-request', 'ann', solo.all).map(({ first, count }) => [first, count]);
    expect(runs).toEqual([
      [0, 4],
      [4, 4],
      [0, 16],
    ]);
    solo.seeder('bob').tell('ann', { type: 'hash-reject', offer: OFFER, first: 0, count: 4 });
    expect(solo.tick().sent('hash-request', 'bob', solo.all)).toEqual([]);
    solo.tell('ann', { type: 'hash-reject', offer: OFFER, first: 0, count: 16 });
    expect(solo.tick().sent('hash-request', 'bob')).toMatchObject([{ first: 0, count: 16 }]);
  });

  test('[HR3] hashes that were known already are no progress', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 8], { hashed: [3] });
    solo.partial('ann', [0]).seeder('bob').tick(6_000);
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 3, count: 1 });
    // All but the first of these are new, and no part of the run that ann is asked for.
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 3, count: 5 });
    expect(solo.tick(5_000).sent('hash-request', 'bob')).toMatchObject([{ first: 0 }]);
  });

  test('[HR3] two neighbours that never answer do not hand a run to each other for ever', () => {
    const solo = new Solo();
    solo.offer([64 * 4], { hashed: [] });
    solo.seeder('eve').seeder('mal').seeder('bob');
    for (let at = 0; at < 200; at += 1) solo.tick();
    expect(solo.sent('hash-request', 'bob', solo.all)).not.toEqual([]);
  });

  test('[HR3] who leaves runs unanswered is asked again later and later, until it answers one', () => {
    const solo = new Solo({ hashRunsPerNeighbour: 1 });
    solo.offer([64 * 4, 64 * 4], { hashed: [], want: false });
    solo.seeder('ann').want(new Map([[0, 0]]));
    const pauses: number[] = [];
    const wait = (): void => {
      // It times out.
      solo.tick(10_001);
      const since = solo.now;
      while (solo.sent('hash-request').length === 0 && solo.now < since + 1_000_000) solo.tick(1000);
      pauses.push((solo.now - since) / 1000);
    };
    for (let run = 0; run < 8; run += 1) wait();
    solo.receive({ type: 'hashes-known', offer: OFFER, first: 0, count: 4 }).want(new Map([[1, 0]]));
    wait();
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 160, 160, 5]);
  });

  test('[HR4] a neighbour is answered by the hash book, rejected, or dropped', () => {
    const solo = new Solo();
    solo.offer([128], { have: [0, 1] });
    solo.join('ann').tell('ann', { type: 'hash-request', offer: OFFER, first: 0, count: 2 });
    expect(solo.of('provide-hashes')).toEqual([
      { type: 'provide-hashes', peer: peerNamed('ann'), offer: OFFER, first: 0, count: 2 },
    ]);
    solo.tell('ann', { type: 'hash-request', offer: offerNamed('other'), first: 0, count: 2 });
    expect(solo.sent('hash-reject', 'ann')).toHaveLength(1);
    solo.tell('ann', { type: 'hash-request', offer: OFFER, first: 1, count: 2 });
    expect(solo.drops).toEqual(['bad-hash-request']);
  });
});
