import { useId, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import { limitOf, type Settings } from './settings.ts';
import './settings.css';

/** Folded away: most people never need it, and who does finds it under its name. */
export function SettingsPanel({ settings }: { readonly settings: Settings }) {
  const { relayOnly, upLimit, downLimit } = useSyncExternalStore(
    settings.subscribe,
    settings.get,
    settings.get,
  );
  const id = useId();
  return (
    <details className="card settings">
      <summary>Connection settings</summary>
      <div className="settings-limits">
        <Limit
          label="Download at most"
          value={downLimit}
          onChange={next => settings.change({ downLimit: next })}
        />
        <Limit label="Upload at most" value={upLimit} onChange={next => settings.change({ upLimit: next })} />
      </div>
      <div className="settings-relay">
        <input
          id={id}
          type="checkbox"
          checked={relayOnly}
          aria-describedby={`${id}-hint`}
          onChange={event => settings.change({ relayOnly: event.currentTarget.checked })}
        />
        <label htmlFor={id}>Hide my IP address from others</label>
        <p id={`${id}-hint`}>
          New connections then go through this server’s relay only, which is slower. Connections you have stay
          as they are until the page is reloaded.
        </p>
      </div>
    </details>
  );
}

interface LimitProps {
  readonly label: string;
  /** Bytes per second. */
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
}

/** Counts when Enter is pressed or the field is left, not with each digit on the way. */
function Limit({ label, value, onChange }: LimitProps) {
  const [draft, setDraft] = useState<string>();
  const id = useId();
  const keep = () => {
    const limit = draft === undefined ? undefined : limitOf(draft);
    // A slip of the finger lifts no cap: what makes no sense leaves what was set.
    if (limit !== undefined) onChange(limit === 'none' ? undefined : limit);
    setDraft(undefined);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') keep();
    if (event.key === 'Escape') setDraft(undefined);
  };
  return (
    <div className="settings-limit">
      <label htmlFor={id}>{label}</label>
      <span className="settings-field">
        <input
          className="text-field"
          id={id}
          inputMode="decimal"
          autoComplete="off"
          placeholder="no limit"
          value={draft ?? (value === undefined ? '' : String(value / 1e6))}
          aria-describedby={`${id}-unit`}
          onChange={event => setDraft(event.currentTarget.value)}
          onBlur={keep}
          onKeyDown={onKeyDown}
        />
        <span id={`${id}-unit`}>MB/s</span>
      </span>
    </div>
  );
}
