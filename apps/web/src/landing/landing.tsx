import type { ReactNode } from 'react';
import { CheckLink } from '../check/check-link.tsx';
import { SiteHeader } from '../ui/site-header.tsx';
import { ShoalArt } from './shoal-art.tsx';
import './landing.css';

const POINTS: readonly (readonly [string, string])[] = [
  ['Starts at once', 'The link works the moment you drop. Nothing is uploaded first, whatever the size.'],
  ['Faster together', 'Everyone who downloads also passes on, so more people means more speed.'],
  ['Private and checked', 'Encrypted from browser to browser. Each piece is verified before it counts.'],
];

interface LandingProps {
  readonly notices: ReactNode;
  readonly pickers: ReactNode;
  readonly rooms: ReactNode;
  readonly settings: ReactNode;
}

export function Landing({ notices, pickers, rooms, settings }: LandingProps) {
  return (
    <div className="page">
      <SiteHeader />
      <main className="landing">
        {notices}
        <section className="hero" aria-labelledby="hero-heading">
          <ShoalArt />
          <h1 id="hero-heading">Drop files. Share the link.</h1>
          <p className="hero-text">
            Everyone who opens it downloads from you, <em>and from each other</em>.
          </p>
          {pickers}
          <p className="hero-hint">or drop files and folders anywhere on this page</p>
        </section>
        {rooms}
        {settings}
        <ul className="points" role="list">
          {POINTS.map(([title, text]) => (
            <li key={title}>
              <h2>{title}</h2>
              <p>{text}</p>
            </li>
          ))}
        </ul>
      </main>
      <footer className="site-footer">
        <p>
          <CheckLink />
        </p>
      </footer>
    </div>
  );
}
