import type { LogEntry } from '@shoal/protocol';

/** An entry as a log keeps it. What it says is the catalogue's, which is bounded by what that costs: the bodies of all logs, decoded, take ten times the bytes. */
export type KeptEntry = Omit<LogEntry, 'body'>;

export function kept(entry: KeptEntry): KeptEntry {
  const { author, publicKey, seq, prev, hash, signature, payload, raw } = entry;
  return { author, publicKey, seq, prev, hash, signature, payload, raw };
}

/** Raw bytes of all of them. */
export function bytesOf(entries: readonly KeptEntry[]): number {
  return entries.reduce((sum, { raw }) => sum + raw.length, 0);
}
