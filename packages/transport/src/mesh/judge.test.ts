import { asPeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { judgeOffer, keepsNewer } from './judge.ts';
import type { OfferFacts } from './judge.ts';

const self = asPeerId('AAAAAAAAAAAAAAAAAAAAAA');
const peer = asPeerId('BBBBBBBBBBBBBBBBBBBBBA');
const facts: OfferFacts = {
  self,
  peer,
  ownAddress: 'm',
  from: 'x',
  dialling: false,
  answering: false,
  linked: false,
  taken: 0,
  maxNeighbours: 2,
};

describe('judgeOffer', () => {
  test.each([
    ['a stranger', {}, 'accept'],
    ['a stranger, when full', { taken: 2 }, 'full'],
    ['oneself', { peer: self }, 'self'],
    ['a member that is linked', { linked: true, taken: 2 }, 'probe'],
    ['glare with a larger address', { dialling: true, from: 'x' }, 'ignore'],
    ['glare with a smaller address', { dialling: true, from: 'a' }, 'yield'],
    ['a member that starts anew', { answering: true, taken: 2 }, 'replace'],
  ] as const)('%s', (_, more, verdict) => {
    expect(judgeOffer({ ...facts, ...more })).toBe(verdict);
  });

  test('glare: exactly one of the two connections survives', () => {
    const here = judgeOffer({ ...facts, dialling: true, ownAddress: 'p', from: 'q' });
    const there = judgeOffer({ ...facts, dialling: true, ownAddress: 'q', from: 'p' });
    expect([here, there]).toEqual(['ignore', 'yield']);
  });
});

describe('keepsNewer', () => {
  test('a dead link makes room', () => expect(keepsNewer('a', 'b', false)).toBe(true));
  test('of two living ones both ends keep the smaller id', () => {
    expect(keepsNewer('a', 'b', true)).toBe(false);
    expect(keepsNewer('b', 'a', true)).toBe(true);
  });
});
