import type { FailureView, OfferView } from '@shoal/room';
import { startTransition, useEffect, useState } from 'react';
import { FileBlock } from './file-block.tsx';
import type { RoomActions } from './room-actions.ts';

/** Rows that render, and are skipped, as one. */
const BLOCK_ROWS = 200;
/** Blocks that one step adds: measured to be as fast as more, without making the page wait longer. */
const BLOCKS_PER_STEP = 3;

interface FileListProps {
  readonly offer: OfferView;
  readonly inside: string;
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly actions: RoomActions;
  readonly roomLeft: number;
}

/** All rows of an offer. A long list comes block by block, so that the page answers meanwhile. */
export function FileList({ offer, inside, failures, actions, roomLeft }: FileListProps) {
  const blockCount = Math.ceil(offer.files.length / BLOCK_ROWS);
  const shown = useGrowing(blockCount);
  return Array.from({ length: shown }, (_, block) => (
    <FileBlock
      key={block}
      files={offer.files.slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS)}
      mine={offer.mine}
      inside={inside}
      failures={failures}
      actions={actions}
      roomLeft={roomLeft}
      deferred={blockCount > 1}
    />
  ));
}

/** Counts from 1 up to `goal`, a step further after each commit. */
function useGrowing(goal: number): number {
  const [count, setCount] = useState(1);
  useEffect(() => {
    if (count < goal) startTransition(() => setCount(count + BLOCKS_PER_STEP));
  }, [count, goal]);
  return Math.min(count, goal);
}
