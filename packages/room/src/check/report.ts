import type { Prospect, Verdict } from '@shoal/transport';
import type { CheckId } from './connection-check.ts';

export interface ReportFacts {
  readonly verdicts: readonly Verdict<CheckId>[];
  readonly outlook: readonly Prospect[];
  /** Kinds of candidates, without addresses. */
  readonly candidates: readonly string[];
  /** Such as `Firefox on Windows`. */
  readonly device: string;
  readonly relayOnly: boolean;
  readonly at: Date;
}

/** What one may paste into a message to whoever helps: verdicts alone, no address, no name, no key. */
export function reportText({ verdicts, outlook, candidates, device, relayOnly, at }: ReportFacts): string {
  const lines = [
    `Shoal connection check, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    device,
    ...(relayOnly ? ['Setting: hides the IP address (relay only)'] : []),
    '',
    ...verdicts.map(
      ({ state, title, value, code, text }) =>
        `[${state}] ${title}: ${value}${code === undefined ? '' : ` (${code})`}. ${text}`,
    ),
    '',
    ...outlook.map(({ title, way }) => `${title}: ${way}`),
    '',
    `Candidates: ${candidates.length === 0 ? 'none' : candidates.join('; ')}`,
  ];
  return lines.join('\n');
}
