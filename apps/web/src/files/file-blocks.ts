import type { FileView } from '@shoal/room';

/** Rows that render, and are skipped, as one. */
export const BLOCK_ROWS = 200;
/** Blocks that one step takes: measured to be as fast as more, without making the page wait longer. */
const BLOCKS_PER_STEP = 3;

/** What of a list is shown: its blocks from the first on, each as it was when a step took it. */
export interface ShownBlocks {
  readonly blocks: readonly (readonly FileView[])[];
  /** The block that the next step looks at first. */
  readonly next: number;
}

export const NO_BLOCKS: ShownBlocks = { blocks: [], next: 0 };

/**
 * One step towards showing these files as they are: takes some of the blocks that are missing or out of date, in turn, so that those
 * which change all the time keep none waiting. The first step of all takes one block.
 * @returns the very same object when there is nothing to take
 */
export function stepTowards(shown: ShownBlocks, files: readonly FileView[]): ShownBlocks {
  const count = Math.ceil(files.length / BLOCK_ROWS);
  const blocks = shown.blocks.slice();
  const most = blocks.length === 0 ? 1 : BLOCKS_PER_STEP;
  let taken = 0;
  let next = shown.next;
  for (let i = 0; i < count && taken < most; i++) {
    const block = (shown.next + i) % count;
    const begin = block * BLOCK_ROWS;
    if (blocks[block]?.every((file, row) => file === files[begin + row]) === true) continue;
    blocks[block] = files.slice(begin, begin + BLOCK_ROWS);
    next = block + 1;
    taken += 1;
  }
  return taken === 0 ? shown : { blocks, next };
}
