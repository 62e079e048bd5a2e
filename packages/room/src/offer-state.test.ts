import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import { describe, expect, test } from 'vitest';
import { OfferState } from './offer-state.ts';

const KIB = 1024;

function offer(): CatalogueOffer {
  return {
    id: 'A'.repeat(22) as OfferId,
    author: 'B'.repeat(22) as PeerId,
    authorPublicKey: new Uint8Array(32),
    geometry: geometryOf(64 * KIB, [
      { path: 'big.bin', size: 150 * KIB },
      { path: 'empty.txt', size: 0 },
      { path: 'small.txt', size: 10 },
    ]),
    createdSeq: 0,
    withdrawn: false,
  };
}

describe('what is here', () => {
  test('progress counts verified bytes, the short last piece included', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide(undefined, 'wanted');
    state.add(2);
    expect(state.views()[0]).toMatchObject({ state: 'downloading', progress: (22 * KIB) / (150 * KIB) });
    state.add(0);
    state.add(1);
    expect(state.views()[0]).toMatchObject({ state: 'complete', progress: 1 });
    expect(state.verifiedBytes).toBe(150 * KIB);
  });

  test('a piece that was on its way when the offer ended does not bring its file back', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide(undefined, 'wanted');
    state.add(0);
    expect(state.end()).toEqual([0, 2]);
    state.add(3);
    expect(state.views().map(({ path }) => path)).toEqual(['empty.txt']);
    expect([state.totalBytes, state.verifiedBytes]).toEqual([0, 0]);
  });

  test('what waits for its hash has its room already', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide(undefined, 'wanted');
    expect(state.roomNeeded()).toBe(150 * KIB + 10);
    state.doubt(Bitfield.fromBytes(4, new Uint8Array([0b1011_0000])));
    expect([state.roomNeeded(), state.missingBytes()]).toEqual([64 * KIB, 150 * KIB + 10]);
    state.add(0);
    expect(state.roomNeeded()).toBe(64 * KIB);
    state.decide([2], 'none');
    expect(state.roomNeeded()).toBe(64 * KIB);
  });

  test('a piece that is announced twice counts once', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.add(3);
    state.add(3);
    expect(state.verifiedBytes).toBe(10);
  });

  test('an empty file is complete as soon as it is wanted, and not before', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    expect(state.views()[1]?.state).toBe('offered');
    state.decide([1], 'wanted');
    expect(state.views()[1]).toMatchObject({ state: 'complete', progress: 1 });
  });

  test('own files are seeding, whatever is wanted', () => {
    const state = new OfferState(offer(), true, Bitfield.full(4));
    expect(state.views().map(view => view.state)).toEqual(['seeding', 'seeding', 'seeding']);
  });
});

describe('what is wanted', () => {
  test('only unfinished, unfailed, unpaused files are fetched', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide(undefined, 'wanted');
    expect([...state.wanted().keys()]).toEqual([0, 2]);
    state.decide([0], 'paused');
    expect([...state.wanted().keys()]).toEqual([2]);
    state.fail([2]);
    expect(state.wanted().size).toBe(0);
    expect(state.views()[2]?.state).toBe('failed');
  });

  test('asking again for a failed file tries again', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide(undefined, 'wanted');
    state.fail([2]);
    state.decide([2], 'wanted');
    expect(state.views()[2]?.state).toBe('downloading');
  });

  test('files that do not exist are not wanted', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    state.decide([-1, 3, 99], 'wanted');
    expect(state.wanted().size).toBe(0);
  });
});

describe('views', () => {
  test('an unchanged row keeps its identity, and so does the list', () => {
    const state = new OfferState(offer(), false, new Bitfield(4));
    const before = state.views();
    expect(state.views()).toBe(before);
    state.add(3);
    const after = state.views();
    expect(after[2]).not.toBe(before[2]);
    expect(after[0]).toBe(before[0]);
  });

  test('after a reset nothing is here', () => {
    const state = new OfferState(offer(), false, Bitfield.full(4));
    state.reset(new Bitfield(4));
    expect(state.verifiedBytes).toBe(0);
    expect(state.views()[0]?.progress).toBe(0);
  });
});
