import { Component, type ReactNode } from 'react';
import { Alert } from '../failures/alert.tsx';
import { failureOf } from '../failures/failure.ts';
import { Button } from '../ui/button.tsx';

interface State {
  readonly failed: boolean;
}

/** The last net: whatever breaks while rendering is told, and never a blank page. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const failure = failureOf(undefined) ?? { code: 'internal-error', text: '' };
    return (
      <main className="waiting">
        <h1>Shoal stopped</h1>
        <Alert failure={{ id: 'boundary', ...failure }} />
        <Button label="Reload the page" look="primary" onPress={() => location.reload()} />
      </main>
    );
  }
}
