import type { RoomSnapshot } from '@shoal/room';
import { useEffect } from 'react';
import { fetchingProgress, isTransferring } from '../files/totals.ts';
import { formatPercent } from '../format/format.ts';

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
