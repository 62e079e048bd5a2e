import { concatBytes, type Bytes } from '../bytes.ts';
import type { ProvenHashes } from '../hashes-auth.ts';
import { HASH_BYTES, MAX_PROOF_HASHES } from '../limits.ts';
import { fileAt, locatePiece, type OfferGeometry } from '../manifest/geometry.ts';
import { demandHashes, pieceHeight } from './roots.ts';
import { alignedStart, filesRun, type FilesRun } from './runs.ts';
import { heightFor, layersOf, zeroRoot } from './tree.ts';

/** A run of piece hashes with its way to the offer root. */
export interface HashesProof {
  /** At or before the piece asked for. */
  readonly first: number;
  /** May be fewer, or more, than asked for; always covers the piece asked for. */
  readonly count: number;
  /** `count` * 32 bytes. */
  readonly hashes: Bytes;
  readonly auth: ProvenHashes;
}

/**
 * All inner nodes of an offer's tree, built once (about one SHA-256 per piece and file), from which each proof is only
 * read. Holds about 64 bytes per piece.
 */
export class HashTree {
  readonly #g: OfferGeometry;
  readonly #hashes: Bytes;
  /** Per file of several pieces, its layers from the piece hashes to the root. */
  readonly #fileLayers = new Map<number, readonly Bytes[]>();
  readonly #topLayers: readonly Bytes[];

  /**
   * @param pieceHashes of all pieces, n * 32 bytes; not copied, must not change
   * @throws ProtocolError `bad-hashes` on a wrong number of hashes
   */
  constructor(g: OfferGeometry, pieceHashes: Bytes) {
    demandHashes(pieceHashes, g.pieceCount);
    this.#g = g;
    this.#hashes = pieceHashes;
    const roots = g.files.map(({ firstPiece, pieceCount }, file) => {
      const own = this.#slice(firstPiece, pieceCount);
      if (pieceCount === 0) return zeroRoot(0);
      if (pieceCount === 1) return own;
      const layers = layersOf(own, pieceHeight(g), heightFor(pieceCount));
      this.#fileLayers.set(file, layers);
      return layers.at(-1) ?? own;
    });
    this.#topLayers = layersOf(concatBytes(...roots), 0, heightFor(g.files.length));
  }

  /** Root of the offer, 32 bytes. */
  get root(): Bytes {
    return (this.#topLayers.at(-1) ?? zeroRoot(0)).slice();
  }

  /** Pieces roots of all files, n * 32 bytes. */
  get fileRoots(): Bytes {
    return (this.#topLayers[0] ?? zeroRoot(0)).slice();
  }

  /**
   * A proof that covers `first` and as much of the `count` pieces from it as one run can. A run is aligned to a power of
   * two, lies in one file of several pieces or over neighbouring files of at most one piece, and has at most 512 hashes.
   * @throws ProtocolError `bad-piece` when the offer has no piece `first`
   */
  prove(first: number, count: number): HashesProof {
    const { file } = locatePiece(this.#g, first);
    const { firstPiece, pieceCount } = fileAt(this.#g, file);
    const layers = this.#fileLayers.get(file);
    if (layers === undefined) return this.#proveFiles(file, first + count);
    const local = first - firstPiece;
    const end = Math.min(local + count, pieceCount);
    const levels = heightFor(pieceCount);
    let height = 0;
    while (
      height < levels &&
      2 << height <= MAX_PROOF_HASHES &&
      alignedStart(local, height) + (1 << height) < end
    )
      height += 1;
    const start = alignedStart(local, height);
    return this.#proof(firstPiece + start, Math.min(1 << height, pieceCount - start), {
      kind: 'proof',
      fileUncles: uncles(layers, local, height, pieceHeight(this.#g)),
      topUncles: uncles(this.#topLayers, file, 0, 0),
    });
  }

  /** A run over files of at most one piece, wide enough for the pieces before `endPiece` if the files allow. */
  #proveFiles(file: number, endPiece: number): HashesProof {
    const levels = heightFor(this.#g.files.length);
    let height = 0;
    let run: FilesRun = { first: fileAt(this.#g, file).firstPiece, count: 1 };
    while (height < levels && 2 << height <= MAX_PROOF_HASHES && run.first + run.count < endPiece) {
      const wider = filesRun(this.#g, file, height + 1);
      if (wider === undefined) break;
      run = wider;
      height += 1;
    }
    return this.#proof(run.first, run.count, {
      kind: 'proof',
      fileUncles: new Uint8Array(0),
      topUncles: uncles(this.#topLayers, file, height, 0),
    });
  }

  #proof(first: number, count: number, auth: ProvenHashes): HashesProof {
    return { first, count, hashes: this.#slice(first, count).slice(), auth };
  }

  #slice(first: number, count: number): Bytes {
    return this.#hashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
  }
}

/** One proof without keeping the tree; whoever answers more than one keeps a {@link HashTree}. */
export function proveHashes(
  g: OfferGeometry,
  allPieceHashes: Bytes,
  first: number,
  count: number,
): HashesProof {
  return new HashTree(g, allPieceHashes).prove(first, count);
}

/** Siblings on the way from the node at `height` over leaf `index` to the root; where no real one is, the all-zero root. */
function uncles(layers: readonly Bytes[], index: number, height: number, baseHeight: number): Bytes {
  const found: Bytes[] = [];
  for (let level = height; level < layers.length - 1; level += 1) {
    const at = ((index >> level) ^ 1) * HASH_BYTES;
    const real = layers[level]?.subarray(at, at + HASH_BYTES);
    found.push(real?.length === HASH_BYTES ? real : zeroRoot(baseHeight + level));
  }
  return concatBytes(...found);
}
