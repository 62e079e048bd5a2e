import type { FailureView, OfferView } from '@shoal/room';
import { startTransition, useEffect, useMemo, useState } from 'react';
import { BLOCK_ROWS, NO_BLOCKS, stepTowards } from './file-blocks.ts';
import { FileBlock } from './file-block.tsx';
import type { RoomActions } from './room-actions.ts';

interface FileListProps {
  readonly offer: OfferView;
  readonly inside: string;
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly actions: RoomActions;
  readonly roomLeft: number;
}

/** All rows of an offer. Those of a long list come, and change, block by block, so that the page answers meanwhile. */
export function FileList({ offer, inside, failures, actions, roomLeft }: FileListProps) {
  const { files } = offer;
  const [shown, setShown] = useState(NO_BLOCKS);
  const next = useMemo(() => stepTowards(shown, files), [shown, files]);
  useEffect(() => {
    if (next === shown) return undefined;
    if (next.blocks.length > shown.blocks.length) {
      startTransition(() => setShown(next));
      return undefined;
    }
    // Each snapshot would make a transition start anew, and rows far down be out of date for ten seconds.
    const step = setTimeout(() => setShown(next));
    return () => clearTimeout(step);
  }, [next, shown]);
  return next.blocks.map((block, index) => (
    <FileBlock
      key={index}
      files={block}
      mine={offer.mine}
      inside={inside}
      failures={failures}
      actions={actions}
      roomLeft={roomLeft}
      deferred={files.length > BLOCK_ROWS}
    />
  ));
}
