import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { OfferState } from './offer-state.ts';
import { saveAll, zipName } from './saving.ts';

test('a .zip is named after the folder that holds everything', () => {
  expect(zipName(['photos/a.jpg', 'photos/b/c.jpg'])).toBe('photos.zip');
});

test('files from here and there make Shoal.zip', () => {
  expect(zipName(['photos/a.jpg', 'b.jpg'])).toBe('Shoal.zip');
  expect(zipName(['a.jpg', 'b.jpg'])).toBe('Shoal.zip');
});

describe('several files', () => {
  const geometry = geometryOf(64 * 1024, [
    { path: 'trip/a', size: 100_000 },
    { path: 'trip/b', size: 50_000 },
  ]);
  const state = new OfferState(
    {
      id: 'O'.repeat(22) as OfferId,
      author: 'A'.repeat(22) as PeerId,
      authorPublicKey: new Uint8Array(32),
      geometry,
      createdSeq: 0,
      withdrawn: false,
    },
    false,
    Bitfield.full(geometry.pieceCount),
  );
  const offers = { all: () => [state], get: () => state };
  const calls: string[] = [];
  const store = {
    file: async () => new Blob(),
    zip: async () => (calls.push('zip'), new Blob()),
    zipInto: async () => void calls.push('zipInto'),
  };
  // Only handed on.
  const picked = { name: 'picked' } as unknown as FileSystemFileHandle;
  const pick = async (name: string) => (calls.push(`pick ${name}`), picked);

  beforeEach(() => calls.splice(0));

  test('are downloaded as a .zip where it fits beside them', async () => {
    expect(await saveAll(store, offers, 200_000, pick)).toMatchObject({ name: 'trip.zip' });
    expect(calls).toEqual(['zip']);
  });

  test('are written into a picked file where it does not, without a second copy', async () => {
    expect(await saveAll(store, offers, 149_999, pick)).toBeUndefined();
    expect(calls).toEqual(['pick trip.zip', 'zipInto']);
    calls.splice(0);
    await saveAll(store, offers, 149_999, async () => undefined);
    expect(calls).toEqual([]);
  });

  test('are left out when they went into a picked file already', async () => {
    state.setOutlet(0, { file: 0, first: 2, end: 2, done: true });
    expect(await saveAll(store, offers, 200_000, pick)).toMatchObject({ name: 'b' });
    state.removeOutlets([0]);
  });

  test('are tried all the same where nothing can be picked', async () => {
    await saveAll(store, offers, 0, undefined);
    expect(calls).toEqual(['zip']);
  });
});
