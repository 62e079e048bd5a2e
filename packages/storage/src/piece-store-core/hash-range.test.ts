import { expect, test } from 'vitest';
import { StorageError } from '../errors.ts';
import { cryptoPort, PIECE, Sample } from '../testing/fixtures.ts';
import { settled } from '../testing/turns.ts';
import { hashRange } from './hash-range.ts';

test('when a piece cannot be read, those after it are not read either', async () => {
  const { geometry, pieces } = new Sample([100 * PIECE]);
  const read: number[] = [];
  const hashing = hashRange(cryptoPort, geometry, 0, pieces.length, async (piece, length, work) => {
    read.push(piece);
    if (piece === 2) throw new StorageError('source-changed');
    return work(new Uint8Array(length));
  });
  await expect(hashing).rejects.toMatchObject({ code: 'source-changed' });
  await settled();
  expect(read.length).toBeLessThan(10);
});
