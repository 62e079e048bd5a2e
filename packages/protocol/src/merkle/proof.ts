import { concatBytes, equalBytes, type Bytes } from '../bytes.ts';
import type { ProvenHashes } from '../hashes-auth.ts';
import { HASH_BYTES, MAX_PROOF_HASHES } from '../limits.ts';
import { fileAt, locatePiece, type OfferGeometry } from '../manifest/geometry.ts';
import { pieceHeight } from './roots.ts';
import { alignedStart, filesRun } from './runs.ts';
import { hashPair, heightFor, rootOf, zeroRoot } from './tree.ts';

/**
 * True when the proof leads from exactly these hashes of the pieces from `first` on to the root. Never throws on what a
 * peer may send. Where in the tree the run lies follows from `first`, the geometry and the number of uncles alone.
 */
export function verifyHashesProof(
  g: OfferGeometry,
  root: Bytes,
  first: number,
  hashes: Bytes,
  auth: ProvenHashes,
): boolean {
  const count = hashes.length / HASH_BYTES;
  const known =
    Number.isInteger(count) &&
    count > 0 &&
    Number.isInteger(first) &&
    first >= 0 &&
    first + count <= g.pieceCount;
  if (!known) return false;
  const { file } = locatePiece(g, first);
  const computed =
    fileAt(g, file).pieceCount > 1
      ? rootFromFile(g, file, first, hashes, auth)
      : rootFromFiles(g, file, first, hashes, auth);
  return computed !== undefined && equalBytes(computed, root);
}

/** Offer root from a run inside one file of several pieces. */
function rootFromFile(
  g: OfferGeometry,
  file: number,
  first: number,
  hashes: Bytes,
  auth: ProvenHashes,
): Bytes | undefined {
  const { firstPiece, pieceCount } = fileAt(g, file);
  const height = runHeight(heightFor(pieceCount), auth.fileUncles);
  if (height === undefined || runHeight(heightFor(g.files.length), auth.topUncles) !== 0) return undefined;
  const local = first - firstPiece;
  const count = Math.min(1 << height, pieceCount - local);
  if (local !== alignedStart(local, height) || hashes.length !== count * HASH_BYTES) return undefined;
  const run = rootOf(hashes, pieceHeight(g), height);
  return climb(climb(run, local >> height, auth.fileUncles), file, auth.topUncles);
}

/** Offer root from a run over files of at most one piece. */
function rootFromFiles(
  g: OfferGeometry,
  file: number,
  first: number,
  hashes: Bytes,
  auth: ProvenHashes,
): Bytes | undefined {
  const height = runHeight(heightFor(g.files.length), auth.topUncles);
  if (height === undefined || auth.fileUncles.length > 0) return undefined;
  const run = filesRun(g, file, height);
  if (run === undefined || run.first !== first || run.count * HASH_BYTES !== hashes.length) return undefined;
  const start = alignedStart(file, height);
  let next = 0;
  const leaves = g.files.slice(start, start + (1 << height)).map(({ pieceCount }) => {
    if (pieceCount === 0) return zeroRoot(0);
    next += HASH_BYTES;
    return hashes.subarray(next - HASH_BYTES, next);
  });
  return climb(rootOf(concatBytes(...leaves), 0, height), start >> height, auth.topUncles);
}

/** Height of a run in a tree of `levels` from the number of uncles that are left; `undefined` when that cannot be. */
function runHeight(levels: number, uncles: Bytes): number | undefined {
  const height = levels - uncles.length / HASH_BYTES;
  return Number.isInteger(height) && height >= 0 && 1 << height <= MAX_PROOF_HASHES ? height : undefined;
}

function climb(node: Bytes, index: number, uncles: Bytes): Bytes {
  let climbed = node;
  for (let level = 0; level < uncles.length / HASH_BYTES; level += 1) {
    const uncle = uncles.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
    const left = ((index >> level) & 1) === 0;
    climbed = hashPair(left ? concatBytes(climbed, uncle) : concatBytes(uncle, climbed));
  }
  return climbed;
}
