import type { ChosenFile } from '@shoal/room';
import { useCallback, useSyncExternalStore } from 'react';
import { DropZone } from '../drop-zone/drop-zone.tsx';
import { FilePickers } from '../drop-zone/file-pickers.tsx';
import type { DroppedItem } from '../drop-zone/read-entries.ts';
import { Alert } from '../failures/alert.tsx';
import { saveBlob } from '../files/save-blob.ts';
import { countOf } from '../format/format.ts';
import { Broken } from '../landing/broken.tsx';
import { Landing } from '../landing/landing.tsx';
import { Opening } from '../landing/opening.tsx';
import { KeptRooms } from '../library/kept-rooms.tsx';
import type { Library } from '../library/library.ts';
import { RoomScreen } from '../room-screen/room-screen.tsx';
import { SettingsPanel } from '../settings/settings-panel.tsx';
import type { Settings } from '../settings/settings.ts';
import type { AppState } from './app-state.ts';
import type { Session } from './session.ts';

interface AppProps {
  readonly session: Session;
  readonly library: Library;
  readonly settings: Settings;
}

export function App({ session, library, settings }: AppProps) {
  const state = useSyncExternalStore(session.subscribe, session.getState, session.getState);
  const onDrop = useCallback((items: readonly DroppedItem[]) => void session.shareDropped(items), [session]);
  return (
    <>
      <Screen session={session} library={library} settings={settings} state={state} />
      <DropZone onDrop={onDrop} />
      <p className={state.gathering === undefined ? 'gathering' : 'gathering gathering-on'} role="status">
        {state.gathering === undefined ? '' : `Reading: ${countOf(state.gathering, 'file')} so far`}
      </p>
    </>
  );
}

function Screen({ session, library, settings, state }: AppProps & { readonly state: AppState }) {
  const { phase } = state;
  const onChoose = (files: readonly ChosenFile[]) => void session.share(files);
  const notices = state.notices.map(notice => (
    <Alert key={notice.id} failure={notice} onDismiss={session.dismiss} />
  ));
  switch (phase.kind) {
    case 'landing':
      return (
        <Landing
          notices={notices}
          rooms={<KeptRooms library={library} />}
          settings={<SettingsPanel settings={settings} />}
          pickers={
            <FilePickers
              filesLabel="Choose files"
              folderLabel="Choose a folder"
              look="primary"
              onChoose={onChoose}
            />
          }
        />
      );
    case 'opening':
      return <Opening purpose={phase.purpose} />;
    case 'broken':
      return (
        <Broken
          failure={phase.failure}
          notices={notices}
          onRetry={session.retry}
          onStartAnew={session.startAnew}
        />
      );
    case 'room':
      return (
        <RoomScreen
          // A new room is a new screen, with nothing left over from the old one.
          key={phase.room.getSnapshot().link}
          room={phase.room}
          created={phase.purpose === 'create'}
          report={session.report}
          keep={saveBlob}
          notices={notices}
          settings={<SettingsPanel settings={settings} />}
          gathering={state.gathering !== undefined}
          pickers={
            <FilePickers filesLabel="Add files" folderLabel="Add a folder" look="plain" onChoose={onChoose} />
          }
        />
      );
  }
}
