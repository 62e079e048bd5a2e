import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const KIB = 1024;
const BLOCK = 16 * KIB;

describe('requests', () => {
  test('[RQ1] asks for the window and no more, and only when unchoked', () => {
    const solo = new Solo();
    solo.offer([1024]);
    solo.join('ann').tell('ann', { type: 'have-all', offer: OFFER });
    expect(solo.asked('ann')).toEqual([]);
    solo.tell('ann', { type: 'unchoke' });
    expect(solo.asked('ann')).toHaveLength(2);
    expect(solo.swarm.peerStats(peerNamed('ann'))).toMatchObject({
      outstandingBytes: 32 * KIB,
      windowBytes: 32 * KIB,
    });
  });

  test('[RQ1] a block makes room for the next', () => {
    const solo = new Solo({ windowMaxBytes: 32 * KIB });
    solo.offer([1024]);
    solo.seeder('ann');
    solo.block('ann', 0, BLOCK);
    expect(solo.of('write')).toMatchObject([{ begin: 0, length: BLOCK, peer: peerNamed('ann') }]);
    expect(solo.asked('ann', solo.effects)).toHaveLength(1);
  });

  test.each([
    [['ann'], 48],
    [['ann', 'bob', 'cid'], 16],
  ])('[WN9] at %j, however late blocks come, %d KiB stay outstanding each', (names, kib) => {
    const solo = new Solo();
    solo.offer([8192]);
    const answered = new Map<string, number>();
    for (const name of names) solo.seeder(name);
    // Four times as late as the first.
    for (let round = 0; round < 40; round += 1) {
      solo.now += round === 0 ? 50 : 200;
      for (const name of names)
        for (const [id, , , length] of solo.asked(name).slice(answered.get(name) ?? 0)) {
          answered.set(name, id + 1);
          solo.block(name, id, length);
        }
    }
    for (const name of names) expect(solo.swarm.peerStats(peerNamed(name))?.windowBytes).toBe(kib * KIB);
  });

  test.each([
    ['an eighth', 30, [0, 0, 0, 1]],
    ['on a short path half', 2, [...Array<number>(15).fill(0), 1]],
    ['on a long path a block', 90, [1, 1]],
  ])('[RQ2] waits until %s of the window is free', (_, rtt, expected) => {
    const solo = new Solo({
      windowInitialBytes: 512 * KIB,
      windowMaxBytes: 512 * KIB,
      maxBlockBytes: 16 * KIB,
    });
    solo.offer([4096]);
    solo.seeder('ann');
    expect(solo.asked('ann')).toHaveLength(32);
    solo.now += rtt;
    const batches = expected.map((_, id) => solo.block('ann', id, BLOCK).sent('request').length);
    expect(batches).toEqual(expected);
    expect(solo.asked('ann')).toHaveLength(32 + expected.length);
  });

  test('[RQ3] larger windows ask for larger blocks', () => {
    const solo = new Solo({ windowInitialBytes: 2048 * KIB });
    solo.offer([8192], { pieceLength: 256 * KIB });
    solo.seeder('ann');
    const first = solo.asked('ann');
    expect(Math.max(...first.map(([, , , length]) => length))).toBe(32 * KIB);
    solo.now += 30;
    for (const [id, , , length] of first) solo.block('ann', id, length);
    expect(Math.max(...solo.asked('ann').map(([, , , length]) => length))).toBe(128 * KIB);
  });

  test.each([
    [30, 4, 32],
    [30, 20, 16],
    [2, 1, 128],
    [2, 60, 16],
    [30, 4, 128, [1]],
    // Another connection carries the link, and nothing is known of its path.
    [30, 4, 32, [1, undefined]],
    // Sixteen connections share the window.
    [30, 4, 16, [], 16],
  ])(
    '[RQ3] %i ms away, a block each %i ms, a window of 256 KiB: blocks of %i KiB',
    (rtt, gap, expected, told: (number | undefined)[] = [], connections = 1) => {
      const bytes = 256 * KIB;
      const solo = new Solo({ windowInitialBytes: bytes, windowMinBytes: bytes, windowMaxBytes: bytes });
      solo.offer([8192], { pieceLength: 256 * KIB });
      solo.seeder('ann');
      // What the transport measured tells a short path on which a CPU delays each block.
      for (const ms of told) solo.receive({ type: 'round-trip', peer: peerNamed('ann'), ms });
      solo.receive({ type: 'lanes', peer: peerNamed('ann'), connections });
      solo.now += rtt - gap;
      for (let id = 0; id < 60; id += 1) {
        solo.now += gap;
        solo.block('ann', id, solo.asked('ann')[id]?.[3] ?? 0);
      }
      expect(solo.asked('ann').at(-1)?.[3]).toBe(expected * KIB);
    },
  );

  test.each([
    [1, 30, 16],
    [4, 30, 4],
    // Nothing has shown how much the path holds: slow start.
    [4, 0, 16],
  ])(
    '[RQ3] %i connections, blocks that come %i ms late, a window of 48 KiB: blocks of %i KiB',
    (connections, late, expected) => {
      const bytes = 48 * KIB;
      const solo = new Solo({ windowInitialBytes: bytes, windowMinBytes: bytes, windowMaxBytes: bytes });
      solo.offer([8192]);
      solo.seeder('ann');
      solo.receive({ type: 'lanes', peer: peerNamed('ann'), connections });
      const due = new Map<number, number>();
      for (let id = 0; id < 200; id += 1) {
        for (const [asked] of solo.asked('ann').slice(due.size)) due.set(asked, solo.now + 50);
        solo.now = Math.max(solo.now, (due.get(id) ?? 0) + (id < 4 ? 0 : late));
        solo.block('ann', id, solo.asked('ann')[id]?.[3] ?? 0);
      }
      expect(solo.asked('ann').at(-1)?.[3]).toBe(expected * KIB);
    },
  );

  test('[RQ1] small files do not exceed the neighbour’s bound on requests', () => {
    const solo = new Solo({ windowInitialBytes: 1024 * KIB, maxRequests: 20 });
    solo.offer(Array.from({ length: 100 }, () => 4));
    solo.seeder('ann');
    expect(solo.asked('ann')).toHaveLength(20);
    solo.block('ann', 0, 4 * KIB).block('ann', 1, 4 * KIB);
    for (let id = 2; id < 20; id += 1) solo.block('ann', id, 4 * KIB);
    expect(solo.asked('ann').length).toBeGreaterThan(30);
  });

  test('[WN6] a window does not grow while the number of requests is the bound', () => {
    const grown = [8, 1024].map(maxRequests => {
      const solo = new Solo({ maxRequests });
      solo.offer(Array.from({ length: 2000 }, () => 1));
      solo.seeder('ann');
      for (let id = 0; id < 1000; id += 1) {
        if (id % 8 === 0) solo.now += 5;
        solo.block('ann', id, KIB);
      }
      return (solo.swarm.peerStats(peerNamed('ann'))?.windowBytes ?? 0) / KIB;
    });
    expect(grown[0]).toBe(32);
    expect(grown[1]).toBeGreaterThan(64);
  });

  test('[WN8] a window long unused is sought anew', () => {
    const solo = new Solo();
    solo.offer([64 * 100]);
    solo.seeder('ann');
    for (let at = 0; at < 40; at += 1) {
      solo.now += 5;
      solo.block('ann', at, solo.asked('ann')[at]?.[3] ?? 0);
    }
    const grown = solo.swarm.peerStats(peerNamed('ann'))?.windowBytes ?? 0;
    expect(grown).toBeGreaterThan(64 * KIB);
    solo.want(new Map());
    solo.now += 20_000;
    solo.want(new Map([[0, 0]]));
    expect(solo.swarm.peerStats(peerNamed('ann'))?.outstandingBytes).toBe(32 * KIB);
  });

  test('[RQ6] a block nobody asked for, or one of the wrong length, ends the link', () => {
    const invented = new Solo();
    invented.offer([64]);
    invented.seeder('ann');
    expect(invented.block('ann', 99, BLOCK).drops).toEqual(['unsolicited-block']);
    const twice = new Solo({ windowMaxBytes: 32 * KIB });
    twice.offer([1024]);
    twice.seeder('ann').block('ann', 0, BLOCK);
    expect(twice.block('ann', 0, BLOCK).drops).toEqual(['unsolicited-block']);
    const short = new Solo();
    short.offer([64]);
    short.seeder('ann');
    expect(short.block('ann', 0, BLOCK - 1).drops).toEqual(['bad-block-length']);
    expect(short.of('write')).toEqual([]);
  });

  test('[RQ4] [RQ5] a silent neighbour is snubbed, its blocks go to others, a late one is ignored', () => {
    const solo = new Solo();
    solo.offer([32]);
    solo.seeder('ann');
    expect(solo.asked('ann')).toHaveLength(2);
    solo.seeder('bob');
    expect(solo.asked('bob')).toEqual([]);
    solo.tick(9_000);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.snubbed).toBe(false);
    // Before that the endgame may have asked bob for a second copy: then it is his already.
    solo.tick(2_000);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.snubbed).toBe(true);
    expect(
      solo
        .asked('bob')
        .map(([, piece, begin]) => [piece, begin])
        .sort(),
    ).toEqual([
      [0, 0],
      [0, BLOCK],
    ]);
    solo.block('bob', 0, BLOCK);
    expect(solo.of('write')).toHaveLength(1);
    const late = solo.asked('ann').find(([, , begin]) => begin === solo.of('write')[0]?.begin);
    solo.block('ann', late?.[0] ?? 0, BLOCK);
    expect(solo.of('ignore')).toHaveLength(1);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.snubbed).toBe(false);
  });

  test('[RQ4] patience with a silent neighbour ends after 60 s, however long it has made its round trips', () => {
    const solo = new Solo();
    solo.offer([1024]);
    solo.seeder('ann').tick(9_000).block('ann', 0, BLOCK);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.rttMs).toBe(9_000);
    solo.tick(59_000);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.snubbed).toBe(false);
    solo.tick(2_000);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.snubbed).toBe(true);
  });

  test('[RQ4] the only neighbour, snubbed, is asked for one block and recovers', () => {
    const solo = new Solo();
    solo.offer([1024]);
    solo.seeder('ann').tick(11_000);
    const again = solo.asked('ann', solo.effects);
    expect(again).toHaveLength(1);
    solo.block('ann', again[0]?.[0] ?? 0, BLOCK);
    expect(solo.of('write')).toHaveLength(1);
    expect(solo.asked('ann', solo.effects).length).toBeGreaterThan(1);
  });

  test('[RQ5] a late block that is still needed is written', () => {
    const solo = new Solo();
    solo.offer([1024]);
    solo.seeder('ann').tick(11_000);
    const [retried] = solo.asked('ann', solo.effects);
    const open = solo.asked('ann').find(([id, , begin]) => id < 2 && begin !== retried?.[2]);
    solo.block('ann', open?.[0] ?? 0, BLOCK);
    expect(solo.of('write')).toHaveLength(1);
  });

  test('[RQ7] a rejected block goes elsewhere, and not for 5 s to a neighbour that has others to give', () => {
    const solo = new Solo({ windowMaxBytes: 32 * KIB });
    // Two pieces for Ann, of which Bob has one.
    solo.offer([64, 64]);
    solo.seeder('ann');
    const refused = solo.asked('ann')[0]?.[1] ?? -1;
    solo.tell('ann', { type: 'reject', ids: [0, 1] });
    const piecesAsked = (name: string): number[] => solo.asked(name, solo.effects).map(([, piece]) => piece);
    expect(piecesAsked('ann')).toEqual([1 - refused, 1 - refused]);
    solo.partial('bob', [refused]);
    expect(piecesAsked('bob')).toEqual([refused, refused]);
    solo.tell('bob', { type: 'choke' }).tick(4_000);
    solo.block('ann', 2, BLOCK);
    expect(piecesAsked('ann')).toEqual([1 - refused]);
    solo.tick(1_500).block('ann', 3, BLOCK);
    solo.block('ann', 4, BLOCK).block('ann', 5, BLOCK);
    expect(piecesAsked('ann')).toContain(refused);
  });

  test('[RQ7] a neighbour with nothing else to give is tried with each tick, and asked for all when it gives', () => {
    const solo = new Solo({ windowInitialBytes: 512 * KIB });
    solo.offer(Array<number>(6).fill(16));
    solo.seeder('ann');
    expect(solo.asked('ann')).toHaveLength(6);
    solo.tell('ann', { type: 'reject', ids: [0, 1, 2, 3, 4, 5] });
    expect(solo.asked('ann', solo.effects)).toEqual([]);
    for (const id of [6, 7]) {
      expect(solo.tick().asked('ann', solo.effects)).toHaveLength(1);
      // One at a time, however long the answer takes.
      expect(solo.tick().asked('ann', solo.effects)).toEqual([]);
      solo.tell('ann', { type: 'reject', ids: [id] });
      expect(solo.asked('ann', solo.effects)).toEqual([]);
    }
    solo.tick().block('ann', 8, BLOCK);
    expect(solo.asked('ann', solo.effects)).toHaveLength(5);
  });

  test('[RQ7] who chokes us is not tried, and has forgiven nothing when it unchokes', () => {
    const solo = new Solo();
    solo.offer([16, 16]);
    solo
      .seeder('ann')
      .tell('ann', { type: 'reject', ids: [0, 1] })
      .tell('ann', { type: 'choke' });
    solo.tick().tick().tell('ann', { type: 'unchoke' });
    expect(solo.asked('ann')).toHaveLength(2);
    expect(solo.tick().asked('ann', solo.effects)).toHaveLength(1);
  });

  test('[RQ8] what a neighbour leaves behind is gone on with by others', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann').block('ann', 0, BLOCK);
    solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') });
    solo.seeder('bob');
    for (let at = 0; at < solo.asked('bob').length; at += 1) solo.block('bob', at, BLOCK);
    const begins = solo.of('write', solo.all).map(write => write.begin / BLOCK);
    expect(begins.sort()).toEqual([0, 1, 2, 3]);
  });

  test('[RQ8] a choke gives back what was begun', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo
      .seeder('ann')
      .tell('ann', { type: 'choke' })
      .tell('ann', { type: 'reject', ids: [0, 1] });
    solo.seeder('bob');
    expect(solo.asked('bob').map(([, , begin]) => begin)).toEqual([0, BLOCK]);
    solo.tell('ann', { type: 'unchoke' });
    expect(solo.asked('ann', solo.effects)).toHaveLength(2);
  });

  test('[RQ1] [SW1] the whole of an offer is written exactly once', () => {
    const solo = new Solo({}, 7);
    const geometry = solo.offer([300, 1, 64, 700]);
    solo.seeder('ann').seeder('bob').seeder('eve');
    const answered = new Set<string>();
    for (let progress = true; progress;) {
      progress = false;
      for (const name of ['ann', 'bob', 'eve'])
        for (const [id, , , length] of solo.asked(name)) {
          if (answered.has(`${name}${id}`)) continue;
          answered.add(`${name}${id}`);
          solo.now += 1;
          solo.block(name, id, length);
          progress = true;
        }
    }
    const written = solo.of('write', solo.all);
    expect(written.reduce((sum, write) => sum + write.length, 0)).toBe(geometry.totalBytes);
    expect(new Set(written.map(write => `${write.piece}:${write.begin}`)).size).toBe(written.length);
  });
});

describe('endgame', () => {
  /** Fast has given its blocks in 10 ms each and has nothing left; slow needs seconds for each and owes one. */
  function slowAndFast(): Solo {
    const solo = new Solo({ windowInitialBytes: 16 * KIB, windowMaxBytes: 16 * KIB });
    solo.offer([16, 16, 16, 16]);
    solo.partial('slow', [0, 1]).partial('fast', [2, 3]);
    for (const id of [0, 1]) {
      solo.now += 10;
      solo.block('fast', id, BLOCK);
    }
    solo.now += 2000;
    solo.block('slow', 0, BLOCK);
    return solo.tell('fast', { type: 'have', offer: OFFER, pieces: [0, 1] });
  }

  test('[EG1] the last block of a slow neighbour is asked of a fast one', () => {
    const solo = slowAndFast();
    solo.tick();
    expect(solo.asked('fast')).toHaveLength(3);
    const double = solo.asked('fast').at(-1);
    expect(double?.[1]).toBe(solo.asked('slow').at(-1)?.[1]);
  });

  test('[EG1] not while there is a piece that nobody was asked for', () => {
    const solo = slowAndFast();
    // A piece that only a choking neighbour has: begun by nobody, so these are not the last blocks.
    solo.want(new Map([0, 1, 2, 3].map(file => [file, 0])));
    const more = new Solo({ windowInitialBytes: 16 * KIB, windowMaxBytes: 16 * KIB });
    more.offer([16, 16, 16, 16, 16]);
    more.join('mute').tell('mute', { type: 'have', offer: OFFER, pieces: [4] });
    more.partial('slow', [0, 1]).partial('fast', [2, 3]);
    for (const id of [0, 1]) {
      more.now += 10;
      more.block('fast', id, BLOCK);
    }
    more.now += 2000;
    more.block('slow', 0, BLOCK);
    more.tell('fast', { type: 'have', offer: OFFER, pieces: [0, 1] }).tick();
    expect(more.asked('fast')).toHaveLength(2);
    expect(solo.tick().asked('fast')).toHaveLength(3);
  });

  test('[EG2] when one copy comes the other is cancelled, and a third is never asked for', () => {
    const solo = slowAndFast();
    solo.tick().seeder('third').tick();
    expect(solo.asked('third')).toEqual([]);
    const double = solo.asked('fast').at(-1);
    solo.block('fast', double?.[0] ?? 0, BLOCK);
    expect(solo.of('write')).toHaveLength(1);
    expect(solo.sent('cancel', 'slow')).toEqual([{ type: 'cancel', ids: [1] }]);
    expect(solo.block('slow', 1, BLOCK).effects).toEqual([{ type: 'ignore' }]);
  });
});
