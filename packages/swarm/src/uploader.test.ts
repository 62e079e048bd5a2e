import type { OfferId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { OFFER, Solo, offerNamed, peerNamed } from './sim/solo.ts';

const KIB = 1024;
const BLOCK = 16 * KIB;

type Block = [number, number, number, number];

function serving(limits = {}): Solo {
  const solo = new Solo(limits);
  solo.offer([100, 64 * 40], { have: Array.from({ length: 42 }, (_, piece) => piece) });
  return solo.join('ann').tell('ann', { type: 'interested' });
}

function ask(solo: Solo, name: string, blocks: Block[], offer: OfferId = OFFER): Solo {
  return solo.tell(name, { type: 'request', offer, blocks });
}

const reads = (solo: Solo): number[] => solo.of('read').map(read => read.request);

describe('serving', () => {
  test('[SV1] [SV2] a request is read and sent, once', () => {
    const solo = ask(serving(), 'ann', [[5, 1, 16384, 20 * KIB]]);
    expect(solo.of('read')).toEqual([
      {
        type: 'read',
        peer: peerNamed('ann'),
        request: 5,
        offer: OFFER,
        piece: 1,
        begin: BLOCK,
        length: 20 * KIB,
      },
    ]);
    expect(solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request: 5 }).effects).toEqual([]);
    expect(solo.swarm.peerStats(peerNamed('ann'))?.upBytes).toBe(20 * KIB);
  });

  test('[SV2] no more is read than the link takes', () => {
    const solo = serving();
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 40 * KIB });
    ask(
      solo,
      'ann',
      [0, 1, 2, 3].map(id => [id, 2, id * BLOCK, BLOCK]),
    );
    expect(reads(solo)).toEqual([0, 1]);
    solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request: 0 });
    expect(reads(solo)).toEqual([]);
    solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request: 1, room: 20 * KIB });
    expect(reads(solo)).toEqual([2]);
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 33 * KIB });
    expect(reads(solo)).toEqual([3]);
  });

  test('[SV2] neighbours take turns when reads are bounded', () => {
    const solo = serving({ maxReadBytes: 4 * BLOCK });
    solo.join('bob').tell('bob', { type: 'interested' });
    // Different pieces: the first copy of one goes to one neighbour only.
    const blocks = (piece: number): Block[] => [0, 1, 2, 3].map(id => [id, piece, id * BLOCK, BLOCK]);
    ask(solo, 'ann', blocks(2));
    ask(solo, 'bob', blocks(4));
    expect(reads(solo)).toEqual([]);
    ask(
      solo,
      'ann',
      [0, 1, 2, 3].map(id => [id + 4, 3, id * BLOCK, BLOCK]),
    );
    const next: string[] = [];
    for (const id of [0, 1, 2, 3]) {
      solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request: id, room: 1e6 });
      next.push(...solo.of('read').map(read => read.peer.slice(0, 3)));
    }
    expect(next.sort()).toEqual(['ann', 'ann', 'bob', 'bob']);
  });

  test('[SV1] cancel: a queued request is rejected, one being read is not', () => {
    const solo = serving();
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: BLOCK });
    ask(solo, 'ann', [
      [0, 2, 0, BLOCK],
      [1, 2, BLOCK, BLOCK],
    ]).tell('ann', { type: 'cancel', ids: [0, 1, 77] });
    expect(solo.sent('reject', 'ann')).toEqual([{ type: 'reject', ids: [1] }]);
    solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request: 0, room: 1e6 });
    expect(reads(solo)).toEqual([]);
  });

  test('[SV1] a failed read is rejected', () => {
    const solo = ask(serving(), 'ann', [[0, 2, 0, BLOCK]]);
    solo.receive({ type: 'read-failed', peer: peerNamed('ann'), request: 0 });
    expect(solo.sent('reject', 'ann')).toEqual([{ type: 'reject', ids: [0] }]);
    expect(solo.receive({ type: 'read-failed', peer: peerNamed('ann'), request: 0 }).effects).toEqual([]);
  });

  const bad: readonly (readonly [string, Block])[] = [
    ['beyond the last piece', [0, 42, 0, BLOCK]],
    ['a negative piece', [0, -1, 0, BLOCK]],
    ['not aligned', [0, 2, 5, BLOCK]],
    ['between two units', [0, 2, 2 * KIB, 4 * KIB]],
    ['over the end of the piece', [0, 2, 48 * KIB, 32 * KIB]],
    ['over the end of a short piece', [0, 1, 32 * KIB, 16 * KIB]],
    ['too long', [0, 2, 0, 144 * KIB]],
    ['empty', [0, 2, 0, 0]],
    ['an odd length within', [0, 2, 0, 1000]],
  ];
  for (const [name, block] of bad)
    test(`[SV3] a request ${name} ends the link`, () => {
      expect(ask(serving(), 'ann', [block]).drops).toEqual(['bad-request']);
    });

  test('[SV3] too many requests and an id in use end the link', () => {
    const many = Array.from({ length: 9 }, (_, id): Block => [id, 2, 0, BLOCK]);
    expect(ask(serving({ maxQueuedRequests: 8 }), 'ann', many).drops).toEqual(['too-many-requests']);
    const twice: Block[] = [
      [1, 2, 0, BLOCK],
      [1, 3, 0, BLOCK],
    ];
    expect(ask(serving(), 'ann', twice).drops).toEqual(['duplicate-request']);
  });

  test('[SV4] rejected: what we lack, offers unknown, and while choking', () => {
    const solo = new Solo();
    solo.offer([128], { have: [0] });
    solo.join('ann').tell('ann', { type: 'interested' });
    expect(ask(solo, 'ann', [[3, 1, 0, BLOCK]]).sent('reject')).toEqual([{ type: 'reject', ids: [3] }]);
    expect(ask(solo, 'ann', [[4, 0, 0, BLOCK]], offerNamed('x')).sent('reject')).toHaveLength(1);
    solo.join('bob');
    expect(ask(solo, 'bob', [[5, 0, 0, BLOCK]]).sent('reject', 'bob')).toEqual([
      { type: 'reject', ids: [5] },
    ]);
  });

  test('[SV5] the queue of a removed offer is rejected', () => {
    const solo = serving();
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 0 });
    ask(solo, 'ann', [[0, 2, 0, BLOCK]]);
    solo.receive({ type: 'offer-removed', offer: OFFER });
    expect(solo.sent('reject', 'ann')).toEqual([{ type: 'reject', ids: [0] }]);
  });
});

describe('choker', () => {
  const names = ['a', 'b', 'c', 'd'];

  function crowd(have: readonly number[], slots = 3): Solo {
    const solo = new Solo({ uploadSlots: slots });
    solo.offer([64 * 1000], { have });
    for (const name of names) solo.partial(name, name === 'c' ? [500, 501, 502, 503, 504, 505] : [999]);
    return solo;
  }
  const unchoked = (solo: Solo): string[] =>
    names.filter(name => solo.swarm.peerStats(peerNamed(name))?.choking === false);

  test('[CH1] all are served at once while there are slots', () => {
    const solo = crowd([0]);
    for (const name of names.slice(0, 3))
      expect(solo.tell(name, { type: 'interested' }).sent('unchoke', name)).toHaveLength(1);
    expect(solo.tell('d', { type: 'interested' }).sent('unchoke')).toEqual([]);
  });

  test('[CH4] a slot that becomes free is given away at once', () => {
    const solo = crowd([0]);
    for (const name of names) solo.tell(name, { type: 'interested' });
    solo.receive({ type: 'neighbour-left', peer: peerNamed('b') });
    expect(solo.sent('unchoke', 'd')).toHaveLength(1);
  });

  test('[CH4] one that wants again what it let go finds its slot taken', () => {
    const solo = crowd([0]);
    for (const name of names) solo.tell(name, { type: 'interested' });
    solo.tell('a', { type: 'not-interested' });
    expect(solo.sent('unchoke', 'd')).toHaveLength(1);
    solo.tell('a', { type: 'interested' });
    expect(names.filter(name => solo.swarm.peerStats(peerNamed(name))?.choking === false)).toHaveLength(3);
  });

  test('[CH2] the best givers are kept, and one by chance, newcomers likelier', () => {
    const solo = crowd([0], 2);
    for (const name of names) solo.tell(name, { type: 'interested' });
    let at = 0;
    const give = (): void => {
      const [id, , , length] = solo.asked('c').at(at) ?? [0, 0, 0, 0];
      at += 1;
      if (length > 0) solo.block('c', id, length);
    };
    for (let step = 0; step < 6; step += 1) {
      give();
      solo.tick(2_500);
    }
    for (let round = 0; round < 6; round += 1) {
      expect(unchoked(solo)).toContain('c');
      give();
      solo.tick(5_000);
      give();
      solo.tick(5_000);
    }
    const seen = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      solo.tick(10_000);
      expect(unchoked(solo)).toHaveLength(2);
      for (const name of unchoked(solo)) seen.add(name);
    }
    expect(seen).toEqual(new Set(names));
  });

  test('[CH3] a full seed serves everyone in turn', () => {
    const solo = new Solo({ uploadSlots: 2 });
    solo.offer([64], { have: [0] });
    for (const name of names) solo.join(name).tell(name, { type: 'interested' });
    const turns = new Map(names.map(name => [name, 0]));
    for (let round = 0; round < 24; round += 1) {
      solo.tick(10_000);
      for (const name of unchoked(solo)) turns.set(name, (turns.get(name) ?? 0) + 1);
    }
    const counts = [...turns.values()];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(48);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(4);
  });

  test('[SV1] [SV4] a choke rejects what is queued', () => {
    const solo = new Solo({ uploadSlots: 1 });
    solo.offer([64], { have: [0] });
    for (const name of ['a', 'b']) solo.join(name).tell(name, { type: 'interested' });
    solo.receive({ type: 'send-room', peer: peerNamed('a'), bytes: 0 });
    ask(solo, 'a', [[9, 0, 0, BLOCK]]);
    for (let round = 0; round < 6 && solo.sent('choke', 'a').length === 0; round += 1) solo.tick(10_000);
    expect(solo.sent('choke', 'a')).toHaveLength(1);
    expect(solo.sent('reject', 'a')).toEqual([{ type: 'reject', ids: [9] }]);
  });
});
