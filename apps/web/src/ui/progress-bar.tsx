import { clampFraction } from '../format/format.ts';
import './progress-bar.css';

interface ProgressBarProps {
  /** 0 to 1. */
  readonly value: number;
  readonly label: string;
  readonly tone?: 'active' | 'still' | 'done';
}

export function ProgressBar({ value, label, tone = 'active' }: ProgressBarProps) {
  const fraction = clampFraction(value);
  return (
    <div
      className={`progress progress-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(fraction * 100)}
    >
      {/* A transform and not a width: no layout, however often it moves. */}
      <div className="progress-fill" style={{ transform: `scaleX(${fraction})` }} />
    </div>
  );
}
