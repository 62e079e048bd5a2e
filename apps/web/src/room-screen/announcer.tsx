import type { RoomSnapshot } from '@shoal/room';
import { useEffect, useRef, useState } from 'react';
import { announcements } from './announcements.ts';

/** Speaks of changes to those who do not see them. */
export function Announcer({ snapshot }: { readonly snapshot: RoomSnapshot }) {
  const last = useRef(snapshot);
  const [text, setText] = useState('');
  useEffect(() => {
    const said = announcements(last.current, snapshot);
    last.current = snapshot;
    if (said.length > 0) setText(said.join(' '));
  }, [snapshot]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
