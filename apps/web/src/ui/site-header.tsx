import type { ReactNode } from 'react';
import { ShoalMark } from './fish.tsx';
import './site-header.css';

/** The name of the house, and beside it what a screen has to say. */
export function SiteHeader({ children }: { readonly children?: ReactNode }) {
  return (
    <header className="site-header">
      <a className="brand" href="/">
        <ShoalMark />
        <span>Shoal</span>
      </a>
      {children}
    </header>
  );
}
