import { expect, test } from 'vitest';
import { Bitfield } from '@shoal/protocol';
import { cryptoPort, noise, PIECE, Sample } from '../testing/fixtures.ts';
import { SharedOffer } from './shared-offer.ts';

const sample = new Sample([3 * PIECE, 100, 2 * PIECE]);
const offerOf = (files: readonly (File | undefined)[]) => new SharedOffer(sample.geometry, files, cryptoPort);
const read = async (offer: SharedOffer, piece: number): Promise<Uint8Array> => {
  const into = new Uint8Array(sample.piece(piece).length);
  await offer.read(piece, 0, into);
  return into;
};

test('only the files at hand are served', async () => {
  const [first, , last] = sample.files();
  const offer = offerOf([first, undefined, last]);
  const have = Bitfield.fromBytes(sample.geometry.pieceCount, offer.have());
  expect([...have.indices()]).toEqual([0, 1, 2, 4, 5]);
  expect(await read(offer, 4)).toEqual(sample.piece(4));
  await expect(read(offer, 3)).rejects.toMatchObject({ code: 'not-found' });
  await expect(offer.file(1)).rejects.toMatchObject({ code: 'not-found' });
});

test('another version is never served as the one whose hashes were told', async () => {
  const other = noise(3 * PIECE, 1);
  other[PIECE + 7] = (other[PIECE + 7] ?? 0) ^ 1;
  const offer = offerOf([new File([other], 'file 0'), ...sample.files().slice(1)]);
  for (const piece of sample.pieces) offer.expect(piece, await sample.hash(piece));
  expect(await read(offer, 0)).toEqual(sample.piece(0));
  await expect(read(offer, 1)).rejects.toMatchObject({ code: 'source-changed' });
  await expect(read(offer, 1)).rejects.toMatchObject({ code: 'source-changed' });
  expect(await read(offer, 2)).toEqual(sample.piece(2));
});

test('a file of another size is refused at once', () => {
  expect(() => offerOf([new File(['short'], 'file 0')])).toThrow(
    expect.objectContaining({ code: 'source-changed' }),
  );
});
