import type { Bytes } from '../bytes.ts';
import { concatBytes } from '../bytes.ts';
import type { CryptoPort } from '../crypto.ts';
import { ProtocolError } from '../errors.ts';
import { BLOCK_BYTES, HASH_BYTES } from '../limits.ts';
import { fileAt, locatePiece, type OfferGeometry } from '../manifest/geometry.ts';
import { heightFor, rootOf } from './tree.ts';

/**
 * Hash of a piece (BEP 52): the root over SHA-256 of its 16 KiB blocks. In a file of several pieces it is padded with zero
 * leaves to the piece length; a file that fits in one piece only to the next power of two, and so is its pieces root.
 * @throws ProtocolError `bad-piece` when there is no such piece or `data` is not as long as it
 */
export async function hashPiece(
  crypto: Pick<CryptoPort, 'sha256'>,
  g: OfferGeometry,
  piece: number,
  data: Bytes,
): Promise<Bytes> {
  const { file, length } = locatePiece(g, piece);
  if (data.length !== length) throw new ProtocolError('bad-piece', 'The piece has the wrong length.');
  const blocks = Math.ceil(length / BLOCK_BYTES);
  // All digests at once: WebCrypto hashes on its own threads, and each call has a fixed cost that overlaps.
  const leaves = await Promise.all(
    Array.from({ length: blocks }, (_, block) =>
      crypto.sha256(data.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)),
    ),
  );
  const single = fileAt(g, file).pieceCount === 1;
  return rootOf(concatBytes(...leaves), 0, single ? heightFor(blocks) : pieceHeight(g));
}

/** Height of a full piece over its leaves. */
export function pieceHeight(g: OfferGeometry): number {
  return heightFor(g.pieceLength / BLOCK_BYTES);
}

/**
 * BEP 52 `pieces root` of a file.
 * @param pieceHashes of that file, n * 32 bytes
 * @returns 32 bytes; zeros for an empty file
 * @throws ProtocolError `bad-hashes` on a wrong number of hashes
 */
export function fileRoot(g: OfferGeometry, file: number, pieceHashes: Bytes): Bytes {
  const { pieceCount } = fileAt(g, file);
  demandHashes(pieceHashes, pieceCount);
  if (pieceCount === 0) return new Uint8Array(HASH_BYTES);
  if (pieceCount === 1) return pieceHashes.slice();
  return rootOf(pieceHashes, pieceHeight(g), heightFor(pieceCount));
}

/**
 * Root of an offer: the tree over its files' roots in order, padded with 32 zero bytes to a power of two. With one file it
 * is that file's pieces root.
 * @param fileRoots n * 32 bytes
 * @throws ProtocolError `bad-hashes` on a wrong number of roots
 */
export function offerRoot(g: OfferGeometry, fileRoots: Bytes): Bytes {
  demandHashes(fileRoots, g.files.length);
  return rootOf(fileRoots, 0, heightFor(g.files.length)).slice();
}

/** Roots of all files, n * 32 bytes, from the hashes of all pieces. */
export function fileRootsOf(g: OfferGeometry, pieceHashes: Bytes): Bytes {
  demandHashes(pieceHashes, g.pieceCount);
  return concatBytes(
    ...g.files.map(({ firstPiece, pieceCount }, file) =>
      fileRoot(
        g,
        file,
        pieceHashes.subarray(firstPiece * HASH_BYTES, (firstPiece + pieceCount) * HASH_BYTES),
      ),
    ),
  );
}

/** Root of an offer from the hashes of all its pieces, n * 32 bytes. */
export function allPieceHashesRoot(g: OfferGeometry, pieceHashes: Bytes): Bytes {
  return offerRoot(g, fileRootsOf(g, pieceHashes));
}

/** @throws ProtocolError `bad-hashes` unless `hashes` is `count` times 32 bytes */
export function demandHashes(hashes: Bytes, count: number): void {
  if (hashes.length !== count * HASH_BYTES)
    throw new ProtocolError('bad-hashes', 'The number of hashes is wrong.');
}
