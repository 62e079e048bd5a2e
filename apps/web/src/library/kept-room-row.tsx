import type { KeptRoom } from '@shoal/room';
import { useId, useState } from 'react';
import { formatBytes } from '../format/format.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { iconFor } from '../files/paths.ts';
import { roomTitle, roomWords } from './words.ts';
import '../files/files.css';

interface KeptRoomRowProps {
  readonly room: KeptRoom;
  /** Milliseconds since 1970, when the list was made. */
  readonly now: number;
  readonly onRemove: (room: KeptRoom) => void;
}

/** One room that this device remembers. Removing asks once more: what is deleted must be fetched anew. */
export function KeptRoomRow({ room, now, onRemove }: KeptRoomRowProps) {
  const [asking, setAsking] = useState(false);
  const titleId = useId();
  const title = roomTitle(room);
  const fraction = room.wantedBytes > 0 ? room.gotBytes / room.wantedBytes : 0;
  return (
    <li
      className="kept-room"
      data-testid="kept-room"
      data-state={room.state}
      data-bytes={room.keptBytes}
      data-link={room.link}
    >
      <span className="file-icon">
        <Icon name={room.paths[0]?.includes('/') === true ? 'folder' : iconFor(title)} />
      </span>
      <div className="file-text">
        <h3 className="file-name" id={titleId}>
          <bdi>{title}</bdi>
        </h3>
        <p className="file-meta">
          {roomWords(room, now).map(word => (
            <span key={word} className="figure">
              {word}
            </span>
          ))}
        </p>
        {room.state === 'unfinished' ? (
          <ProgressBar value={fraction} label={`Progress of ${title}`} tone="still" />
        ) : null}
      </div>
      <div className="row-buttons">
        {asking ? (
          <>
            <Button
              label={room.keptBytes > 0 ? `Delete ${formatBytes(room.keptBytes)}` : 'Forget it'}
              look="primary"
              describedBy={titleId}
              onPress={() => onRemove(room)}
            />
            <Button label="Keep" look="plain" describedBy={titleId} onPress={() => setAsking(false)} />
          </>
        ) : (
          <>
            <a className="button button-soft" href={room.link} aria-describedby={titleId}>
              {room.state === 'unfinished' ? 'Continue' : 'Open'}
            </a>
            <Button
              label="Remove"
              icon="cancel"
              look="quiet"
              compact
              describedBy={titleId}
              onPress={() => setAsking(true)}
            />
          </>
        )}
      </div>
    </li>
  );
}
