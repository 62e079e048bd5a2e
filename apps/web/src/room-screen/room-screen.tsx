import type { FailureView, RoomHandle, RoomSnapshot } from '@shoal/room';
import { useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { CheckLink } from '../check/check-link.tsx';
import { FilesPanel } from '../files/files-panel.tsx';
import { createRoomActions, type Saved } from '../files/room-actions.ts';
import { roomLeft } from '../files/totals.ts';
import { Alert } from '../failures/alert.tsx';
import { formatBytes } from '../format/format.ts';
import { LinkCard } from '../link-card/link-card.tsx';
import { PeoplePanel } from '../people/people-panel.tsx';
import { SiteHeader } from '../ui/site-header.tsx';
import { Announcer } from './announcer.tsx';
import { ConnectionState } from './connection-state.tsx';
import { useLeaveGuard, usePageTitle, useWakeLock } from './page-effects.ts';
import { sharingHint } from './sharing-hint.ts';
import { SnapshotFeed } from './snapshot-feed.ts';
import './room-screen.css';

interface RoomScreenProps {
  readonly room: RoomHandle;
  /** Made just now, for files that are still to come into it. */
  readonly created: boolean;
  readonly report: (error: unknown) => void;
  /** Hands a saved file to the browser. */
  readonly keep: (saved: Saved) => void;
  /** Alerts of the page itself. */
  readonly notices: ReactNode;
  /** What the person allows the network to do. */
  readonly settings: ReactNode;
  /** Buttons that add files. */
  readonly pickers: ReactNode;
  /** Files of this person are being read, and about to be offered. */
  readonly gathering: boolean;
}

export function RoomScreen({
  room,
  created,
  report,
  keep,
  notices,
  settings,
  pickers,
  gathering,
}: RoomScreenProps) {
  const feed = useMemo(() => new SnapshotFeed(room), [room]);
  const snapshot = useSyncExternalStore(feed.subscribe, feed.getSnapshot, feed.getSnapshot);
  const actions = useMemo(() => createRoomActions(room, report, keep), [room, report, keep]);
  const failures = useMemo(() => sortFailures(snapshot), [snapshot]);
  // Who came with files reads the link first, who came for files the files. Fixed at the start: things must not jump about.
  const [linkFirst] = useState(
    () => created || (snapshot.offers.length > 0 && snapshot.offers.every(offer => offer.mine)),
  );
  usePageTitle(snapshot);
  useLeaveGuard(snapshot);
  useWakeLock(snapshot);
  return (
    <div className="page">
      <SiteHeader>
        <ConnectionState state={snapshot.connection} />
      </SiteHeader>
      <main className={linkFirst ? 'room room-link-first' : 'room'}>
        <h1 className="visually-hidden">Room</h1>
        <div className="room-alerts">
          {notices}
          {failures.general.map(failure => (
            <Alert key={failure.id} failure={failure} onDismiss={actions.dismiss} />
          ))}
        </div>
        <div className="room-link-area">
          <LinkCard link={snapshot.link} hint={sharingHint(snapshot)} onError={report} />
        </div>
        <div className="room-files-area">
          <FilesPanel
            offers={snapshot.offers}
            failures={failures.byFile}
            saving={snapshot.saving}
            roomLeft={roomLeft(snapshot)}
            actions={actions}
            emptyText={emptyText(snapshot, gathering)}
          >
            {pickers}
          </FilesPanel>
        </div>
        <div className="room-people-area">
          <PeoplePanel
            self={snapshot.self}
            neighbours={snapshot.neighbours}
            indirect={snapshot.indirect}
            further={snapshot.further}
            onRename={actions.rename}
          />
          {settings}
        </div>
      </main>
      <footer className="site-footer">
        <p>
          {storageWords(snapshot.storage)} <a href="/">See what is kept</a> · <CheckLink apart />
        </p>
      </footer>
      <Announcer snapshot={snapshot} />
    </div>
  );
}

const NO_FAILURES: ReadonlyMap<string, FailureView> = new Map();

/** Alerts that belong to a row that is there go to it, all others to the top. */
function sortFailures({ failures, offers }: RoomSnapshot) {
  if (failures.length === 0) return { general: failures, byFile: NO_FAILURES };
  const keys = new Set(offers.flatMap(offer => offer.files.map(file => file.key)));
  const general: FailureView[] = [];
  const byFile = new Map<string, FailureView>();
  for (const failure of failures) {
    if (failure.file !== undefined && keys.has(failure.file) && !byFile.has(failure.file)) {
      byFile.set(failure.file, failure);
    } else general.push(failure);
  }
  return { general, byFile };
}

function emptyText({ neighbours, connection }: RoomSnapshot, gathering: boolean): string {
  if (gathering) return 'Your files are being read, and appear here in a moment. The link works already.';
  if (neighbours.length > 0)
    return 'No files yet. Drop some anywhere on this page, or wait: what others share appears here.';
  return connection === 'connecting'
    ? 'Looking for the others…'
    : 'No files here yet. They appear as soon as somebody who has them opens this link.';
}

function storageWords({ kind, keeps, quota, used }: RoomSnapshot['storage']): string {
  const room = quota > 0 ? `${formatBytes(used)} of ${formatBytes(quota)} used on this device.` : '';
  if (kind === 'memory')
    return `This browser lets Shoal keep files in memory only: they are gone with this tab, and large ones may not fit. ${room}`;
  if (!keeps)
    return `This room is open in another tab of this browser: what you download in this one is gone with it, so save it, or use the other tab. ${room}`;
  // Every browser of today has OPFS, but Firefox withholds it in private windows.
  if (kind === 'indexeddb')
    return `This looks like a private window: files are kept until it is closed, so save what you want to keep. ${room}`;
  return room;
}
