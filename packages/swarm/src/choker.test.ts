import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const KIB = 1024;
const BLOCK = 128 * KIB;
const names = ['a', 'b', 'c', 'd'];

/** A member that has the first 40 of 80 pieces of 128 KiB; its neighbours have the others. */
function crowd(limits = {}): Solo {
  const solo = new Solo({ initialSendRoom: 64 * 1024 * KIB, ...limits });
  solo.offer([80 * 128], { have: Array.from({ length: 40 }, (_, piece) => piece), pieceLength: BLOCK });
  for (const name of names) {
    solo.join(name).tell(name, { type: 'interested' });
    solo.tell(name, { type: 'have', offer: OFFER, pieces: [79] });
  }
  return solo;
}

let next = 0;
/** It gets so many blocks of us. */
function take(solo: Solo, name: string, count = 1): void {
  for (let step = 0; step < count; step += 1) {
    next += 1;
    solo.tell(name, { type: 'request', offer: OFFER, blocks: [[next, step % 40, 0, BLOCK]] });
    solo.receive({ type: 'block-sent', peer: peerNamed(name), request: next });
  }
}
const served = (solo: Solo): string[] =>
  names.filter(name => solo.swarm.peerStats(peerNamed(name))?.choking === false);
const stands = (solo: Solo, name: string, standing: number): Solo =>
  solo.receive({ type: 'standing', peer: peerNamed(name), standing });

describe('who takes and does not give', () => {
  test('[CH5] is served in one round of twelve while others wait, and comes back when they are gone', () => {
    const solo = crowd();
    take(solo, 'a', 8);
    let rounds = 0;
    for (let round = 0; round < 24; round += 1) {
      solo.tick(10_000);
      if (served(solo).includes('a')) rounds += 1;
      expect(served(solo)).toEqual(expect.arrayContaining(['b', 'c', 'd']));
    }
    expect(rounds).toBe(2);
    for (const name of ['b', 'c', 'd']) solo.receive({ type: 'neighbour-left', peer: peerNamed(name) });
    expect(served(solo)).toEqual(['a']);
  });

  test('[CH5] what receipts say it gave to others counts, and what it has just begun to take does not', () => {
    const known = crowd();
    take(known, 'a', 8);
    stands(known, 'a', 0.5);
    known.tick(10_000).tick(10_000);
    expect(served(known)).toContain('a');
    stands(known, 'a', 0.49);
    known.tick(10_000);
    expect(served(known)).not.toContain('a');
    const fresh = crowd();
    take(fresh, 'a', 3);
    fresh.tick(10_000).tick(10_000);
    expect(served(fresh)).toContain('a');
  });

  test('[CH6] slots follow what goes out', () => {
    const solo = crowd({ uploadSlots: 2, slotRate: 64 * KIB });
    expect(served(solo)).toHaveLength(2);
    const [one = 'a'] = served(solo);
    take(solo, one, 4);
    solo.tick(500);
    expect(served(solo)).toHaveLength(4);
  });
});
