import type { FailureView } from '@shoal/room';
import type { ReactNode } from 'react';
import { Alert } from '../failures/alert.tsx';
import { Button } from '../ui/button.tsx';
import { SiteHeader } from '../ui/site-header.tsx';

interface BrokenProps {
  readonly failure: FailureView;
  /** Alerts of the page itself: things may be dropped here too. */
  readonly notices: ReactNode;
  readonly onRetry: () => void;
  readonly onStartAnew: () => void;
}

/** A room that could not be opened, and the ways on from there. */
export function Broken({ failure, notices, onRetry, onStartAnew }: BrokenProps) {
  return (
    <div className="page">
      <SiteHeader />
      <main className="waiting">
        <h1>This room did not open</h1>
        <Alert failure={failure} />
        {notices}
        {failure.code === 'not-loaded' ? (
          // This page will never find what it misses: a server that was updated has other parts.
          <Button label="Reload the page" look="primary" onPress={() => location.reload()} />
        ) : (
          <div className="pickers">
            {/* A link that is not one stays so, however often it is tried. */}
            {failure.code === 'bad-link' ? null : <Button label="Try again" onPress={onRetry} />}
            <Button label="Start a new room" look="primary" onPress={onStartAnew} />
          </div>
        )}
      </main>
    </div>
  );
}
