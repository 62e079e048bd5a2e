import type { FileView } from '@shoal/room';
import { describe, expect, test } from 'vitest';
import { fakeOffer } from '../dev/fake-room.ts';
import { BLOCK_ROWS, NO_BLOCKS, stepTowards, type ShownBlocks } from './file-blocks.ts';

const list = (count: number): readonly FileView[] =>
  fakeOffer({
    id: 'o',
    files: Array.from({ length: count }, (_, at) => ({ path: `${at}`, state: 'downloading', progress: 0 })),
  }).files;
/** The files with some of them in another state: all when none is named. */
const changed = (files: readonly FileView[], ...which: readonly number[]): FileView[] =>
  files.map((file, at) => (which.length === 0 || which.includes(at) ? { ...file, progress: 1 } : file));

function settle(shown: ShownBlocks, files: readonly FileView[]): { shown: ShownBlocks; steps: number } {
  for (let steps = 0; ; steps++) {
    const next = stepTowards(shown, files);
    if (next === shown) return { shown, steps };
    shown = next;
  }
}

describe('rows of a long list', () => {
  test('come a block first, then some blocks a step, until all are there', () => {
    const files = list(10 * BLOCK_ROWS + 1);
    const first = stepTowards(NO_BLOCKS, files);
    expect(first.blocks).toEqual([files.slice(0, BLOCK_ROWS)]);
    expect(stepTowards(first, files).blocks).toHaveLength(4);
    const { shown, steps } = settle(NO_BLOCKS, files);
    expect(steps).toBe(5);
    expect(shown.blocks.flat()).toEqual(files);
    expect(shown.blocks.at(-1)).toHaveLength(1);
  });

  test('a change takes its own block, and at once', () => {
    const files = list(10 * BLOCK_ROWS);
    const { shown } = settle(NO_BLOCKS, files);
    for (const index of [0, 7 * BLOCK_ROWS, files.length - 1]) {
      const after = changed(files, index);
      const next = stepTowards(shown, after);
      expect(next.blocks.flat()[index]?.progress).toBe(1);
      expect(next.blocks.filter((block, at) => block !== shown.blocks[at])).toHaveLength(1);
    }
  });

  test('a list of one block follows each change', () => {
    const files = list(2);
    const { shown } = settle(NO_BLOCKS, files);
    const after = changed(files, 1);
    expect(stepTowards(shown, after).blocks).toEqual([after]);
  });

  test('blocks that change all the time keep none waiting', () => {
    let files = list(12 * BLOCK_ROWS);
    let { shown } = settle(NO_BLOCKS, files);
    const seen = new Set<number>();
    for (let step = 0; step < 4; step++) {
      files = changed(files);
      const next = stepTowards(shown, files);
      for (const [at, block] of next.blocks.entries()) if (block !== shown.blocks[at]) seen.add(at);
      shown = next;
    }
    expect(seen.size).toBe(12);
  });

  test('an empty list has no blocks', () => {
    expect(stepTowards(NO_BLOCKS, [])).toBe(NO_BLOCKS);
  });
});
