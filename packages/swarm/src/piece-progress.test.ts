import { describe, expect, test } from 'vitest';
import { PieceProgress } from './piece-progress.ts';

const KIB = 1024;

describe('piece progress', () => {
  test('[RQ3] runs are powers of two, aligned, and shorter only at the end of the piece', () => {
    const progress = new PieceProgress(0, 100 * KIB + 5);
    expect(progress.nextFree(64 * KIB)).toEqual({ begin: 0, length: 64 * KIB });
    progress.receive({ begin: 0, length: 64 * KIB }, 1);
    expect(progress.nextFree(64 * KIB)).toEqual({ begin: 64 * KIB, length: 36 * KIB + 5 });
    expect(progress.nextFree(32 * KIB)).toEqual({ begin: 64 * KIB, length: 32 * KIB });
    progress.receive({ begin: 64 * KIB, length: 32 * KIB }, 1);
    expect(progress.nextFree(16 * KIB)).toEqual({ begin: 96 * KIB, length: 4 * KIB + 5 });
    progress.receive({ begin: 96 * KIB, length: 4 * KIB + 5 }, 2);
    expect(progress.nextFree(16 * KIB)).toBeUndefined();
    expect(progress.received).toBe(true);
    expect(progress.givers).toEqual(new Set([1, 2]));
  });

  test('[RQ5] a block that overlaps what is here is not lacking', () => {
    const progress = new PieceProgress(0, 128 * KIB);
    progress.receive({ begin: 32 * KIB, length: 16 * KIB }, 0);
    expect(progress.lacks({ begin: 0, length: 64 * KIB })).toBe(false);
    expect(progress.lacks({ begin: 0, length: 32 * KIB })).toBe(true);
    expect(progress.nextFree(128 * KIB)).toEqual({ begin: 0, length: 32 * KIB });
  });
});
