import { describe, expect, test } from 'vitest';
import vectors from '../../vectors/bep52.json';
import { concatBytes, toHex } from '../bytes.ts';
import { webCryptoPort } from '../crypto.ts';
import { geometryOf } from '../manifest/geometry.ts';
import { hashFile, vectorContent } from '../testing/content.ts';
import { outcome, outcomeNow } from '../testing/outcome.ts';
import { allPieceHashesRoot, fileRoot, hashPiece, offerRoot } from './roots.ts';
import { hashPair, heightFor, rootOf, zeroRoot } from './tree.ts';

const crypto = webCryptoPort(globalThis.crypto);

describe('vectors of libtorrent', () => {
  test.each(vectors.vectors)('[MT1] [MT2] [MT3] $size bytes in pieces of $pieceLength', async vector => {
    const g = geometryOf(vector.pieceLength, [{ path: 'file', size: vector.size }]);
    const hashes = await hashFile(crypto, g, 0, vectorContent(vector.size));
    expect(toHex(fileRoot(g, 0, hashes))).toBe(vector.piecesRoot);
    // BEP 52 lists no layer for a file of one piece: its only piece hash is the root.
    const layer = vector.pieceLayer.length === 0 ? [vector.piecesRoot] : vector.pieceLayer;
    expect(toHex(hashes)).toBe(layer.join(''));
    expect(toHex(allPieceHashesRoot(g, hashes))).toBe(vector.piecesRoot);
  });
});

const K64 = 65536;

test('[MT4] the root of an empty file is 32 zero bytes', () => {
  const g = geometryOf(K64, [{ path: 'empty', size: 0 }]);
  expect(toHex(fileRoot(g, 0, new Uint8Array(0)))).toBe('00'.repeat(32));
  expect(toHex(allPieceHashesRoot(g, new Uint8Array(0)))).toBe('00'.repeat(32));
});

test('[MT5] the offer root is the tree over the file roots in order, padded with zeros', async () => {
  const sizes = [100, 0, 3 * K64 + 5];
  const g = geometryOf(
    K64,
    sizes.map((size, index) => ({ path: `f${String(index)}`, size })),
  );
  const own = await Promise.all(sizes.map((size, file) => hashFile(crypto, g, file, vectorContent(size))));
  const roots = own.map((hashes, file) => fileRoot(g, file, hashes));
  const [a, b, c] = roots;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three files have three roots');
  const left = hashPair(concatBytes(a, b));
  const right = hashPair(concatBytes(c, new Uint8Array(32)));
  const expected = toHex(hashPair(concatBytes(left, right)));
  expect(toHex(offerRoot(g, concatBytes(...roots)))).toBe(expected);
  expect(toHex(allPieceHashesRoot(g, concatBytes(...own)))).toBe(expected);
});

test('[MT2] all-zero subtrees and heights', () => {
  expect(toHex(zeroRoot(0))).toBe('00'.repeat(32));
  expect(toHex(zeroRoot(2))).toBe(toHex(hashPair(concatBytes(zeroRoot(1), zeroRoot(1)))));
  expect([0, 1, 2, 3, 4, 5, 1 << 20].map(heightFor)).toEqual([0, 0, 1, 2, 2, 3, 20]);
  expect(toHex(rootOf(new Uint8Array(0), 1, 2))).toBe(toHex(zeroRoot(3)));
});

test('[MT1] wrong lengths and numbers are refused', async () => {
  const g = geometryOf(K64, [{ path: 'f', size: K64 + 1 }]);
  expect(await outcome(() => hashPiece(crypto, g, 0, new Uint8Array(K64 - 1)))).toBe('bad-piece');
  expect(await outcome(() => hashPiece(crypto, g, 2, new Uint8Array(1)))).toBe('bad-piece');
  expect(outcomeNow(() => fileRoot(g, 0, new Uint8Array(32)))).toBe('bad-hashes');
  expect(outcomeNow(() => offerRoot(g, new Uint8Array(33)))).toBe('bad-hashes');
  expect(outcomeNow(() => allPieceHashesRoot(g, new Uint8Array(96)))).toBe('bad-hashes');
});
