import { decodeEntry, decodingEntry, equalBytes } from '@shoal/protocol';
import type { Bytes, LogEntry } from '@shoal/protocol';
import { mapKey } from './map-key.ts';

/** Decoded entries remembered: about as many as one message of each of a dozen neighbours holds. */
const MAX_ENTRIES = 1024;
/** Raw bytes of them. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Bytes that tell entries apart well enough to look them up: key and signature. The rest is compared. */
const PREFIX = 96;

/**
 * Decodes entries, each only once in a while: a newcomer is sent the same log by every neighbour at the same time, and
 * an offer of 10,000 files takes tens of milliseconds to decode.
 */
export class EntryDecoder {
  readonly #recent = new Map<string, LogEntry>();
  #bytes = 0;

  /** @throws ProtocolError as `decodeEntry` does */
  decode(raw: Bytes): LogEntry {
    return this.#known(raw) ?? this.#remember(decodeEntry(raw));
  }

  /** Decodes in steps, so that {@link decode} of the same bytes has nothing left to do. */
  *decoding(raw: Bytes): Generator<undefined, void, undefined> {
    const steps = decodingEntry(raw);
    // Looked up again after each step: another neighbour's copy may be done first.
    while (this.#known(raw) === undefined) {
      const step = steps.next();
      if (step.done === true) this.#remember(step.value);
      else yield;
    }
  }

  #known(raw: Bytes): LogEntry | undefined {
    const known = this.#recent.get(mapKey(raw.subarray(0, PREFIX)));
    return known !== undefined && equalBytes(known.raw, raw) ? known : undefined;
  }

  #remember(entry: LogEntry): LogEntry {
    const key = mapKey(entry.raw.subarray(0, PREFIX));
    const known = this.#recent.get(key);
    if (known !== undefined) this.#forget(key, known);
    this.#recent.set(key, entry);
    this.#bytes += entry.raw.length;
    // A Map keeps the order of insertion: the oldest go first.
    for (const [oldKey, old] of this.#recent) {
      if (this.#recent.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) break;
      this.#forget(oldKey, old);
    }
    return entry;
  }

  #forget(key: string, entry: LogEntry): void {
    this.#recent.delete(key);
    this.#bytes -= entry.raw.length;
  }
}
