import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useCopy } from '../ui/copy/use-copy.tsx';
import { QrCode } from './qr-code.tsx';
import './link-card.css';

interface LinkCardProps {
  readonly link: string;
  /** What to keep in mind while sharing; undefined when there is nothing. */
  readonly hint: string | undefined;
  readonly onError: (error: unknown) => void;
}

export function LinkCard({ link, hint, onError }: LinkCardProps) {
  const { element, copy, icon, said } = useCopy<HTMLElement>();
  const [showsQr, setShowsQr] = useState(false);
  // Resolves once the person has chosen an app; turning back is an AbortError, which is no failure.
  const share = () => {
    navigator.share({ title: 'Shoal', url: link }).catch(onError);
  };
  return (
    <section className="card link-card" aria-labelledby="link-heading">
      <h2 id="link-heading">Room link</h2>
      <p className="link-why">Whoever has it can see and download the files, and add more.</p>
      <code className="room-link" data-testid="room-link" ref={element}>
        {link}
      </code>
      <div className="link-buttons">
        <Button label="Copy link" icon={icon} look="primary" onPress={copy} />
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
      {said}
      {showsQr ? <QrCode text={link} /> : null}
      {hint === undefined ? null : <p className="hint">{hint}</p>}
    </section>
  );
}
