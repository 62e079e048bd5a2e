import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { copyText, type CopyOutcome } from './copy-text.ts';
import { QrCode } from './qr-code.tsx';
import './link-card.css';

const SAID_FOR_MS = 3000;

interface LinkCardProps {
  readonly link: string;
  /** What to keep in mind while sharing; undefined when there is nothing. */
  readonly hint: string | undefined;
  readonly onError: (error: unknown) => void;
}

export function LinkCard({ link, hint, onError }: LinkCardProps) {
  const text = useRef<HTMLElement>(null);
  const [showsQr, setShowsQr] = useState(false);
  const [outcome, setOutcome] = useState<CopyOutcome>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () => {
    if (text.current !== null) copyText(text.current).then(setOutcome, onError);
  };
  // Resolves once the person has chosen an app; turning back is an AbortError, which is no failure.
  const share = () => {
    navigator.share({ title: 'Shoal', url: link }).catch(onError);
  };
  return (
    <section className="card link-card" aria-labelledby="link-heading">
      <h2 id="link-heading">Room link</h2>
      <p className="link-why">Whoever has it can see and download the files, and add more.</p>
      <code className="room-link" data-testid="room-link" ref={text}>
        {link}
      </code>
      <div className="link-buttons">
        <Button
          label="Copy link"
          icon={outcome === 'copied' ? 'check' : 'copy'}
          look="primary"
          onPress={copy}
        />
        {typeof navigator !== 'undefined' && 'share' in navigator ? (
          <Button label="Share" icon="share" onPress={share} />
        ) : null}
        <Button
          label={showsQr ? 'Hide QR code' : 'Show QR code'}
          icon="qr"
          look="quiet"
          expanded={showsQr}
          onPress={() => setShowsQr(!showsQr)}
        />
      </div>
      <p className="copied" role="status">
        {outcome === 'copied' ? 'Copied' : outcome === 'selected' ? 'Selected: now press Ctrl+C or ⌘C' : ''}
      </p>
      {showsQr ? <QrCode text={link} /> : null}
      {hint === undefined ? null : <p className="hint">{hint}</p>}
    </section>
  );
}
