import type { TestInfo } from '@playwright/test';

/** One line of the benchmark table. `bar` is what the project promises, in words. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly bar?: string;
  readonly met?: boolean;
}

/**
 * Hands a row to the table at the end of the run.
 * @throws {Error} when its value is no number: what was to be measured gave no sample, and its benchmark has failed.
 */
export async function report(info: TestInfo, row: Row): Promise<void> {
  if (!Number.isFinite(row.value)) throw new Error(`no sample of: ${row.what}`);
  await info.attach('row', { body: JSON.stringify(row), contentType: 'application/json' });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [a = 0, b = 0] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? b : (a + b) / 2;
}

/** The value that so many percent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN;
}
