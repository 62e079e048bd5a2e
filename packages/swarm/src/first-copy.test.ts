import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const BLOCK = 16 * 1024;
const PIECES = 8;

/** A sharer of eight pieces with two receivers; the request id is the piece. */
function sharer(
  have: readonly number[] = Array.from({ length: PIECES }, (_, piece) => piece),
  pieces = PIECES,
): Solo {
  const solo = new Solo({ initialSendRoom: 2 ** 24 });
  solo.offer([64 * pieces], { have });
  for (const name of ['ann', 'bob']) solo.join(name).tell(name, { type: 'interested' });
  return solo;
}

let next = 0;
/** Asks for the first block of each piece; says which were read and which refused. */
function ask(solo: Solo, name: string, ...pieces: number[]): { given: number[]; refused: number } {
  const blocks = pieces.map((piece): [number, number, number, number] => [(next += 1), piece, 0, BLOCK]);
  solo.tell(name, { type: 'request', offer: OFFER, blocks });
  return {
    given: solo.of('read').map(read => read.piece),
    refused: solo.sent('reject', name).reduce((sum, { ids }) => sum + ids.length, 0),
  };
}
const has = (solo: Solo, name: string, ...pieces: number[]): Solo =>
  solo.tell(name, { type: 'have', offer: OFFER, pieces });

describe('the first copy', () => {
  test('[FC1] a piece goes out once while there are pieces that nobody was given', () => {
    const solo = sharer();
    expect(ask(solo, 'ann', 0, 1)).toEqual({ given: [0, 1], refused: 0 });
    expect(ask(solo, 'bob', 0, 1, 2)).toEqual({ given: [2], refused: 2 });
    has(solo, 'ann', 0, 1);
    expect(ask(solo, 'bob', 1, 3)).toEqual({ given: [3], refused: 1 });
    expect(ask(solo, 'ann', 0)).toEqual({ given: [0], refused: 0 });
  });

  test('[FC1] what its first receiver took back, or left with, is new again', () => {
    const solo = sharer();
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 0 });
    ask(solo, 'ann', 0);
    solo.tell('ann', { type: 'cancel', ids: [next] });
    expect(ask(solo, 'bob', 0).given).toEqual([0]);
    ask(solo, 'ann', 1);
    solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') });
    expect(ask(solo, 'bob', 1).given).toEqual([1]);
  });

  test('[FC2] who still asks after 10 s gets it: perhaps nobody else would give it', () => {
    const solo = sharer();
    ask(solo, 'ann', 0);
    has(solo, 'ann', 0);
    expect(ask(solo, 'bob', 0).given).toEqual([]);
    solo.tick(9_000);
    expect(ask(solo, 'bob', 0).given).toEqual([]);
    solo.tick(1_000);
    expect(ask(solo, 'bob', 0).given).toEqual([0]);
  });

  test('[FC3] when all is out, whom the others keep up is left to them, and who lacks much is served', () => {
    for (const [held, spread, given] of [
      [5, true, [7]],
      [6, true, []],
      // Its only holder may be a slow one.
      [6, false, [7]],
    ] as const) {
      const solo = sharer();
      ask(solo, 'ann', 0, 1, 2, 3, 4, 5, 6, 7);
      solo.join('cleo');
      if (spread) has(solo, 'cleo', 7);
      has(solo, 'ann', 0, 1, 2, 3, 4, 5, 6, 7);
      has(solo, 'bob', ...Array.from({ length: held }, (_, piece) => piece));
      expect(ask(solo, 'bob', 7).given, `${held} pieces`).toEqual(given);
    }
  });

  test('[FC6] who passes nothing on while others do is given nothing new, as long as the others ask', () => {
    const solo = sharer(
      Array.from({ length: 40 }, (_, piece) => piece),
      40,
    );
    const first = Array.from({ length: 10 }, (_, piece) => piece);
    expect(ask(solo, 'ann', ...first).given).toEqual(first);
    has(solo, 'ann', ...first);
    has(solo, 'bob', 35, 36, 37, 38, 39);
    ask(solo, 'bob', 20);
    expect(ask(solo, 'ann', 10)).toEqual({ given: [], refused: 1 });
    has(solo, 'bob', ...first);
    expect(ask(solo, 'ann', 11).given).toEqual([11]);
    ask(solo, 'ann', 12, 13, 14, 15, 16, 17, 18, 19);
    expect(ask(solo, 'ann', 21).given).toEqual([]);
    solo.now += 1_000;
    expect(ask(solo, 'ann', 22).given).toEqual([22]);
  });

  test('[FC6] what a receiver took back it does not hold', () => {
    const all = Array.from({ length: 40 }, (_, piece) => piece);
    const solo = sharer(all, 40);
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 0 });
    const blocks = all.slice(0, 9).map((piece): [number, number, number, number] => [piece, piece, 0, BLOCK]);
    solo.tell('ann', { type: 'request', offer: OFFER, blocks });
    solo.tell('ann', { type: 'cancel', ids: blocks.map(([id]) => id) });
    expect(solo.sent('reject', 'ann').flatMap(({ ids }) => ids)).toHaveLength(9);
    solo.receive({ type: 'send-room', peer: peerNamed('ann'), bytes: 2 ** 24 });
    ask(solo, 'bob', 20);
    expect(ask(solo, 'ann', 30)).toEqual({ given: [30], refused: 0 });
  });

  test('[FC6] who has not half as much is held back by its own line, and nobody is spared for it', () => {
    const solo = sharer(
      Array.from({ length: 40 }, (_, piece) => piece),
      40,
    );
    const first = Array.from({ length: 10 }, (_, piece) => piece);
    ask(solo, 'ann', ...first);
    has(solo, 'ann', ...first);
    has(solo, 'bob', 36, 37, 38, 39);
    ask(solo, 'bob', 20);
    expect(ask(solo, 'ann', 10).given).toEqual([10]);
  });

  test('[FC6] where half of the neighbours are slow, each of them is measured by the faster half', () => {
    const all = Array.from({ length: 60 }, (_, piece) => piece);
    const solo = sharer(all, 60);
    const [anns, cleos] = [all.slice(0, 10), all.slice(10, 26)];
    for (const name of ['cleo', 'dora']) solo.join(name).tell(name, { type: 'interested' });
    ask(solo, 'ann', ...anns);
    ask(solo, 'cleo', ...cleos);
    has(solo, 'ann', ...anns);
    has(solo, 'cleo', ...cleos);
    // Bob and Dora pass on what they get, and have as much by now.
    for (const name of ['bob', 'dora']) has(solo, name, 50, 51, 52, 53, 54);
    ask(solo, 'bob', 30);
    ask(solo, 'dora', 31);
    expect(ask(solo, 'ann', 40)).toEqual({ given: [], refused: 1 });
    expect(ask(solo, 'bob', 41).given).toEqual([41]);
  });

  test('[FC4] who got the file from others refuses nobody', () => {
    const solo = sharer([0, 1, 2]);
    solo.receive({ type: 'pieces-verified', offer: OFFER, pieces: [3, 4, 5, 6, 7] });
    ask(solo, 'ann', 0);
    expect(ask(solo, 'bob', 0).given).toEqual([0]);
  });

  test('[FC5] a refused piece of which nothing came is not begun: it is asked of whoever has it', () => {
    const solo = new Solo({ maxProgressBytes: 64 * 1024 });
    solo.offer([128]);
    solo.partial('ann', [0]);
    const [id = 0] = solo.asked('ann').map(([request]) => request);
    const ids = solo.asked('ann').map(([request]) => request);
    expect(id).toBe(0);
    solo.tell('ann', { type: 'reject', ids });
    // One piece may be begun at a time: had the refused one kept its place, nothing could be asked for.
    solo.partial('bob', [1]);
    expect(solo.asked('bob').map(([, piece]) => piece)).toContain(1);
  });
});
