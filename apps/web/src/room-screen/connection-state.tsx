import type { RoomSnapshot } from '@shoal/room';

const WORDS = {
  connecting: 'Connecting…',
  online: 'Connected',
  offline: 'Server away – running transfers go on',
} as const;

/** The signaling server as seen from here. */
export function ConnectionState({ state }: { readonly state: RoomSnapshot['connection'] }) {
  return (
    <p className={`connection connection-${state}`} data-testid="connection-state" data-state={state}>
      {WORDS[state]}
    </p>
  );
}
