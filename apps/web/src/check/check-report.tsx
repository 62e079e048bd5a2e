import { Button } from '../ui/button.tsx';
import { useCopy } from '../ui/copy/use-copy.tsx';

/** The same in short, for a message to whoever helps. */
export function CheckReport({ text }: { readonly text: string }) {
  const { element, copy, icon, said } = useCopy<HTMLPreElement>();
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
        <Button label="Copy report" icon={icon} onPress={copy} />
        {said}
      </div>
    </section>
  );
}
