import type { Bytes } from '@shoal/protocol';
import type { Compared } from '../piece-store.ts';

/** An offer as the core serves it, whether its bytes were fetched or are a sharer's own. Throws `StorageError`. */
export interface StoredOffer {
  /** Bitfield bytes of what may be served. */
  have(): Bytes;
  expect(first: number, hashes: Bytes): void;
  write(piece: number, begin: number, data: Bytes): void;
  discard(piece: number): void;
  /** Fills `into` with bytes of a verified piece. */
  read(piece: number, begin: number, into: Bytes): Promise<void>;
  /** Compares what is suspect with its hashes, as far as they are known. */
  verify(): Promise<Compared>;
  hash(first: number, count: number): Promise<Bytes>;
  file(index: number): Promise<Blob>;
  removeFiles(files: readonly number[]): Promise<void>;
  /** Ends all work on the offer; with `forget`, also deletes its bytes and its record. */
  close(forget: boolean): Promise<void>;
}
