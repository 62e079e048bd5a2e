import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { offeredFiles } from '../testing/arbitraries.ts';
import { outcomeNow } from '../testing/outcome.ts';
import { choosePieceLength, geometryOf, locatePiece } from './geometry.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

test('[MF7] the piece length grows with the size, a power of two from 64 KiB to 4 MiB', () => {
  expect([0, 1, 256 * MIB, 256 * MIB + 1, GIB, 16 * GIB, 100 * GIB].map(choosePieceLength)).toEqual(
    [64, 64, 64, 128, 256, 4096, 4096].map(length => length * KIB),
  );
});

test('[MF6] pieces tile the files exactly: in order, without gap or overlap, none empty, none across files', () => {
  fc.assert(
    fc.property(offeredFiles(30, 64 * KIB), files => {
      const g = geometryOf(64 * KIB, files);
      let piece = 0;
      g.files.forEach((span, file) => {
        expect(span.firstPiece).toBe(piece);
        let begin = 0;
        while (begin < span.size) {
          const located = locatePiece(g, piece);
          expect(located).toEqual({ file, begin, length: Math.min(64 * KIB, span.size - begin) });
          begin += located.length;
          piece += 1;
        }
        expect(span.pieceCount).toBe(piece - span.firstPiece);
      });
      expect(g.pieceCount).toBe(piece);
      expect(g.totalBytes).toBe(files.reduce((sum, { size }) => sum + size, 0));
    }),
  );
});

test('[MF6] what cannot be an offer is refused', () => {
  const file = { path: 'f', size: 1 };
  const tries: [number, { path: string; size: number }[]][] = [
    [1000, [file]],
    [32 * KIB, [file]],
    [8 * MIB, [file]],
    [Number.NaN, [file]],
    [64 * KIB, []],
    [64 * KIB, [{ path: 'f', size: -1 }]],
    [64 * KIB, [{ path: 'f', size: 1.5 }]],
    [64 * KIB, [{ path: 'f', size: Number.MAX_SAFE_INTEGER }]],
    [64 * KIB, Array.from({ length: 10_001 }, () => file)],
  ];
  for (const [length, files] of tries)
    expect(outcomeNow(() => geometryOf(length, files))).toBe('bad-geometry');
  const g = geometryOf(64 * KIB, [file]);
  for (const piece of [-1, 1, 0.5, Number.NaN])
    expect(outcomeNow(() => locatePiece(g, piece))).toBe('bad-piece');
});
