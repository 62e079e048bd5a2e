import type { KeptRoom } from '@shoal/room';
import { useCallback, useEffect, useState } from 'react';
import { Alert } from '../failures/alert.tsx';
import { failureOf } from '../failures/failure.ts';
import { countOf, formatBytes } from '../format/format.ts';
import { Button } from '../ui/button.tsx';
import { KeptRoomRow } from './kept-room-row.tsx';
import type { Library } from './library.ts';
import './library.css';

/** Rooms shown before "Show all". */
const SHOWN_FIRST = 4;

interface Listed {
  readonly rooms: readonly KeptRoom[];
  /** When they were listed, milliseconds since 1970. */
  readonly now: number;
}

const NOTHING: Listed = { rooms: [], now: 0 };

/** What is kept on this device, to go on with or to remove. Nothing at all on a first visit. */
export function KeptRooms({ library }: { readonly library: Library }) {
  const [{ rooms, now }, setListed] = useState<Listed>(NOTHING);
  const [failure, setFailure] = useState<ReturnType<typeof failureOf>>();
  const [all, setAll] = useState(false);
  const load = useCallback(() => {
    // A browser without storage keeps nothing, so there is nothing to list.
    library.list().then(
      listed => setListed({ rooms: listed, now: Date.now() }),
      () => setListed(NOTHING),
    );
  }, [library]);
  useEffect(load, [load]);
  const remove = (room: KeptRoom) => {
    setFailure(undefined);
    library
      .remove(room.room)
      .catch((error: unknown) => setFailure(removeFailure(error)))
      .finally(load);
  };
  if (rooms.length === 0) return null;
  const kept = rooms.reduce((sum, { keptBytes }) => sum + keptBytes, 0);
  const shown = all ? rooms : rooms.slice(0, SHOWN_FIRST);
  return (
    <section className="library" aria-labelledby="library-heading">
      <header className="panel-head">
        <h2 id="library-heading">Your rooms</h2>
        <p className="library-sum figure">{kept > 0 ? `${formatBytes(kept)} kept on this device` : null}</p>
      </header>
      {failure === undefined ? null : (
        <Alert failure={{ id: 'library', ...failure }} onDismiss={() => setFailure(undefined)} />
      )}
      <ul className="card kept-rooms" role="list">
        {shown.map(room => (
          <KeptRoomRow key={room.room} room={room} now={now} onRemove={remove} />
        ))}
      </ul>
      {shown.length < rooms.length ? (
        <Button
          label={`Show all ${countOf(rooms.length, 'room')}`}
          look="quiet"
          onPress={() => setAll(true)}
        />
      ) : null}
    </section>
  );
}

function removeFailure(error: unknown) {
  const failure = failureOf(error);
  return failure?.code === 'busy'
    ? { ...failure, text: 'This room is open in another tab. Close that tab, then remove the room.' }
    : failure;
}
