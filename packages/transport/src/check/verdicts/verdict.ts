/** What the check looks at, in the order in which it is shown. */
export type NetworkCheck = 'server' | 'udp' | 'stun' | 'nat' | 'turn' | 'relay';

/** What was found in one respect, in plain words. Holds nothing secret: it may be shown and copied. */
export interface Verdict<Check extends string = NetworkCheck> {
  readonly check: Check;
  /** `warn`: works, but less well. `unknown`: cannot be told, and `text` says why. */
  readonly state: 'running' | 'ok' | 'warn' | 'bad' | 'unknown';
  /** A literal for programs; empty while running. */
  readonly value: string;
  readonly title: string;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Of `bad` alone: the code to ask help with. */
  readonly code?: string;
}

export function running<Check extends string>(check: Check, title: string): Verdict<Check> {
  return { check, state: 'running', value: '', title, text: 'Looking…' };
}
