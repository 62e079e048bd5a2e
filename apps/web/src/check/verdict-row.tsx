import type { CheckId, Verdict } from '@shoal/room';
import { Alert } from '../failures/alert.tsx';

const STATE_WORDS = {
  running: 'Looking…',
  ok: 'Good',
  warn: 'Could be better',
  bad: 'Wrong',
  unknown: 'Unknown',
} as const;

export function VerdictRow({ verdict }: { readonly verdict: Verdict<CheckId> }) {
  const { check, state, value, title, text, advice, code } = verdict;
  return (
    <li className="verdict" data-testid="check-row" data-check={check} data-state={state} data-value={value}>
      <div className="verdict-head">
        <h3>{title}</h3>
        <span className={`verdict-state verdict-${state}`}>{STATE_WORDS[state]}</span>
      </div>
      {state === 'running' ? null : code === undefined ? (
        <p>{text}</p>
      ) : (
        <Alert failure={{ id: check, code, text }} offersCheck={false} />
      )}
      {advice === undefined ? null : <p className="verdict-advice">{advice}</p>}
    </li>
  );
}
