import type { FailureView, FileView } from '@shoal/room';
import { memo, type CSSProperties } from 'react';
import { fitsNot } from './totals.ts';
import { FileRow } from './file-row.tsx';
import type { RoomActions } from './room-actions.ts';

export interface FileBlockProps {
  /** The same array as long as none of them has changed. */
  readonly files: readonly FileView[];
  readonly mine: boolean;
  readonly inside: string;
  /** By the `key` of the file. */
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly actions: RoomActions;
  /** Bytes that the browser's storage still takes. */
  readonly roomLeft: number;
  /** Lets the browser skip layout and paint while the block is out of sight. */
  readonly deferred: boolean;
}

/**
 * A run of rows that renders as one. With ten thousand files a change then costs the rows of one block, not a look at ten thousand.
 */
export const FileBlock = memo(function FileBlock(props: FileBlockProps) {
  const { files, mine, inside, failures, actions, roomLeft, deferred } = props;
  const size: CSSProperties & { readonly '--rows'?: number } = { '--rows': files.length };
  return (
    <ul className={deferred ? 'file-block file-block-deferred' : 'file-block'} style={size} role="list">
      {files.map(file => (
        <FileRow
          key={file.key}
          file={file}
          mine={mine}
          inside={inside}
          failure={failures.get(file.key)}
          actions={actions}
          tooLarge={fitsNot(file, mine, roomLeft)}
        />
      ))}
    </ul>
  );
}, isSameBlock);

function isSameBlock(before: FileBlockProps, after: FileBlockProps): boolean {
  return (
    before.mine === after.mine &&
    before.inside === after.inside &&
    before.actions === after.actions &&
    // What is left changes with all that comes; that some file fits no more is rare.
    (before.roomLeft === after.roomLeft ||
      before.files.every(
        file => fitsNot(file, before.mine, before.roomLeft) === fitsNot(file, after.mine, after.roomLeft),
      )) &&
    before.deferred === after.deferred &&
    before.files === after.files &&
    (before.failures === after.failures ||
      before.files.every(file => before.failures.get(file.key) === after.failures.get(file.key)))
  );
}
