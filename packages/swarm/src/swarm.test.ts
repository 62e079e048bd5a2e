import { Bitfield, geometryOf } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { SwarmError } from './errors.ts';
import { OFFER, Solo, offerNamed, peerNamed } from './sim/solo.ts';

describe('announcements', () => {
  test('[SW3] a newcomer hears what we have: all, a part, nothing', () => {
    const full = new Solo();
    full.offer([128], { have: [0, 1] });
    expect(full.join('ann').sent('have-all')).toEqual([{ type: 'have-all', offer: OFFER }]);
    const part = new Solo();
    part.offer([128], { have: [1] });
    expect(part.join('ann').sent('bitfield')).toEqual([
      { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0b0100_0000) },
    ]);
    const none = new Solo();
    none.offer([128]);
    expect(none.join('ann').effects).toEqual([]);
  });

  test('[SW3] an offer that is added is told to all', () => {
    const solo = new Solo();
    solo.join('ann').join('bob');
    solo.offer([64], { have: [0], want: false });
    expect(solo.sent('have-all', 'ann')).toHaveLength(1);
    expect(solo.sent('have-all', 'bob')).toHaveLength(1);
  });

  test('[SW3] an offer that is removed can no longer be had from us, nor what is missing when it is added again', () => {
    const solo = new Solo();
    solo.join('ann');
    solo.offer([128], { have: [0, 1], want: false });
    solo.receive({ type: 'offer-removed', offer: OFFER });
    expect(solo.sent('bitfield', 'ann')).toEqual([
      { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0) },
    ]);
    solo.offer([128], { have: [1], want: false });
    expect(solo.sent('bitfield', 'ann')).toEqual([
      { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0b0100_0000) },
    ]);
  });

  test('[SW4] a new piece goes at once to those that lack it, later to those that have it', () => {
    const solo = new Solo();
    solo.offer([128]);
    solo.seeder('ann').join('bob');
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 1 });
    expect(solo.sent('have', 'bob')).toEqual([{ type: 'have', offer: OFFER, pieces: [1] }]);
    expect(solo.sent('have', 'ann')).toEqual([]);
    solo.tick();
    expect(solo.sent('have', 'ann')).toEqual([{ type: 'have', offer: OFFER, pieces: [1] }]);
    expect(solo.sent('have', 'bob')).toEqual([]);
    expect(solo.tick().sent('have')).toEqual([]);
  });

  test('[SW4] a long list of late announcements goes as a bitfield', () => {
    const solo = new Solo();
    solo.offer([64 * 1100]);
    solo.seeder('ann');
    for (let piece = 0; piece < 1050; piece += 1)
      solo.receive({ type: 'piece-verified', offer: OFFER, piece });
    solo.tick();
    expect(solo.sent('have', 'ann')).toEqual([]);
    expect(solo.sent('bitfield', 'ann')).toHaveLength(1);
  });

  test('[SW4] many pieces verified at once are one message', () => {
    const solo = new Solo();
    solo.offer([4, 4, 4]);
    solo.join('bob').receive({ type: 'pieces-verified', offer: OFFER, pieces: [0, 2] });
    expect(solo.sent('have', 'bob')).toEqual([{ type: 'have', offer: OFFER, pieces: [0, 2] }]);
  });

  test('[SW6] an offer removed and added again finds its holders', () => {
    const solo = new Solo();
    solo.offer([64, 64]);
    solo.partial('ann', [1]).receive({ type: 'offer-removed', offer: OFFER });
    solo.offer([64, 64]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(1);
  });

  test('[SW5] interest is said once, and taken back when nothing is left', () => {
    const solo = new Solo();
    solo.offer([64, 64]);
    solo.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: [0] });
    expect(solo.sent('interested', 'ann')).toHaveLength(1);
    expect(solo.tell('ann', { type: 'have', offer: OFFER, pieces: [1] }).sent('interested')).toEqual([]);
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 0 });
    expect(solo.sent('not-interested')).toEqual([]);
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 1 });
    expect(solo.sent('not-interested', 'ann')).toHaveLength(1);
  });

  test('[SW5] interest follows the wish', () => {
    const solo = new Solo();
    solo.offer([64, 64], { want: false });
    solo.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: [1] });
    expect(solo.sent('interested')).toEqual([]);
    expect(solo.want(new Map([[0, 1]])).sent('interested')).toEqual([]);
    expect(solo.want(new Map([[1, 1]])).sent('interested')).toHaveLength(1);
    expect(solo.want(new Map()).sent('not-interested')).toHaveLength(1);
  });

  test('[SW6] what was said of an unknown offer counts when it is added', () => {
    const solo = new Solo();
    solo.join('ann').tell('ann', { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0b1000_0000) });
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: [2] });
    solo.offer([64, 64, 64]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(2);
    expect(solo.sent('interested', 'ann')).toHaveLength(1);
  });

  test('[SW6] a bitfield replaces what was said before it', () => {
    const solo = new Solo();
    solo.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: [2] });
    solo.tell('ann', { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0b1000_0000) });
    solo.offer([64, 64, 64]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(1);
    solo.tell('ann', { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0b0110_0000) });
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(2);
  });

  test('[SW6] its memory is bounded, and a lie about it ends the link when it shows', () => {
    const solo = new Solo({ maxUnknownOffers: 2 });
    solo.join('ann');
    for (const name of ['a', 'b']) solo.tell('ann', { type: 'have-all', offer: offerNamed(name) });
    solo.tell('ann', { type: 'have-all', offer: OFFER });
    solo.offer([64]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(0);
    const liar = new Solo();
    liar.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: [7] });
    liar.offer([64], { want: false });
    expect(liar.drops).toEqual(['bad-have']);
  });

  test.each([
    [
      'a bitfield',
      { type: 'bitfield', bits: new Uint8Array(128) },
      { type: 'bitfield', bits: new Uint8Array(127) },
    ],
    ['a have', { type: 'have', pieces: [1, 2, 3, 2] }, { type: 'have', pieces: [3] }],
  ] as const)('[SW6] %s said again of an unknown offer takes no more memory', (_, said, again) => {
    const solo = new Solo({ maxUnknownBytes: 1024 });
    solo.join('ann').tell('ann', { ...said, offer: offerNamed('gone') });
    for (let time = 0; time < 100; time += 1)
      for (const words of [again, said]) solo.tell('ann', { ...words, offer: offerNamed('gone') });
    solo.tell('ann', { type: 'have-all', offer: OFFER });
    solo.offer([64]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(1);
  });

  test('[SW6] what a bitfield replaces gives its memory back, and only what fits is remembered', () => {
    const solo = new Solo({ maxUnknownBytes: 256 + 8 * 32 });
    const pieces = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
    solo.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: pieces(8) });
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: [8] });
    solo.tell('ann', { type: 'bitfield', offer: OFFER, bits: new Uint8Array(2) });
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: pieces(8) });
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: pieces(7) });
    solo.offer([64 * 16]);
    expect(solo.swarm.piecesAt(peerNamed('ann'), OFFER)).toBe(7);
  });

  test('[SW7] a bitfield or have that does not fit ends the link', () => {
    const message = { type: 'bitfield', offer: OFFER } as const;
    for (const bits of [new Uint8Array(2), Uint8Array.of(0b0010_0000)]) {
      const solo = new Solo();
      solo.offer([128]);
      expect(solo.join('ann').tell('ann', { ...message, bits }).drops).toEqual(['bad-bitfield']);
    }
    for (const piece of [2, -1, 0.5]) {
      const solo = new Solo();
      solo.offer([128]);
      expect(solo.join('ann').tell('ann', { type: 'have', offer: OFFER, pieces: [piece] }).drops).toEqual([
        'bad-have',
      ]);
      expect(solo.tell('ann', { type: 'interested' }).effects).toEqual([]);
    }
  });
});

describe('the engine', () => {
  test('[SW2] a block of a stranger is ignored', () => {
    expect(new Solo().block('nobody', 0, 16384).effects).toEqual([{ type: 'ignore' }]);
  });

  test('[SW8] statistics follow the pieces, per offer and per file', () => {
    const solo = new Solo();
    solo.offer([100, 64], { have: [0] });
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 1 });
    const stats = solo.swarm.offerStats(OFFER);
    expect(stats).toMatchObject({ verifiedBytes: 100 * 1024, wantedBytes: 164 * 1024, verifiedPieces: 2 });
    expect(Array.from(stats?.fileVerifiedBytes ?? [])).toEqual([100 * 1024, 0]);
    solo.want(new Map([[1, 0]]));
    expect(solo.swarm.offerStats(OFFER)).toMatchObject({ wantedBytes: 64 * 1024, wantedVerifiedBytes: 0 });
    expect(solo.swarm.peerStats(peerNamed('nobody'))).toBeUndefined();
    expect(solo.swarm.offerStats(offerNamed('none'))).toBeUndefined();
  });

  test('[SW1] misuse by the shell throws: bitfields that do not fit, block sizes that are none', () => {
    const geometry = geometryOf(65536, [{ path: 'a', size: 1 }]);
    const fields = { have: new Bitfield(2), hashed: new Bitfield(1) };
    expect(() => new Solo().receive({ type: 'offer-added', offer: OFFER, geometry, ...fields })).toThrow(
      SwarmError,
    );
    expect(() => new Solo({ maxBlockBytes: 48 * 1024 })).toThrow(SwarmError);
  });

  test('[SW10] a removed offer’s begun pieces are forgotten by the store too, and those of which nothing came need not', () => {
    const solo = new Solo();
    solo.offer([64, 64]);
    solo.partial('ann', [0]).partial('bob', [1]).block('ann', 0, 16384);
    solo.receive({ type: 'offer-removed', offer: OFFER });
    expect(solo.of('discard')).toEqual([{ type: 'discard', offer: OFFER, piece: 0 }]);
  });

  test('[SW10] so is what has come of a piece that was found on disk meanwhile', () => {
    const solo = new Solo();
    solo.offer([64, 64]);
    solo.partial('ann', [0]).block('ann', 0, 16384);
    solo.receive({ type: 'pieces-verified', offer: OFFER, pieces: [0, 1] });
    expect(solo.of('discard')).toEqual([{ type: 'discard', offer: OFFER, piece: 0 }]);
  });

  test('[SW10] an offer removed in mid-piece and added again: blocks cut differently are not laid over the old ones', () => {
    const solo = new Solo();
    solo.offer([4096], { pieceLength: 1024 * 1024 });
    const laid = new Map<number, [begin: number, end: number][]>();
    const whole = new Set<number>();
    let seen = 0;
    /** What the store does with the effects since the last time. */
    const store = (): void => {
      for (const effect of solo.all.slice(seen)) {
        if (effect.type === 'discard') laid.delete(effect.piece);
        if (effect.type !== 'write') continue;
        const { piece, begin, length } = effect;
        const blocks = laid.get(piece) ?? [];
        expect(blocks.filter(([from, to]) => from < begin + length && begin < to)).toEqual([]);
        laid.set(piece, [...blocks, [begin, begin + length]]);
        if (laid.get(piece)?.reduce((sum, [from, to]) => sum + to - from, 0) === 1024 * 1024)
          whole.add(piece);
      }
      seen = solo.all.length;
    };
    let answered = 0;
    /** Answers some of what is asked, on a fast path whose window and blocks grow. */
    const answer = (blocks: number): void => {
      for (let left = blocks; left > 0; left -= 1) {
        const [id, , , length] = solo.asked('ann')[answered] ?? [];
        if (id === undefined || length === undefined) return;
        answered += 1;
        solo.now += 1;
        solo.block('ann', id, length);
        store();
      }
    };
    solo.seeder('ann');
    answer(7);
    expect(laid.size).toBeGreaterThan(0);
    solo.receive({ type: 'offer-removed', offer: OFFER });
    answered = solo.asked('ann').length;
    store();
    solo.offer([4096], { pieceLength: 1024 * 1024 });
    answer(1000);
    expect([...whole].sort()).toEqual([0, 1, 2, 3]);
  });

  test('[SW1] an offer is removed with all that belongs to it', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann');
    expect(solo.asked('ann')).toHaveLength(2);
    solo.receive({ type: 'offer-removed', offer: OFFER });
    expect(solo.sent('cancel', 'ann')).toHaveLength(1);
    expect(solo.sent('not-interested', 'ann')).toHaveLength(1);
    expect(solo.block('ann', 0, 16384).effects).toEqual([{ type: 'ignore' }]);
    expect(solo.swarm.offerStats(OFFER)).toBeUndefined();
  });
});
