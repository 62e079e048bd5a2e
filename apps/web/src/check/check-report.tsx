import { useEffect, useRef, useState } from 'react';
import { copyText, type CopyOutcome } from '../link-card/copy-text.ts';
import { Button } from '../ui/button.tsx';

const SAID_FOR_MS = 3000;

/** The same in short, for a message to whoever helps. */
export function CheckReport({ text }: { readonly text: string }) {
  const element = useRef<HTMLPreElement>(null);
  const [outcome, setOutcome] = useState<CopyOutcome>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () => {
    if (element.current !== null) void copyText(element.current).then(setOutcome);
  };
  return (
    <section className="card check-card" aria-labelledby="check-report">
      <h2 id="check-report">Report</h2>
      <p className="check-note">
        To send to whoever helps you. It holds no address, no password and no room key.
      </p>
      <pre className="report" data-testid="check-report" ref={element}>
        {text}
      </pre>
      <div className="report-buttons">
        <Button label="Copy report" icon={outcome === 'copied' ? 'check' : 'copy'} onPress={copy} />
        <p className="copied" role="status">
          {outcome === 'copied' ? 'Copied' : outcome === 'selected' ? 'Selected: now press Ctrl+C or ⌘C' : ''}
        </p>
      </div>
    </section>
  );
}
