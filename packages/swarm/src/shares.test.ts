import { describe, expect, test } from 'vitest';
import { hashOf } from './shares.ts';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

describe('shares', () => {
  test('[PK2] members that see each other fetch different pieces of the same rarity', () => {
    const names = ['ann', 'bob', 'eve', 'max'];
    const picked = names.flatMap((name, seed) => {
      const solo = new Solo({ windowInitialBytes: 512 * 1024, windowMaxBytes: 512 * 1024 }, seed, name);
      solo.offer([64 * 200, 64], { have: [200] });
      for (const other of names) if (other !== name) solo.join(other);
      solo.seeder('sharer');
      return [...new Set(solo.asked('sharer').map(([, piece]) => piece))];
    });
    expect(picked.length).toBeGreaterThanOrEqual(32);
    expect(new Set(picked).size).toBe(picked.length);
  });

  test('[PK2] a peer’s number is the same on every machine', () => {
    expect(hashOf(peerNamed('ann'))).toBe(hashOf(peerNamed('ann')));
    expect(hashOf(peerNamed('a'))).not.toBe(hashOf(peerNamed('b')));
  });

  test('[PK2] the rarest still goes before the own share', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const solo = new Solo({ windowMaxBytes: 32 * 1024 }, seed);
      solo.offer([32, 32, 32, 32, 32], { have: [0] });
      solo.join('bob').tell('bob', { type: 'have', offer: OFFER, pieces: [1, 2, 4] });
      solo.seeder('sharer');
      expect(new Set(solo.asked('sharer').map(([, piece]) => piece))).toEqual(new Set([3]));
    }
  });
});
