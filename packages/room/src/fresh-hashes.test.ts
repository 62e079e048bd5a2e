import type { OfferId } from '@shoal/protocol';
import type { KeptRun } from '@shoal/storage';
import { expect, test } from 'vitest';
import { FreshHashes } from './fresh-hashes.ts';
import type { PieceRun } from './fresh-hashes.ts';

const A = 'A'.repeat(22) as OfferId;
const B = 'B'.repeat(22) as OfferId;

function rig() {
  const written: string[] = [];
  const disk = { full: false };
  const hashes = new FreshHashes(async (offer, runs) => {
    if (disk.full) throw new Error('full');
    written.push(`${offer[0]} ${runs.map(({ first, frame }) => `${first}+${frame.length}`).join(' ')}`);
  });
  const kept = (_: OfferId, { first, count }: PieceRun): KeptRun[] => [
    { first, frame: new Uint8Array(count) },
  ];
  return { written, disk, hashes, flush: () => hashes.flush(kept) };
}

test('each run is written once, however many came before', async () => {
  const { written, hashes, flush } = rig();
  hashes.add(A, { first: 0, count: 4 });
  hashes.add(B, { first: 8, count: 1 });
  await flush();
  hashes.add(A, { first: 4, count: 2 });
  hashes.add(A, { first: 6, count: 1 });
  await Promise.all([flush(), flush()]);
  expect(written).toEqual(['A 0+4', 'B 8+1', 'A 4+2 6+1']);
});

test('what a full disk refused is written by the next flush, and that of an offer taken back is not', async () => {
  const { written, disk, hashes, flush } = rig();
  disk.full = true;
  hashes.add(A, { first: 0, count: 4 });
  hashes.add(B, { first: 0, count: 9 });
  await expect(flush()).rejects.toThrow('full');
  disk.full = false;
  hashes.add(A, { first: 4, count: 2 });
  hashes.forget(B);
  await flush();
  expect(written).toEqual(['A 0+4 4+2']);
});
