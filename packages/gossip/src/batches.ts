import type { Bytes } from '@shoal/protocol';
import type { KeptEntry } from './kept-entry.ts';
import type { GossipLimits } from './limits.ts';

/** Packs entries, in order, into the payloads of `log-entries` messages. */
export function packEntries(
  entries: readonly KeptEntry[],
  limits: Pick<GossipLimits, 'maxBatchBytes' | 'maxBatchEntries'>,
): Bytes[][] {
  const batches: Bytes[][] = [];
  let batch: Bytes[] = [];
  let bytes = 0;
  for (const { raw } of entries) {
    const full = bytes + raw.length > limits.maxBatchBytes || batch.length >= limits.maxBatchEntries;
    if (full && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(raw);
    bytes += raw.length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
