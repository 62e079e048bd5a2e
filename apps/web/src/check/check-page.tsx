import type { CheckSnapshot, ConnectionCheck, Prospect } from '@shoal/room';
import { useSyncExternalStore } from 'react';
import type { Settings } from '../settings/settings.ts';
import { Button } from '../ui/button.tsx';
import { SiteHeader } from '../ui/site-header.tsx';
import { CheckReport } from './check-report.tsx';
import { Outlook } from './outlook.tsx';
import { VerdictRow } from './verdict-row.tsx';
import './check.css';

interface CheckPageProps {
  readonly check: ConnectionCheck;
  readonly settings: Settings;
}

/** What works from here, what does not, and what to do about it. */
export function CheckPage({ check, settings }: CheckPageProps) {
  const snapshot = useSyncExternalStore(check.subscribe, check.getSnapshot, check.getSnapshot);
  const { relayOnly } = useSyncExternalStore(settings.subscribe, settings.get, settings.get);
  const { verdicts, outlook, report } = snapshot;
  const done = report !== undefined;
  return (
    <div className="page">
      <SiteHeader />
      <main
        className="check"
        data-testid="connection-check"
        data-state={done ? 'done' : 'running'}
        aria-busy={!done}
      >
        <div className="check-head">
          <h1>Connection check</h1>
          <Button label="Run again" look="primary" busy={!done} onPress={check.run} />
        </div>
        <p className="check-summary" role="status">
          {summaryOf(snapshot)}
        </p>
        <section className="card check-card" aria-labelledby="check-found">
          <h2 id="check-found">What was found</h2>
          <ul role="list">
            {verdicts.map(verdict => (
              <VerdictRow key={verdict.check} verdict={verdict} />
            ))}
          </ul>
        </section>
        {outlook === undefined ? null : <Outlook prospects={outlook} relayOnly={relayOnly} />}
        {report === undefined ? null : <CheckReport text={report} />}
      </main>
      <footer className="site-footer">
        <p>
          This page asks this site’s own server and the STUN and TURN servers that it names, and nobody else.
        </p>
      </footer>
    </div>
  );
}

function summaryOf({ verdicts, outlook, report }: CheckSnapshot): string {
  if (report === undefined) return 'Looking at your browser and network. This takes a few seconds.';
  const bad = verdicts.filter(({ state }) => state === 'bad').length;
  const reach = reachOf(outlook ?? []);
  return bad === 0 ? reach : `${reach} ${bad === 1 ? 'One thing is' : `${bad} things are`} wrong.`;
}

function reachOf(outlook: readonly Prospect[]): string {
  if (outlook.some(({ way }) => way === 'unknown')) return 'Whom you can connect to cannot be told.';
  const reached = outlook.filter(({ way }) => way !== 'no').length;
  if (reached === outlook.length) return 'You can connect to people in any network.';
  if (reached === 0) return 'You can connect to nobody from here.';
  return `You can connect to people in ${reached} of ${outlook.length} kinds of network.`;
}
