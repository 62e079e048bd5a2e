import { useId, useState, type KeyboardEvent } from 'react';

/** Longer names would take several lines of the lists of others. */
const MAX_NAME_CHARS = 40;

interface OwnNameProps {
  readonly name: string;
  readonly onRename: (name: string) => void;
}

/** One's own name, edited in place: Enter or leaving the field keeps it, Escape does not. */
export function OwnName({ name, onRename }: OwnNameProps) {
  const [draft, setDraft] = useState<string>();
  const id = useId();
  const keep = () => {
    const next = draft?.trim() ?? '';
    setDraft(undefined);
    if (next !== '' && next !== name) onRename(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // Enter and Escape then choose and give up characters (Chinese, Japanese, Korean), not the name.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') keep();
    if (event.key === 'Escape') setDraft(undefined);
  };
  return (
    <div className="own-name">
      <label htmlFor={id}>Your name</label>
      <input
        className="text-field"
        id={id}
        value={draft ?? name}
        maxLength={MAX_NAME_CHARS}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="done"
        onChange={event => setDraft(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
