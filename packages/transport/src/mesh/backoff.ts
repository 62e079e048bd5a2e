export interface BackoffLimits {
  /** Milliseconds before the first retry. */
  readonly base: number;
  /** Milliseconds never exceeded. */
  readonly cap: number;
}

/**
 * Exponential backoff with "equal jitter": half of the delay is fixed, half random, so that many who lost the same server
 * at the same instant neither return together nor too early.
 * @param tries how many tries have failed before this wait, from 0
 * @param random in [0, 1)
 */
export function backoffDelay(tries: number, { base, cap }: BackoffLimits, random: number): number {
  const full = Math.min(cap, base * 2 ** Math.min(tries, 30));
  return full / 2 + (full / 2) * random;
}
