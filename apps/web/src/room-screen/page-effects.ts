import type { RoomSnapshot } from '@shoal/room';
import { useEffect } from 'react';
import { fetchingProgress, isTransferring } from '../files/totals.ts';
import { formatPercent } from '../format/format.ts';
import { keepAwake } from './keep-awake.ts';

/** Shows in the tab how far the downloads are. */
export function usePageTitle(snapshot: RoomSnapshot): void {
  const progress = fetchingProgress(snapshot.offers);
  const title = progress === undefined ? 'Shoal' : `${formatPercent(progress)} · Shoal`;
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'Shoal';
    };
  }, [title]);
}

/** Keeps the device awake while something is under way; the browser lets go when the page is hidden, and is asked again after. */
export function useWakeLock(snapshot: RoomSnapshot): void {
  const busy = isTransferring(snapshot);
  useEffect(
    () => (busy && 'wakeLock' in navigator ? keepAwake(navigator.wakeLock, document) : undefined),
    [busy],
  );
}

/** Asks before the tab is closed while something is under way, and only then. */
export function useLeaveGuard(snapshot: RoomSnapshot): void {
  const busy = isTransferring(snapshot);
  useEffect(() => {
    if (!busy) return undefined;
    const guard = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', guard);
    return () => removeEventListener('beforeunload', guard);
  }, [busy]);
}
