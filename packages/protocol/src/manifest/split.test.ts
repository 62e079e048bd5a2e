import { expect, test } from 'vitest';
import { webCryptoPort } from '../crypto.ts';
import { generateIdentity, signerOf } from '../identity.ts';
import { asRoomId } from '../ids.ts';
import { createEntry } from '../log-entry/entry.ts';
import { choosePieceLength } from './geometry.ts';
import { splitOffer } from './split.ts';

const crypto = webCryptoPort(globalThis.crypto);

test('[MF8] no files, no parts; a few files, one part', () => {
  expect(splitOffer([])).toEqual([]);
  const files = [
    { path: 'a', size: 1 },
    { path: 'b', size: 2 },
  ];
  expect(splitOffer(files)).toEqual([files]);
});

test('[MF8] every part of a huge folder is an entry that others take, and nothing is lost or moved', async () => {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const room = asRoomId(signer.peerId);
  const files = Array.from({ length: 21_000 }, (_, index) => ({
    path: `${'very long folder name/'.repeat(index % 9)}${'é'.repeat(40)}${String(index)}.txt`,
    size: index,
    modified: 1_700_000_000_000,
  }));
  const parts = splitOffer(files);
  expect(parts.flat()).toEqual(files);
  expect(parts.length).toBeGreaterThan(3);
  for (const part of parts) {
    const pieceLength = choosePieceLength(part.reduce((sum, { size }) => sum + size, 0));
    const entry = await createEntry(signer, room, 0, crypto.randomBytes(32), {
      kind: 'offer',
      pieceLength,
      files: part,
    });
    expect(entry.raw.length).toBeLessThanOrEqual(1024 * 1024);
  }
});

test('[MF8] short names: parts of 10,000 files; huge files: parts of at most 2^20 pieces', () => {
  const short = Array.from({ length: 25_000 }, (_, index) => ({ path: String(index), size: 1 }));
  expect(splitOffer(short).map(part => part.length)).toEqual([10_000, 10_000, 5000]);
  const TIB = 1024 ** 4;
  const huge = Array.from({ length: 3 }, (_, index) => ({ path: String(index), size: 2 * TIB }));
  expect(splitOffer(huge).map(part => part.length)).toEqual([2, 1]);
});
