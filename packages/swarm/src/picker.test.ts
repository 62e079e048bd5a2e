import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const KIB = 1024;
const BLOCK = 16 * KIB;

describe('picker', () => {
  test('[PK1] a begun piece is finished before another is begun', () => {
    const solo = new Solo({ windowMaxBytes: 32 * KIB });
    solo.offer([64 * 20]);
    solo.seeder('ann').block('ann', 0, BLOCK).block('ann', 1, BLOCK);
    const pieces = solo.asked('ann').map(([, piece]) => piece);
    expect(pieces).toHaveLength(4);
    expect(new Set(pieces).size).toBe(1);
  });

  test('[PK1] a piece left by its helper goes before a new one', () => {
    const solo = new Solo({ windowMaxBytes: 32 * KIB });
    solo.offer([64 * 50]);
    solo.seeder('ann').block('ann', 0, BLOCK);
    const begun = solo.of('write')[0]?.piece;
    solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') }).seeder('bob');
    expect(solo.asked('bob')[0]?.[1]).toBe(begun);
  });

  test('[PK1] neighbours begin different pieces, and share one when there is no other', () => {
    const solo = new Solo();
    solo.offer([64, 64]);
    solo.seeder('ann').seeder('bob');
    expect(solo.asked('ann')[0]?.[1]).not.toBe(solo.asked('bob')[0]?.[1]);
    const one = new Solo();
    one.offer([64]);
    one.seeder('ann').seeder('bob');
    const begins = [...one.asked('ann'), ...one.asked('bob')].map(([, , begin]) => begin / BLOCK);
    expect(begins.sort()).toEqual([0, 1, 2, 3]);
  });

  test('[PK2] the rarest first', () => {
    const solo = new Solo({ windowMaxBytes: 32 * KIB });
    solo.offer([32, 32, 32, 32], { have: [0] });
    solo.join('bob').tell('bob', { type: 'have', offer: OFFER, pieces: [1, 3] });
    solo.seeder('ann');
    expect(new Set(solo.asked('ann').map(([, piece]) => piece))).toEqual(new Set([2]));
  });

  test('[PK2] the highest priority before the rarest', () => {
    const solo = new Solo({ windowInitialBytes: 64 * KIB, windowMaxBytes: 64 * KIB });
    solo.offer([32, 32, 32], { have: [], want: false });
    solo.join('bob').tell('bob', { type: 'have', offer: OFFER, pieces: [1] });
    solo.want(
      new Map([
        [0, 1],
        [1, 9],
        [2, 5],
      ]),
    );
    solo.seeder('ann');
    expect(solo.asked('ann').map(([, piece]) => piece)).toEqual([1, 1, 2, 2]);
  });

  test('[PK7] a neighbour is asked for an extent in the order of the file', () => {
    const solo = new Solo({ windowInitialBytes: 128 * KIB, windowMaxBytes: 128 * KIB });
    // 512 pieces of 64 KiB: extents of 8 pieces.
    solo.offer([64 * 512]);
    solo.seeder('ann');
    for (let block = 0; block < 64; block += 1) solo.block('ann', block, BLOCK);
    const begun = [...new Set(solo.asked('ann').map(([, piece]) => piece))];
    const inOrder = begun.filter((piece, at) => piece === (begun[at - 1] ?? -9) + 1).length;
    const extents = new Set(begun.map(piece => Math.floor(piece / 8))).size;
    // Every step is in order but the jump from one extent to the next, and the random first piece may lie inside one.
    expect(begun.length - inOrder).toBe(extents);
    expect(extents).toBeLessThanOrEqual(4);
  });

  test.each([
    ['follow each other while nobody else is there', [], true],
    ['are shared out as soon as somebody is', ['bob'], false],
  ])('[PK7] extents %s', (_, others, inOrder) => {
    const solo = new Solo({ windowInitialBytes: 128 * KIB, windowMaxBytes: 128 * KIB });
    solo.offer([64 * 512]);
    for (const other of others) solo.join(other);
    solo.seeder('ann');
    for (let id = 0; id < 120; id += 1) solo.block('ann', id, solo.asked('ann')[id]?.[3] ?? 0);
    const begun = [...new Set(solo.asked('ann').map(([, piece]) => piece))];
    const jumps = begun.filter((piece, at) => at > 0 && piece !== (begun[at - 1] ?? 0) + 1).length;
    expect(new Set(begun.map(piece => Math.floor(piece / 8))).size).toBeGreaterThan(2);
    expect(jumps === 0).toBe(inOrder);
  });

  test('[PK3] the first piece is a random one', () => {
    const firsts = Array.from({ length: 20 }, (_, seed) => {
      const solo = new Solo({}, seed);
      solo.offer([64 * 50]);
      solo
        .join('bob')
        .tell('bob', { type: 'have', offer: OFFER, pieces: Array.from({ length: 49 }, (_v, i) => i) });
      return solo.seeder('ann').asked('ann')[0]?.[1];
    });
    expect(new Set(firsts).size).toBeGreaterThan(8);
  });

  test('[PK5] begun pieces are bounded; beyond, neighbours share', () => {
    const solo = new Solo({
      windowInitialBytes: 16 * KIB,
      windowMaxBytes: 16 * KIB,
      maxProgressBytes: 128 * KIB,
    });
    solo.offer([64 * 10]);
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) solo.seeder(name);
    const pieces = names.map(name => solo.asked(name)[0]?.[1]);
    expect(pieces.every(piece => piece !== undefined)).toBe(true);
    expect(new Set(pieces).size).toBe(2);
  });

  /** Eve began all that may be begun, gave 2, 3, 1 and 3 blocks of the pieces, and serves us no more. */
  function leftBegun(): Solo {
    const solo = new Solo({
      windowInitialBytes: 64 * KIB,
      windowMaxBytes: 64 * KIB,
      maxBlockBytes: BLOCK,
      maxProgressBytes: 256 * KIB,
    });
    solo.offer([64 * 8]);
    solo.partial('eve', [0, 1, 2, 3]);
    const come = [2, 3, 1, 3];
    for (let id = 0; id < 16; id += 1) {
      const piece = solo.asked('eve')[id]?.[1] ?? 0;
      if ((come[piece] ?? 0) > 0) solo.block('eve', id, BLOCK);
      else solo.tell('eve', { type: 'reject', ids: [id] });
      come[piece] = (come[piece] ?? 0) - 1;
    }
    return solo.tell('eve', { type: 'choke' });
  }

  test('[PK5] a begun piece that nobody can go on with makes way: the one of which least has come, and no more than helps', () => {
    const solo = leftBegun();
    solo.partial('bob', [6]);
    expect(solo.of('discard', solo.all)).toEqual([{ type: 'discard', offer: OFFER, piece: 2 }]);
    expect(solo.asked('bob').map(([, piece]) => piece)).toEqual([6, 6, 6, 6]);
    // It is begun anew like any other.
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 6 });
    solo.tell('bob', { type: 'have', offer: OFFER, pieces: [2] });
    expect(solo.asked('bob', solo.effects).map(([, piece, begin]) => [piece, begin])).toContainEqual([2, 0]);
  });

  test('[PK5] it does not while somebody serves us who has it', () => {
    const solo = leftBegun();
    solo.partial('cid', [0, 1, 2, 3]).partial('bob', [6]).tick();
    expect(solo.of('discard', solo.all)).toEqual([]);
    expect(solo.asked('bob')).toEqual([]);
    solo.tell('cid', { type: 'choke' });
    expect(solo.asked('bob')).toHaveLength(4);
  });

  test('[PK5] it does not where that is of no use: everything is refused, or it is too small to make room', () => {
    const refused = leftBegun();
    refused
      .partial('bob', [6])
      .tell('bob', { type: 'reject', ids: [0, 1, 2, 3] })
      .partial('cid', [7]);
    refused.tell('bob', { type: 'have', offer: OFFER, pieces: [6] });
    expect(refused.of('discard', refused.all)).toHaveLength(1);
    const small = new Solo({
      windowInitialBytes: 64 * KIB,
      windowMaxBytes: 64 * KIB,
      maxProgressBytes: 128 * KIB,
    });
    small.offer([32, 64, 64, 64]);
    small.partial('eve', [0]).block('eve', 0, BLOCK);
    small.tell('eve', { type: 'choke' }).tell('eve', { type: 'reject', ids: [1] });
    small.partial('ann', [1]).partial('bob', [2]).partial('cid', [3]);
    expect(small.asked('cid')).toEqual([]);
    expect(small.of('discard', small.all)).toEqual([]);
  });

  test('[PK6] a pause cancels, a resume goes on with what has come', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann').block('ann', 0, BLOCK);
    const got = solo.of('write')[0]?.begin;
    solo.want(new Map());
    expect(solo.sent('cancel', 'ann')).toHaveLength(1);
    expect(solo.block('ann', 1, BLOCK).effects).toEqual([{ type: 'ignore' }]);
    expect(solo.tick().sent('request')).toEqual([]);
    solo.want(new Map([[0, 0]]));
    for (let step = 0; step < 4; step += 1)
      for (const [id, , , length] of solo.asked('ann', solo.effects)) solo.block('ann', id, length);
    const begins = solo.of('write', solo.all).map(write => write.begin);
    expect(begins.filter(begin => begin === got)).toHaveLength(1);
    expect(begins).toHaveLength(4);
  });

  test('[PK6] of paused pieces a quarter of what may be begun is kept, and the store forgets the rest', () => {
    const solo = new Solo({ windowInitialBytes: 512 * KIB, windowMaxBytes: 512 * KIB, maxBlockBytes: BLOCK });
    const limited = new Solo({
      windowInitialBytes: 512 * KIB,
      windowMaxBytes: 512 * KIB,
      maxBlockBytes: BLOCK,
      maxProgressBytes: 512 * KIB,
    });
    const dropped = [solo, limited].map(it => {
      it.offer([1024]);
      it.seeder('ann');
      const first = new Map(it.asked('ann').map(([id, piece, , length]) => [piece, { id, length }]));
      expect(first.size).toBe(8);
      for (const { id, length } of first.values()) it.block('ann', id, length);
      return new Set(
        it
          .want(new Map())
          .of('discard')
          .map(({ piece }) => piece),
      ).size;
    });
    expect(dropped).toEqual([0, 6]);
  });

  test('[PK5] [PK6] a paused file does not keep another from being begun', () => {
    const solo = new Solo({
      windowInitialBytes: 1024 * KIB,
      windowMaxBytes: 1024 * KIB,
      maxBlockBytes: BLOCK,
      maxProgressBytes: 256 * KIB,
    });
    solo.offer([1024, 1024], { want: false });
    solo.seeder('ann').want(new Map([[0, 0]]));
    expect(solo.asked('ann')).toHaveLength(16);
    solo.want(new Map());
    expect(solo.of('discard')).toEqual([]);
    solo.want(new Map([[1, 0]]));
    expect(solo.asked('ann', solo.effects)).toHaveLength(16);
  });

  test('[PK8] outside of its window nothing of a file is asked for, and it follows the window', () => {
    const solo = new Solo();
    solo.offer([64 * 2, 64 * 20], { want: false });
    solo.seeder('ann');
    const files = new Map([
      [0, 0],
      [1, 0],
    ]);
    const pieces = (): number[] => {
      const all = new Set<number>();
      for (let asked = solo.asked('ann', solo.effects); asked.length > 0;) {
        const next = asked.flatMap(([id, piece, , length]) => {
          all.add(piece);
          solo.block('ann', id, length);
          return solo.asked('ann', solo.effects);
        });
        asked = next;
      }
      return [...all].sort((a, b) => a - b);
    };
    solo.receive({ type: 'wanted', offer: OFFER, files, windows: new Map([[1, { first: 2, end: 6 }]]) });
    expect(pieces()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(solo.swarm.offerStats(OFFER)).toMatchObject({ wantedBytes: 64 * 22 * KIB });
    for (const piece of [0, 1, 2, 3, 4, 5]) solo.receive({ type: 'piece-verified', offer: OFFER, piece });
    expect(solo.sent('not-interested', 'ann')).toHaveLength(1);
    solo.receive({ type: 'wanted', offer: OFFER, files, windows: new Map([[1, { first: 4, end: 8 }]]) });
    expect(pieces()).toEqual([6, 7]);
  });

  test('[PK6] files not wanted are not asked for', () => {
    const solo = new Solo();
    solo.offer([32, 32, 32], { want: false });
    solo.seeder('ann').want(new Map([[1, 0]]));
    expect(new Set(solo.asked('ann').map(([, piece]) => piece))).toEqual(new Set([1]));
  });
});
