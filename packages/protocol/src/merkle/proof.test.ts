import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex, type Bytes } from '../bytes.ts';
import { geometryOf, type OfferGeometry } from '../manifest/geometry.ts';
import { bytes, offeredFiles } from '../testing/arbitraries.ts';
import { outcomeNow } from '../testing/outcome.ts';
import { HashTree, proveHashes, type HashesProof } from './hash-tree.ts';
import { verifyHashesProof } from './proof.ts';
import { allPieceHashesRoot } from './roots.ts';

const K64 = 65536;

/** Any 32 bytes serve as a piece hash: proofs never see content. */
function someHashes(count: number): Bytes {
  return new Uint8Array(count * 32).map((_, index) => (index >> 5) * 31 + index * 7 + 1);
}

function smallFiles(sizes: readonly number[]): OfferGeometry {
  return geometryOf(
    K64,
    sizes.map((size, index) => ({ path: `f${String(index)}`, size })),
  );
}

function orderOf(count: number): fc.Arbitrary<number[]> {
  const pieces = Array.from({ length: count }, (_, piece) => piece);
  return fc.shuffledSubarray(pieces, { minLength: count });
}

function verifies(g: OfferGeometry, root: Bytes, { first, hashes, auth }: HashesProof): boolean {
  return verifyHashesProof(g, root, first, hashes, auth);
}

const offer = offeredFiles(12, K64)
  .map(files => geometryOf(K64, files))
  .filter(g => g.pieceCount > 0);

test('[MT6] a proof of any piece and count covers that piece, is true to the hashes, and verifies', () => {
  fc.assert(
    fc.property(offer, fc.nat(), fc.integer({ min: 1, max: 2048 }), (g, seed, count) => {
      const hashes = someHashes(g.pieceCount);
      const first = seed % g.pieceCount;
      const proof = proveHashes(g, hashes, first, count);
      expect(proof.first).toBeLessThanOrEqual(first);
      expect(proof.first + proof.count).toBeGreaterThan(first);
      expect(toHex(proof.hashes)).toBe(
        toHex(hashes.subarray(proof.first * 32, (proof.first + proof.count) * 32)),
      );
      expect(verifies(g, allPieceHashesRoot(g, hashes), proof)).toBe(true);
    }),
  );
});

test('[MT7] a proof with any bit flipped, in hashes, uncles or root, does not verify', () => {
  fc.assert(
    fc.property(offer, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (g, seed, where, bit) => {
      const hashes = someHashes(g.pieceCount);
      const root = allPieceHashesRoot(g, hashes);
      const proof = proveHashes(g, hashes, seed % g.pieceCount, 4);
      const { fileUncles, topUncles } = proof.auth;
      const whole = concatBytes(proof.hashes, fileUncles, topUncles, root);
      const at = where % whole.length;
      whole[at] = (whole[at] ?? 0) ^ (1 << bit);
      const ends = [proof.hashes.length, fileUncles.length, topUncles.length];
      const [a = 0, b = 0, c = 0] = ends.map((_, index) => ends.slice(0, index + 1).reduce((x, y) => x + y));
      const auth = { kind: 'proof', fileUncles: whole.slice(a, b), topUncles: whole.slice(b, c) } as const;
      expect(verifyHashesProof(g, whole.slice(c), proof.first, whole.slice(0, a), auth)).toBe(false);
    }),
  );
});

test('[MT7] a proof does not verify for another place, with hashes added or left out, or uncles moved', () => {
  fc.assert(
    fc.property(offer, fc.nat(), fc.nat(), (g, seed, other) => {
      const hashes = someHashes(g.pieceCount);
      const root = allPieceHashesRoot(g, hashes);
      const proof = proveHashes(g, hashes, seed % g.pieceCount, 4);
      const elsewhere = other % g.pieceCount;
      if (elsewhere !== proof.first) expect(verifies(g, root, { ...proof, first: elsewhere })).toBe(false);
      expect(verifies(g, root, { ...proof, hashes: proof.hashes.slice(32) })).toBe(false);
      expect(verifies(g, root, { ...proof, hashes: concatBytes(proof.hashes, new Uint8Array(32)) })).toBe(
        false,
      );
      const { fileUncles, topUncles } = proof.auth;
      const joined = concatBytes(fileUncles, topUncles);
      if (fileUncles.length > 0)
        expect(
          verifies(g, root, {
            ...proof,
            auth: { kind: 'proof', fileUncles: new Uint8Array(0), topUncles: joined },
          }),
        ).toBe(false);
    }),
  );
});

test('[MT7] a run over small files does not verify one piece further on, nor with uncles it does not need', () => {
  const g = smallFiles([1, 2, 3, 4, 5, 6]);
  const root = allPieceHashesRoot(g, someHashes(6));
  const proof = proveHashes(g, someHashes(6), 0, 4);
  expect(proof).toMatchObject({ first: 0, count: 4 });
  expect(verifies(g, root, proof)).toBe(true);
  expect(verifies(g, root, { ...proof, first: 1 })).toBe(false);
  const auth = { ...proof.auth, fileUncles: new Uint8Array(32) };
  expect(verifies(g, root, { ...proof, auth })).toBe(false);
});

test('[MT7] whatever a peer sends, verification answers and never throws', () => {
  fc.assert(
    fc.property(
      offer,
      fc.integer(),
      bytes(0, 200),
      bytes(0, 200),
      bytes(0, 200),
      (g, first, hashes, a, b) => {
        const root = allPieceHashesRoot(g, someHashes(g.pieceCount));
        const auth = { kind: 'proof', fileUncles: a, topUncles: b } as const;
        expect(verifyHashesProof(g, root, first, hashes, auth)).toBe(false);
      },
    ),
  );
  const g = smallFiles([5 * K64]);
  const none = { kind: 'proof', fileUncles: new Uint8Array(0), topUncles: new Uint8Array(0) } as const;
  expect(verifyHashesProof(g, new Uint8Array(32), Number.NaN, new Uint8Array(32), none)).toBe(false);
});

test('[MT6] a run is aligned, at most 512 hashes, and no wider than asked for', () => {
  const g = smallFiles([3000 * K64]);
  const tree = HashTree.of(g, someHashes(3000));
  const { first, count } = tree.prove(700, 2048);
  expect({ first, count }).toEqual({ first: 512, count: 512 });
  expect(tree.prove(700, 1)).toMatchObject({ first: 700, count: 1 });
  expect(tree.prove(701, 3)).toMatchObject({ first: 700, count: 4 });
  expect(tree.prove(2999, 9)).toMatchObject({ first: 2999, count: 1 });
  expect(tree.prove(2561, 2048)).toMatchObject({ first: 2560, count: 440 });
});

test('[MT6] many small files share a proof, empty files among them too; a longer file ends the run', () => {
  const g = smallFiles([1, 0, 2, 3, 0, 0, 4, 3 * K64, 5]);
  const tree = HashTree.of(g, someHashes(g.pieceCount));
  expect(tree.prove(0, 4)).toMatchObject({ first: 0, count: 3 });
  expect(tree.prove(3, 1)).toMatchObject({ first: 3, count: 1 });
  expect(tree.prove(5, 2)).toMatchObject({ first: 4, count: 3 });
  expect(tree.prove(7, 100)).toMatchObject({ first: 7, count: 1 });
  const hashes = someHashes(g.pieceCount);
  for (let piece = 0; piece < g.pieceCount; piece += 1)
    expect(verifies(g, allPieceHashesRoot(g, hashes), proveHashes(g, hashes, piece, 100))).toBe(true);
});

test('[MT5] [MT6] the tree has the roots that the plain functions compute', () => {
  fc.assert(
    fc.property(offer, g => {
      const hashes = someHashes(g.pieceCount);
      expect(HashTree.of(g, hashes).root).toEqual(allPieceHashesRoot(g, hashes));
    }),
  );
});

test('[MT5] [MT6] the order in which hashes come, and come again, does not matter; the root is there with the last', () => {
  fc.assert(
    fc.property(
      offer.chain(g => fc.tuple(fc.constant(g), orderOf(g.pieceCount))),
      fc.nat(),
      ([g, order], seed) => {
        const hashes = someHashes(g.pieceCount);
        const at = (piece: number): Uint8Array => hashes.subarray(piece * 32, (piece + 1) * 32);
        const tree = new HashTree(g);
        for (const piece of order) {
          expect(tree.root).toBeUndefined();
          expect(outcomeNow(() => tree.prove(piece, 1))).toBe('bad-hashes');
          tree.set(piece, at(piece));
          // Only the first word counts.
          tree.set(piece, new Uint8Array(32));
        }
        expect(tree.root).toEqual(allPieceHashesRoot(g, hashes));
        const first = seed % g.pieceCount;
        expect(tree.prove(first, 64)).toEqual(HashTree.of(g, hashes).prove(first, 64));
      },
    ),
  );
});

test('[MT6] a wrong number of hashes or a piece that does not exist is refused', () => {
  const g = smallFiles([3 * K64]);
  expect(outcomeNow(() => HashTree.of(g, someHashes(2)))).toBe('bad-hashes');
  expect(outcomeNow(() => HashTree.of(g, someHashes(3)).prove(3, 1))).toBe('bad-piece');
  expect(outcomeNow(() => new HashTree(g).set(3, someHashes(1)))).toBe('bad-piece');
});

test('[MT6] 10,000 files and 25,600 pieces: a proof is read from the tree, not computed', () => {
  const big = HashTree.of(smallFiles([25_600 * K64]), someHashes(25_600));
  const many = HashTree.of(smallFiles(Array.from({ length: 10_000 }, () => 9)), someHashes(10_000));
  const started = performance.now();
  for (let n = 0; n < 1000; n += 1) {
    big.prove((n * 7919) % 25_600, 64);
    many.prove((n * 7919) % 10_000, 64);
  }
  // Rebuilding the tree takes tens of milliseconds each, so 2,000 of them would take minutes; read, well under a second.
  expect(performance.now() - started).toBeLessThan(5000);
});
