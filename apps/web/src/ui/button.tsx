import type { KeyboardEvent, MouseEvent } from 'react';
import { Icon, type IconName } from './icon.tsx';
import './button.css';

export interface ButtonProps {
  /** What it says, which is also its accessible name. */
  readonly label: string;
  readonly icon?: IconName;
  readonly look?: 'primary' | 'soft' | 'plain' | 'quiet';
  /** Shows the icon alone where there is little room; the name stays for assistive tools. */
  readonly compact?: boolean;
  readonly busy?: boolean;
  readonly expanded?: boolean;
  /** Id of the element that tells what the button acts on. */
  readonly describedBy?: string;
  readonly onPress: () => void;
}

export function Button(props: ButtonProps) {
  const {
    label,
    icon,
    look = 'plain',
    compact = false,
    busy = false,
    expanded,
    describedBy,
    onPress,
  } = props;
  const press = (event: MouseEvent) => {
    // A second click within a double click would hit what the first one turned this button into: "Download" becomes "Pause".
    if (event.detail < 2 && !busy) onPress();
  };
  const hold = (event: KeyboardEvent) => {
    // A key that is held down would press what the first press turned this button into, or what took its place.
    if (event.repeat && event.key === 'Enter') event.preventDefault();
  };
  return (
    <button
      type="button"
      className={`button button-${look}${compact ? ' button-compact' : ''}`}
      aria-busy={busy || undefined}
      // Not `disabled`, which would throw the keyboard's focus away.
      aria-disabled={busy || undefined}
      aria-expanded={expanded}
      aria-describedby={describedBy}
      onKeyDown={hold}
      onClick={press}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      <span className="button-label">{label}</span>
    </button>
  );
}
