import type { FailureView, OfferView } from '@shoal/room';
import { useRef, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { OfferCard } from './offer-card.tsx';
import type { RoomActions } from './room-actions.ts';
import { roomOptions } from './totals.ts';
import './files.css';

interface FilesPanelProps {
  readonly offers: readonly OfferView[];
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly saving: boolean;
  /** Bytes that the browser's storage still takes. */
  readonly roomLeft: number;
  readonly actions: RoomActions;
  /** Said while there is no file. */
  readonly emptyText: string;
  /** Buttons that add more files. */
  readonly children: ReactNode;
}

export function FilesPanel({
  offers,
  failures,
  saving,
  roomLeft,
  actions,
  emptyText,
  children,
}: FilesPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const options = roomOptions(offers);
  const downloadAll = () => {
    actions.downloadAll();
    // The button goes away: without this the keyboard would start again at the top of the page.
    heading.current?.focus();
  };
  return (
    <section className="files" aria-labelledby="files-heading">
      <header className="panel-head">
        <h2 id="files-heading" ref={heading} tabIndex={-1}>
          Files
        </h2>
        <div className="panel-buttons">
          {options.download ? (
            <Button label="Download all" icon="download" look="primary" onPress={downloadAll} />
          ) : null}
          {options.save ? (
            <Button
              label="Save all"
              icon="save"
              look={options.download ? 'plain' : 'primary'}
              busy={saving}
              onPress={actions.saveAll}
            />
          ) : null}
          {options.save && actions.saveFolder !== undefined ? (
            <Button label="Save to folder" icon="save" busy={saving} onPress={actions.saveFolder} />
          ) : null}
        </div>
      </header>
      <p className="saving" role="status">
        {saving ? 'Getting your files ready to save…' : ''}
      </p>
      {offers.length === 0 ? (
        <p className="card empty">{emptyText}</p>
      ) : (
        offers.map(offer => (
          <OfferCard key={offer.id} offer={offer} failures={failures} actions={actions} roomLeft={roomLeft} />
        ))
      )}
      <div className="add-more">{children}</div>
    </section>
  );
}
