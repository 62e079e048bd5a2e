import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { copyText, type CopyOutcome } from './copy-text.ts';
import './copy.css';

const SAID_FOR_MS = 3000;

interface Copying<Shown extends HTMLElement> {
  /** For the element that shows exactly what is to be copied. */
  readonly element: RefObject<Shown | null>;
  readonly copy: () => void;
  readonly icon: 'check' | 'copy';
  /** What became of it, for a while. */
  readonly said: ReactNode;
}

/** Copies what an element shows. Where nothing works the text is selected, so that a key press copies it. */
export function useCopy<Shown extends HTMLElement>(): Copying<Shown> {
  const element = useRef<Shown>(null);
  const [outcome, setOutcome] = useState<CopyOutcome>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () => {
    if (element.current !== null) void copyText(element.current).then(setOutcome);
  };
  const said = (
    <p className="copied" role="status">
      {outcome === 'copied' ? 'Copied' : outcome === 'selected' ? 'Selected: now press Ctrl+C or ⌘C' : ''}
    </p>
  );
  return { element, copy, icon: outcome === 'copied' ? 'check' : 'copy', said };
}
