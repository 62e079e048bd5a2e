import { ShoalMark } from '../ui/fish.tsx';
import { SiteHeader } from '../ui/site-header.tsx';

/** While a room is being opened: a fraction of a second, as a rule. */
export function Opening({ purpose }: { readonly purpose: 'create' | 'join' }) {
  return (
    <div className="page">
      <SiteHeader />
      <main className="waiting" aria-busy="true">
        <ShoalMark />
        <h1 role="status">{purpose === 'create' ? 'Making a room…' : 'Opening the room…'}</h1>
      </main>
    </div>
  );
}
