import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '@shoal/protocol';
import { packEntries } from './batches.ts';
import { authors } from './testing/cast.ts';

const entries: LogEntry[] = [];

beforeAll(async () => {
  const [author] = authors(1);
  for (let size = 1; size <= 2000; size += 97)
    entries.push(...((await author?.texts(1, 'x'.repeat(size))) ?? []));
});

test('[GS2] batches keep all entries in order, within the caps, and no two neighbours would fit in one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { maxLength: 60 }),
      fc.integer({ min: 1, max: 6000 }),
      fc.integer({ min: 1, max: 10 }),
      (picks, maxBatchBytes, maxBatchEntries) => {
        const some = picks.flatMap(index => entries.slice(index, index + 1));
        const batches = packEntries(some, { maxBatchBytes, maxBatchEntries });
        expect(batches.flat().length).toBe(some.length);
        expect(batches.flat().every((raw, index) => raw === some[index]?.raw)).toBe(true);
        const bytes = (batch: readonly Uint8Array[]) => batch.reduce((sum, raw) => sum + raw.length, 0);
        batches.forEach((batch, index) => {
          expect(batch.length).toBeLessThanOrEqual(maxBatchEntries);
          if (batch.length > 1) expect(bytes(batch)).toBeLessThanOrEqual(maxBatchBytes);
          const first = batches[index + 1]?.[0];
          if (first === undefined) return;
          expect(batch.length === maxBatchEntries || bytes(batch) + first.length > maxBatchBytes).toBe(true);
        });
      },
    ),
  );
});
