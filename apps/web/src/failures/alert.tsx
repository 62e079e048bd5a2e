import type { FailureView } from '@shoal/room';
import { CheckLink, isAboutConnections } from '../check/check-link.tsx';
import { Icon } from '../ui/icon.tsx';
import './alert.css';

interface AlertProps {
  readonly failure: Pick<FailureView, 'id' | 'code' | 'text'>;
  /** Left out where the alert goes away by itself, or with the page. */
  readonly onDismiss?: (id: string) => void;
  /** False on the page of the check itself, which others are sent to. */
  readonly offersCheck?: boolean;
}

/** Something that went wrong, in plain words; the code is for whoever is asked about it. */
export function Alert({ failure, onDismiss, offersCheck = true }: AlertProps) {
  return (
    <div className="alert" role="alert" data-code={failure.code}>
      <Icon name="alert" />
      <p className="alert-text">
        {failure.text} {offersCheck && isAboutConnections(failure.code) ? <CheckLink apart /> : null}{' '}
        <code className="alert-code">{failure.code}</code>
      </p>
      {onDismiss === undefined ? null : (
        <button type="button" className="alert-close" onClick={() => onDismiss(failure.id)}>
          <Icon name="cancel" />
          <span className="visually-hidden">Dismiss</span>
        </button>
      )}
    </div>
  );
}
