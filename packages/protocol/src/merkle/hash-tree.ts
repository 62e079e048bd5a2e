import { concatBytes, type Bytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { ProvenHashes } from '../hashes-auth.ts';
import { HASH_BYTES, MAX_PROOF_HASHES } from '../limits.ts';
import { fileAt, locatePiece, type OfferGeometry } from '../manifest/geometry.ts';
import { GrowingTree } from './growing-tree.ts';
import { demandHashes, pieceHeight } from './roots.ts';
import { alignedStart, filesRun, type FilesRun } from './runs.ts';
import { zeroRoot } from './tree.ts';

/** A run of piece hashes with its way to the offer root. */
export interface ProvenRun {
  /** At or before the piece asked for. */
  readonly first: number;
  /** May be fewer, or more, than asked for; always covers the piece asked for. */
  readonly count: number;
  readonly auth: ProvenHashes;
}

export interface HashesProof extends ProvenRun {
  /** `count` * 32 bytes. */
  readonly hashes: Bytes;
}

/**
 * All inner nodes of an offer's tree, made as the piece hashes come in (about one SHA-256 per piece and file), from which each
 * proof is only read. Holds about 64 bytes per piece.
 */
export class HashTree {
  readonly #g: OfferGeometry;
  /** Of files of several pieces. */
  readonly #files = new Map<number, GrowingTree>();
  readonly #top: GrowingTree;

  constructor(g: OfferGeometry) {
    this.#g = g;
    this.#top = new GrowingTree(g.files.length, 0);
    for (const [file, { pieceCount }] of g.files.entries())
      if (pieceCount === 0) this.#top.set(file, zeroRoot(0));
  }

  /**
   * @param pieceHashes of all pieces, n * 32 bytes
   * @throws ProtocolError `bad-hashes` on a wrong number of hashes
   */
  static of(g: OfferGeometry, pieceHashes: Bytes): HashTree {
    demandHashes(pieceHashes, g.pieceCount);
    const tree = new HashTree(g);
    for (let piece = 0; piece < g.pieceCount; piece += 1)
      tree.set(piece, pieceHashes.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES));
    return tree;
  }

  /** Root of the offer, 32 bytes, once all hashes are there. */
  get root(): Bytes | undefined {
    return this.#top.root;
  }

  /**
   * Takes the hash of a piece, which is copied. One that is there already is kept as it is.
   * @throws ProtocolError `bad-piece` when the offer has no such piece
   */
  set(piece: number, hash: Uint8Array): void {
    const { file } = locatePiece(this.#g, piece);
    const { firstPiece, pieceCount } = fileAt(this.#g, file);
    if (pieceCount === 1) return this.#top.set(file, hash);
    let tree = this.#files.get(file);
    if (tree === undefined) {
      tree = new GrowingTree(pieceCount, pieceHeight(this.#g));
      this.#files.set(file, tree);
    }
    tree.set(piece - firstPiece, hash);
    const { root } = tree;
    if (root !== undefined) this.#top.set(file, root);
  }

  /**
   * A proof that covers `first` and as much of the `count` pieces from it as one run can. A run is aligned to a power of
   * two, lies in one file of several pieces or over neighbouring files of at most one piece, and has at most 512 hashes.
   * @throws ProtocolError `bad-piece` when the offer has no piece `first`, `bad-hashes` while not all hashes are there
   */
  prove(first: number, count: number): ProvenRun {
    const { file } = locatePiece(this.#g, first);
    const { firstPiece, pieceCount } = fileAt(this.#g, file);
    if (this.root === undefined) throw incomplete();
    const tree = this.#files.get(file);
    if (tree === undefined) return this.#proveFiles(file, first + count);
    const local = first - firstPiece;
    const end = Math.min(local + count, pieceCount);
    let height = 0;
    while (
      height < tree.levels &&
      2 << height <= MAX_PROOF_HASHES &&
      alignedStart(local, height) + (1 << height) < end
    )
      height += 1;
    const start = alignedStart(local, height);
    const fileUncles = uncles(tree, local, height);
    const auth = { kind: 'proof', fileUncles, topUncles: uncles(this.#top, file, 0) } as const;
    return { first: firstPiece + start, count: Math.min(1 << height, pieceCount - start), auth };
  }

  /** A run over files of at most one piece, wide enough for the pieces before `endPiece` if the files allow. */
  #proveFiles(file: number, endPiece: number): ProvenRun {
    let height = 0;
    let run: FilesRun = { first: fileAt(this.#g, file).firstPiece, count: 1 };
    while (height < this.#top.levels && 2 << height <= MAX_PROOF_HASHES && run.first + run.count < endPiece) {
      const wider = filesRun(this.#g, file, height + 1);
      if (wider === undefined) break;
      run = wider;
      height += 1;
    }
    const topUncles = uncles(this.#top, file, height);
    return { ...run, auth: { kind: 'proof', fileUncles: new Uint8Array(0), topUncles } };
  }
}

/** One proof without keeping the tree; whoever answers more than one keeps a {@link HashTree}. */
export function proveHashes(
  g: OfferGeometry,
  allPieceHashes: Bytes,
  first: number,
  count: number,
): HashesProof {
  const run = HashTree.of(g, allPieceHashes).prove(first, count);
  return {
    ...run,
    hashes: allPieceHashes.slice(run.first * HASH_BYTES, (run.first + run.count) * HASH_BYTES),
  };
}

/** Siblings on the way from the node at `height` over hash `index` to the root; where no real one is, the all-zero root. */
function uncles(tree: GrowingTree, index: number, height: number): Bytes {
  const found: Bytes[] = [];
  for (let level = height; level < tree.levels; level += 1) {
    const uncle = tree.node(level, (index >> level) ^ 1);
    if (uncle === undefined) throw incomplete();
    found.push(uncle);
  }
  return concatBytes(...found);
}

function incomplete(): ProtocolError {
  return new ProtocolError('bad-hashes', 'Not all hashes are known.');
}
