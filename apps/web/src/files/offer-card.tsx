import type { FailureView, OfferView } from '@shoal/room';
import { useId, useMemo, useState } from 'react';
import { ShareAgain } from './share-again.tsx';
import { Alert } from '../failures/alert.tsx';
import { countOf, progressAttribute } from '../format/format.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { FileButtons } from './file-buttons.tsx';
import { FileList } from './file-list.tsx';
import { commonFolder, offerTitle } from './paths.ts';
import type { RoomActions } from './room-actions.ts';
import { isOwn, offerProgress, overallState, totalsOf } from './totals.ts';
import { amountWords, offerWords } from './words.ts';

/** Above this many files only the sum is shown at first. */
const COLLAPSE_ABOVE = 200;
/** Alerts of single files shown while their rows are not. */
const MAX_FOLDED_ALERTS = 3;

interface OfferCardProps {
  readonly offer: OfferView;
  /** By the `key` of the file. */
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly actions: RoomActions;
  /** Bytes that the browser's storage still takes. */
  readonly roomLeft: number;
}

/** What one member shared in one go. */
export function OfferCard({ offer, failures, actions, roomLeft }: OfferCardProps) {
  const [open, setOpen] = useState(offer.files.length <= COLLAPSE_ABOVE);
  const inside = useMemo(() => commonFolder(offer.files), [offer.files]);
  const titleId = useId();
  const single = offer.files.length === 1;
  const folded = open || failures.size === 0 ? [] : foldedAlerts(offer, failures);
  return (
    <article className="card offer" aria-labelledby={titleId}>
      <OfferSource offer={offer} titleId={titleId} hidden={single} actions={actions} />
      {offer.again === 'no' ? null : <ShareAgain offer={offer} titleId={titleId} actions={actions} />}
      {single ? null : (
        <FolderRow
          offer={offer}
          titleId={titleId}
          open={open}
          onToggle={() => setOpen(!open)}
          actions={actions}
        />
      )}
      {folded.map(failure => (
        <Alert key={failure.id} failure={failure} onDismiss={actions.dismiss} />
      ))}
      {open || single ? (
        <FileList
          offer={offer}
          inside={single ? '' : inside}
          failures={failures}
          actions={actions}
          roomLeft={roomLeft}
        />
      ) : null}
    </article>
  );
}

interface OfferSourceProps {
  readonly offer: OfferView;
  readonly titleId: string;
  /** Whether the title is for assistive tools alone, since a row says it. */
  readonly hidden: boolean;
  readonly actions: RoomActions;
}

function OfferSource({ offer, titleId, hidden, actions }: OfferSourceProps) {
  const words = hidden ? offerWords(offer).filter(word => word !== 'Complete' && word !== 'Paused') : [];
  return (
    <header className="offer-source">
      {hidden ? (
        <h3 className="visually-hidden" id={titleId}>
          {offerTitle(offer)}
        </h3>
      ) : null}
      <p className="offer-from">
        <span>
          from{' '}
          <strong>
            <bdi>{offer.mine ? 'you' : offer.authorName}</bdi>
          </strong>
        </span>
        {words.map((word, place) => (
          <span key={place} className="figure">
            {word}
          </span>
        ))}
      </p>
      {offer.mine ? (
        <Button
          label="Stop sharing"
          look="quiet"
          describedBy={titleId}
          onPress={() => actions.withdraw(offer)}
        />
      ) : null}
    </header>
  );
}

interface FolderRowProps {
  readonly offer: OfferView;
  readonly titleId: string;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly actions: RoomActions;
}

/** The sum of several files, with the same buttons as a file. */
function FolderRow({ offer, titleId, open, onToggle, actions }: FolderRowProps) {
  const title = offerTitle(offer);
  const progress = offerProgress(offer);
  const state = overallState(offer);
  const { count } = totalsOf(offer);
  const busy = count.downloading > 0;
  return (
    <div
      className="folder-row"
      data-testid="folder-row"
      data-path={title}
      data-state={state}
      data-progress={progressAttribute(progress)}
    >
      <span className="file-icon file-icon-folder">
        <Icon name="folder" />
      </span>
      <div className="file-text">
        <h3 className="file-name" id={titleId}>
          <bdi>{title}</bdi>
        </h3>
        <p className="file-meta">
          <span>{countOf(offer.files.length, 'file')}</span>
          <span className="figure">{amountWords(offer)}</span>
          {offerWords(offer).map((word, place) => (
            <span key={place} className="figure">
              {word}
            </span>
          ))}
        </p>
        {busy || count.paused > 0 ? (
          <ProgressBar value={progress} label={`Progress of ${title}`} tone={busy ? 'active' : 'still'} />
        ) : null}
        <Button
          label={open ? 'Hide files' : 'Show files'}
          icon="chevron"
          look="quiet"
          expanded={open}
          describedBy={titleId}
          onPress={onToggle}
        />
      </div>
      {isOwn(offer) ? null : (
        <FileButtons
          state={state}
          describedBy={titleId}
          onDownload={() => actions.downloadOffer(offer)}
          onPause={() => actions.pauseOffer(offer)}
          onResume={() => actions.resumeOffer(offer)}
          onCancel={() => actions.cancelOffer(offer)}
        />
      )}
    </div>
  );
}

function foldedAlerts(offer: OfferView, failures: ReadonlyMap<string, FailureView>): FailureView[] {
  const alerts: FailureView[] = [];
  for (const file of offer.files) {
    const failure = failures.get(file.key);
    if (failure !== undefined) alerts.push({ ...failure, text: `${file.path}: ${failure.text}` });
    if (alerts.length === MAX_FOLDED_ALERTS) break;
  }
  return alerts;
}
