import type { FailureView, FileView } from '@shoal/room';
import { memo } from 'react';
import { formatBytes, progressAttribute } from '../format/format.ts';
import { Alert } from '../failures/alert.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { FileButtons } from './file-buttons.tsx';
import { iconFor, splitPath } from './paths.ts';
import type { RoomActions } from './room-actions.ts';
import { fileWords } from './words.ts';

export interface FileRowProps {
  readonly file: FileView;
  readonly mine: boolean;
  /** The folder named above the list already. */
  readonly inside: string;
  readonly failure: FailureView | undefined;
  readonly actions: RoomActions;
  /** It would be, or is, held back for want of room in the browser's storage. */
  readonly tooLarge: boolean;
}

/** One file. Renders only when its own FileView changed: there may be ten thousand of these. */
export const FileRow = memo(function FileRow({
  file,
  mine,
  inside,
  failure,
  actions,
  tooLarge,
}: FileRowProps) {
  const { folder, name } = splitPath(file.path, inside);
  const own = mine && file.state === 'seeding';
  const saveInto = tooLarge ? actions.saveInto : undefined;
  const nameId = `file-${file.key}`;
  return (
    <li
      className="file-row"
      data-testid="file-row"
      data-path={file.path}
      data-state={file.state}
      data-progress={progressAttribute(file.progress)}
    >
      <span className={`file-icon file-icon-${iconFor(name)}`}>
        <Icon name={iconFor(name)} />
      </span>
      <div className="file-text">
        <p className="file-name" id={nameId} title={file.path}>
          {/* Isolated: a name must not turn the text around it, as U+202E would. */}
          {folder === '' ? null : <bdi className="file-folder">{folder}</bdi>}
          <bdi>{name}</bdi>
        </p>
        <p className="file-meta">
          <span className="figure">{formatBytes(file.size)}</span>
          <span className={`state state-${own ? 'own' : file.state}`}>{fileWords(file, mine)}</span>
        </p>
        {showsBar(file) ? (
          <ProgressBar
            value={file.progress}
            label={`Progress of ${file.path}`}
            tone={file.state === 'downloading' ? 'active' : 'still'}
          />
        ) : null}
        {saveInto === undefined ? null : (
          <p className="file-note">
            There is too little room for it in this browser. It can go straight into a file that you pick,
            which for a moment needs up to twice its size there. After a reload or a crash it goes on.
          </p>
        )}
        {failure === undefined ? null : <Alert failure={failure} onDismiss={actions.dismiss} />}
      </div>
      {own ? null : (
        <FileButtons
          state={file.state}
          describedBy={nameId}
          onDownload={() => actions.download(file)}
          onPause={() => actions.pause(file)}
          onResume={() => actions.resume(file)}
          onCancel={() => actions.cancel(file)}
          {...(file.outlet === undefined && { onSave: () => actions.save(file) })}
          onSaveInto={saveInto && (() => saveInto(file))}
        />
      )}
    </li>
  );
});

function showsBar({ state, progress }: FileView): boolean {
  return state === 'downloading' || state === 'paused' || (state === 'failed' && progress > 0);
}
