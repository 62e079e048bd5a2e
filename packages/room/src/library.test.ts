import { Bitfield, createEntry, generateIdentity, offerIdOf, signerOf, utf8 } from '@shoal/protocol';
import type { Bytes, EntryBody, OfferId, RoomId, Signer } from '@shoal/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { summarise } from './library.ts';

const ROOM = 'A'.repeat(22) as RoomId;
const PIECE = 64 * 1024;
let ann: Signer;
let bob: Signer;

beforeAll(async () => {
  ann = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  bob = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
});

async function logOf(author: Signer, bodies: readonly EntryBody[]) {
  const entries: Bytes[] = [];
  const ids: OfferId[] = [];
  let prev: Bytes = new Uint8Array(32);
  for (const [seq, body] of bodies.entries()) {
    const entry = await createEntry(author, ROOM, seq, prev, body);
    prev = entry.hash;
    entries.push(entry.raw);
    ids.push(offerIdOf(entry));
  }
  return { entries, ids };
}

const folder: EntryBody = {
  kind: 'offer',
  pieceLength: PIECE,
  files: [
    { path: 'trip/a', size: 2 * PIECE },
    { path: 'trip/b', size: 10 },
  ],
};

describe('a kept room', () => {
  test('is unfinished while something wanted is not here', async () => {
    const { entries, ids } = await logOf(ann, [folder]);
    const [offer] = ids;
    if (offer === undefined) throw new Error('no offer');
    const have = new Bitfield(3);
    have.set(1);
    const kept = { entries, bitfields: new Map([[offer, have.toBytes()]]), self: bob.peerId };
    expect(summarise({ ...kept, selection: [{ offer, wanted: [], paused: [0] }] })).toEqual({
      state: 'unfinished',
      paths: ['trip/a'],
      files: 2,
      keptBytes: PIECE,
      wantedBytes: 2 * PIECE,
      gotBytes: PIECE,
    });
    expect(summarise({ ...kept, selection: [] }).state).toBe('complete');
  });

  test('that was shared from here takes no room of ours', async () => {
    const { entries } = await logOf(ann, [folder]);
    const log = { entries, bitfields: new Map<OfferId, Bytes>(), selection: [] };
    expect(summarise({ ...log, self: ann.peerId })).toMatchObject({ state: 'shared', keptBytes: 0 });
    expect(summarise({ ...log, self: bob.peerId }).state).toBe('seen');
  });

  test('counts what is kept of a withdrawn offer, and survives damaged records', async () => {
    const { entries, ids } = await logOf(ann, [folder]);
    const [offer] = ids;
    if (offer === undefined) throw new Error('no offer');
    const whole = await logOf(ann, [folder, { kind: 'withdraw', offer }]);
    const log = {
      entries: [...whole.entries, utf8('damaged')],
      bitfields: new Map([[offer, Bitfield.full(3).toBytes()]]),
      selection: [{ offer, wanted: [0], paused: [] }],
      self: bob.peerId,
    };
    expect(summarise(log)).toMatchObject({ state: 'complete', paths: [], keptBytes: 2 * PIECE + 10 });
    const broken = { ...log, bitfields: new Map([[offer, utf8('x')]]) };
    expect(summarise({ ...broken, entries }).keptBytes).toBe(0);
  });
});
