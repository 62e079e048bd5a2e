import type { Bytes, CryptoPort, OfferId } from '@shoal/protocol';
import type { ByteStore } from '../backends/byte-store.ts';
import type { OutletRecord } from '../outlet/outlet.ts';
import type { StorageEvent } from '../piece-store.ts';

/** Which pieces of an offer are stored; bitfields, MSB first. */
export interface PieceRecord {
  /** Verified. */
  readonly have: Bytes;
  /** Not compared with their hashes yet; left out while there are none. Without it a crash would forget them. */
  readonly suspect?: Bytes;
}

/** Where the store of record keeps, per offer, which pieces are present, and which files go into picked ones. Throws `StorageError`. */
export interface OfferRecords {
  load(offer: OfferId): Promise<PieceRecord | undefined>;
  /**
   * All or none, and safe from a crash of the browser, when it resolves.
   * @param retracts - claims are taken back: it survives a power cut too, as what is written next may be flushed into the place of those bytes
   */
  save(records: readonly (readonly [OfferId, PieceRecord])[], retracts?: boolean): Promise<void>;
  outlets(offer: OfferId): Promise<readonly OutletRecord[]>;
  /** Durable when it resolves, whatever happens to the machine. */
  saveOutlets(offer: OfferId, outlets: readonly OutletRecord[]): Promise<void>;
  /** Forgets all that is kept of the offer; durable when it resolves, whatever happens to the machine. */
  remove(offer: OfferId): Promise<void>;
}

export interface Timer {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back once after `ms`. */
  after(ms: number, run: () => void): void;
}

export interface CorePorts {
  readonly bytes: ByteStore;
  readonly records: OfferRecords;
  readonly crypto: Pick<CryptoPort, 'sha256'>;
  readonly timer: Timer;
  /** Gives memory back to the engine that nobody looks at any more: as garbage it would be kept for long. */
  free(memory: ArrayBuffer): void;
  emit(event: StorageEvent): void;
}

export interface CoreLimits {
  /** Bytes of unfinished pieces in memory. The engine bounds it; this is the last defence. */
  readonly memoryBytes: number;
  /** Bytes written but not flushed: a commit starts at once above this. */
  readonly groupBytes: number;
  /** Milliseconds between commits while there is less than that. */
  readonly groupMs: number;
}

export const DEFAULT_LIMITS: CoreLimits = {
  memoryBytes: 128 * 1024 * 1024,
  groupBytes: 16 * 1024 * 1024,
  groupMs: 250,
};
