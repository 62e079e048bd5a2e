import type { OfferGeometry } from '../manifest/geometry.ts';

/** Piece hashes that one proof covers. */
export interface FilesRun {
  readonly first: number;
  readonly count: number;
}

/** First index of the aligned run of 2^height that holds `index`. */
export function alignedStart(index: number, height: number): number {
  return (index >> height) << height;
}

/**
 * The pieces of the aligned run of 2^height files around `file`; `undefined` when one of them has several pieces, since
 * then its root is not a piece hash. Empty files are let in: their root is known to be zero.
 */
export function filesRun(g: OfferGeometry, file: number, height: number): FilesRun | undefined {
  const start = alignedStart(file, height);
  let count = 0;
  for (let index = start; index < start + (1 << height); index += 1) {
    const pieces = g.files[index]?.pieceCount ?? 0;
    if (pieces > 1) return undefined;
    count += pieces;
  }
  return { first: g.files[start]?.firstPiece ?? 0, count };
}
