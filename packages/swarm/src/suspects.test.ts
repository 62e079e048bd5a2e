import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const KIB = 1024;

/** Answers everything asked of these neighbours until nothing more is asked. */
function answer(solo: Solo, names: readonly string[], answered = new Set<string>()): void {
  for (let progress = true; progress;) {
    progress = false;
    for (const name of names)
      for (const [id, , , length] of solo.asked(name)) {
        if (answered.has(`${name}${id}`)) continue;
        answered.add(`${name}${id}`);
        solo.block(name, id, length);
        progress = true;
      }
  }
}

const givers = (solo: Solo, from = 0): Set<string> =>
  new Set(solo.of('write', solo.all.slice(from)).map(write => write.peer.slice(0, 3)));

/** Ann and Bob gave a bad piece together and one of them the good one, so each gives alone from now on; Ann has another, and owns it here. */
function annAloneHasPieceOne(): { readonly solo: Solo; readonly answered: Set<string> } {
  const solo = new Solo({ windowInitialBytes: 16 * KIB, windowMaxBytes: 16 * KIB });
  solo.offer([64, 64]);
  solo.partial('ann', [0]).partial('bob', [0]);
  const answered = new Set<string>();
  answer(solo, ['ann', 'bob'], answered);
  solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
  answer(solo, ['ann', 'bob'], answered);
  solo.receive({ type: 'piece-verified', offer: OFFER, piece: 0 });
  solo.tell('ann', { type: 'have', offer: OFFER, pieces: [1] });
  return { solo, answered };
}

describe('liars', () => {
  test('[LI1] the only giver of a bad piece is dropped and not let in again', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann');
    answer(solo, ['ann']);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.of('drop')).toMatchObject([{ peer: peerNamed('ann'), code: 'bad-piece' }]);
    expect(solo.join('ann').drops).toEqual(['banned']);
    solo.seeder('bob');
    answer(solo, ['bob']);
    expect(solo.of('write', solo.all)).toHaveLength(8);
  });

  test.each([
    ['is not let in again', [], ['banned']],
    ['is dropped when it is back before', ['ann'], ['bad-piece']],
  ])('[LI1] who leaves before its bad piece is judged %s', (_, back, drops) => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann');
    answer(solo, ['ann']);
    solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') });
    for (const name of back) solo.join(name);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    if (back.length === 0) solo.join('ann');
    expect(solo.drops).toEqual(drops);
  });

  test('[LI2] who leaves before a common bad piece is judged gives whole pieces alone when it is back', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64, 64]);
    solo.partial('ann', [0]).partial('bob', [0]);
    answer(solo, ['ann', 'bob']);
    solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') });
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    solo.partial('ann', [1]).partial('eve', [1]);
    expect(solo.asked('eve')).toEqual([]);
  });

  test('[LI2] of several givers none is dropped, one alone gives the piece again, and then is convicted', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob');
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    expect(givers(solo)).toEqual(new Set(['ann', 'bob']));
    const before = solo.all.length;
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.drops).toEqual([]);
    answer(solo, ['ann', 'bob'], answered);
    expect(solo.of('write', solo.all.slice(before))).toHaveLength(4);
    const [convict] = givers(solo, before);
    expect(givers(solo, before).size).toBe(1);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.of('drop')).toMatchObject([{ peer: peerNamed(convict ?? ''), code: 'bad-piece' }]);
  });

  test('[LI2] the piece is given again by one alone, also when that one is no suspect', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob');
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.tell('ann', { type: 'choke' }).tell('bob', { type: 'choke' });
    const before = solo.all.length;
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 }).seeder('eve').seeder('max');
    expect(solo.asked('eve')).toHaveLength(2);
    expect(solo.asked('max')).toEqual([]);
    answer(solo, ['eve', 'max'], answered);
    expect(givers(solo, before)).toEqual(new Set(['eve']));
  });

  test('[LI2] suspects neither share a piece of others nor let others share theirs', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64, 128], { pieceLength: 128 * KIB });
    solo.partial('ann', [0]).partial('bob', [0]);
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-verified', offer: OFFER, piece: 0 });
    solo.partial('eve', [1]);
    const asked = solo.asked('ann').length;
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: [1] });
    expect(solo.asked('ann')).toHaveLength(asked);
    const other = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    other.offer([64, 128], { pieceLength: 128 * KIB });
    other.partial('ann', [0]).partial('bob', [0]);
    answer(other, ['ann', 'bob']);
    other.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    other.tell('ann', { type: 'have', offer: OFFER, pieces: [1] });
    other.tell('bob', { type: 'have', offer: OFFER, pieces: [1] });
    // One has the bad piece again, the other piece 1: a third finds nothing to share.
    expect(other.seeder('eve').asked('eve')).toEqual([]);
  });

  test('[LI2] a late block of another is not mixed into a piece given by one alone', () => {
    const { solo, answered } = annAloneHasPieceOne();
    const [id] = solo.asked('ann').at(-1) ?? [0];
    solo.tell('ann', { type: 'choke' }).tick(11_000).seeder('eve');
    expect(solo.asked('eve')).toHaveLength(1);
    expect(solo.block('ann', id, 16 * KIB).effects.map(effect => effect.type)).toEqual(['ignore']);
    answer(solo, ['eve'], answered);
    expect(new Set(solo.of('write', solo.all).flatMap(w => (w.piece === 1 ? [w.peer] : [])))).toEqual(
      new Set([peerNamed('eve')]),
    );
  });

  test('[LI2] a suspect alone with a half piece finishes it', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64, 64]);
    solo.partial('ann', [0]).partial('bob', [0]);
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    // A third begins the other piece and leaves: only suspects remain to finish it.
    solo.partial('eve', [1]).block('eve', 0, 16 * KIB);
    solo.receive({ type: 'neighbour-left', peer: peerNamed('eve') });
    solo.tell('ann', { type: 'have', offer: OFFER, pieces: [1] });
    answer(solo, ['ann', 'bob'], answered);
    const second = solo.of('write', solo.all).filter(write => write.piece === 1);
    expect(second.reduce((sum, write) => sum + write.length, 0)).toBe(64 * KIB);
  });

  test('[LI2] who gives half a piece and chokes, again and again, does not spoil it for the other', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob');
    /** Who gave what lies in the store of the piece now. */
    let giversNow: string[] = [];
    let seen = 0;
    const verdicts: string[] = [];
    const answered = new Set<string>();
    const open = (name: string): number[] =>
      solo.asked(name).flatMap(([id]) => (answered.has(`${name}${id}`) ? [] : [id]));
    const give = (name: string, most: number): void => {
      for (const id of open(name).slice(0, most)) {
        answered.add(`${name}${id}`);
        solo.block(name, id, solo.asked(name)[id]?.[3] ?? 0);
      }
    };
    /** Every block of ann's is bad. */
    const judge = (): void => {
      for (const effect of solo.all.slice(seen)) {
        if (effect.type === 'discard') giversNow = [];
        if (effect.type === 'write') giversNow.push(effect.peer);
      }
      seen = solo.all.length;
      if (giversNow.length < 4) return;
      const type = giversNow.includes(peerNamed('ann')) ? 'piece-failed' : 'piece-verified';
      giversNow = [];
      verdicts.push(type);
      solo.receive({ type, offer: OFFER, piece: 0 });
    };
    give('ann', 2);
    give('bob', 2);
    for (let round = 0; round < 20; round += 1) {
      judge();
      give('ann', 1);
      const ids = open('ann');
      for (const id of ids) answered.add(`ann${id}`);
      solo.tell('ann', { type: 'choke' }).tell('ann', { type: 'reject', ids });
      solo.tell('ann', { type: 'unchoke' });
      for (let step = 0; step < 4; step += 1) give('bob', 2);
      judge();
    }
    expect(verdicts).toEqual(['piece-failed', 'piece-verified']);
    expect(solo.of('drop', solo.all)).toEqual([]);
  });

  test.each([
    ['rejects the rest', (solo: Solo, ids: number[]) => solo.tell('ann', { type: 'reject', ids })],
    ['says nothing more', (solo: Solo) => solo.tick(11_000)],
    [
      'says that it has nothing',
      (solo: Solo) => solo.tell('ann', { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0) }),
    ],
    ['leaves', (solo: Solo) => solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') })],
  ])('[LI2] a piece that one alone should give starts over when that one %s', (_, stop) => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob');
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    const ids = solo.asked('ann').flatMap(([id]) => (answered.has(`ann${id}`) ? [] : [id]));
    solo.block('ann', ids[0] ?? 0, 16 * KIB);
    expect(solo.of('write')).toHaveLength(1);
    const before = solo.all.length;
    stop(
      solo,
      solo.asked('ann').flatMap(([id]) => (id > (ids[0] ?? 0) ? [id] : [])),
    );
    expect(solo.of('discard')).toEqual([{ type: 'discard', offer: OFFER, piece: 0 }]);
    answer(solo, ['bob'], answered);
    const again = solo.of('write', solo.all.slice(before));
    expect(again.map(({ begin }) => begin / KIB)).toEqual([0, 16, 32, 48]);
    expect(givers(solo, before)).toEqual(new Set(['bob']));
  });

  test.each([
    ['silent', 0],
    ['that give the first block of it', 1],
  ])('[LI2] [RQ4] two neighbours %s do not keep such a piece from one that gives all', (_, gives) => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob').seeder('eve');
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    for (let step = 0; step < 120 && solo.asked('eve').length === 0; step += 1) {
      for (const name of ['ann', 'bob'])
        for (const [id, , begin, length] of solo.asked(name)) {
          if (answered.has(`${name}${id}`)) continue;
          answered.add(`${name}${id}`);
          if (begin === 0 && gives > 0) solo.block(name, id, length);
        }
      solo.tick(1000);
    }
    const before = solo.all.length;
    answer(solo, ['eve'], answered);
    expect(givers(solo, before)).toEqual(new Set(['eve']));
    expect(solo.of('write', solo.all.slice(before))).toHaveLength(4);
  });

  test('[LI2] the only giver of all of a piece may go while it is judged', () => {
    const solo = new Solo({ windowInitialBytes: 32 * KIB, windowMaxBytes: 32 * KIB });
    solo.offer([64]);
    solo.seeder('ann').seeder('bob');
    const answered = new Set<string>();
    answer(solo, ['ann', 'bob'], answered);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    answer(solo, ['ann'], answered);
    solo.tell('ann', { type: 'choke' });
    expect(solo.of('discard', solo.all)).toEqual([]);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.of('drop')).toMatchObject([{ peer: peerNamed('ann'), code: 'bad-piece' }]);
  });

  test('[LI2] a begun piece whose owner has it no longer is finished by another', () => {
    const { solo, answered } = annAloneHasPieceOne();
    expect(solo.asked('ann').at(-1)?.[1]).toBe(1);
    solo.tell('ann', { type: 'bitfield', offer: OFFER, bits: Uint8Array.of(0) });
    answer(solo, ['ann'], answered);
    const before = solo.all.length;
    solo.tell('bob', { type: 'have', offer: OFFER, pieces: [1] });
    answer(solo, ['bob'], answered);
    expect(solo.of('write', solo.all.slice(before)).reduce((sum, { length }) => sum + length, 0)).toBe(
      64 * KIB,
    );
  });

  test('[LI3] what is judged while a piece is still coming was not collected here: nobody is blamed', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann').block('ann', 0, 16 * KIB);
    solo.receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.drops).toEqual([]);
    expect(solo.of('discard')).toEqual([{ type: 'discard', offer: OFFER, piece: 0 }]);
    // It starts over: the first block is asked for once more.
    expect(solo.asked('ann', solo.effects)[0]?.[2]).toBe(0);
  });

  test('[LI3] a piece lost by the store is fetched again, and nobody is blamed', () => {
    const solo = new Solo();
    solo.offer([64]);
    solo.seeder('ann');
    const answered = new Set<string>();
    answer(solo, ['ann'], answered);
    expect(solo.receive({ type: 'piece-lost', offer: OFFER, piece: 0 }).drops).toEqual([]);
    // What the store took of it after the loss goes too.
    expect(solo.of('discard')).toHaveLength(1);
    answer(solo, ['ann'], answered);
    expect(solo.of('write', solo.all)).toHaveLength(8);
  });

  test('[LI3] damage in the store is nobody else’s fault', () => {
    const solo = new Solo();
    solo.offer([64], { have: [0] });
    solo.seeder('ann').receive({ type: 'piece-failed', offer: OFFER, piece: 0 });
    expect(solo.drops).toEqual([]);
    expect(solo.swarm.offerStats(OFFER)?.verifiedBytes).toBe(0);
    expect(solo.asked('ann')).toHaveLength(2);
  });
});
