import type { Bytes } from '@shoal/protocol';
import type { StoreKind } from '../piece-store.ts';

/**
 * Named byte files in folders one level deep (`<folder>/<name>`); the one port behind which OPFS, IndexedDB and memory hide.
 * Names are the store's own, never a user's. All methods throw `StorageError`.
 */
export interface ByteStore {
  readonly kind: StoreKind;
  /** Writes from offset `at`; a gap before it reads as zeros. The caller may reuse `data` once it resolves. Durable only after `flush`. */
  writeAt(file: string, at: number, data: Bytes): Promise<void>;
  /** Fills `into` from offset `at`. Throws 'not-found' when the file is missing or shorter. */
  readAt(file: string, at: number, into: Bytes): Promise<void>;
  /** Sets the length of a file without writing: fails 'disk-full' where the browser would not grant so much. Not every store can. */
  reserve?(file: string, length: number): Promise<void>;
  /** Makes everything written to these files so far survive a crash. */
  flush(files: Iterable<string>): Promise<void>;
  /** Length in bytes, undefined when there is no such file. */
  size(file: string): Promise<number | undefined>;
  /** The bytes as a Blob that stays readable as long as nobody writes to the file. */
  asBlob(file: string, at: number, length: number): Promise<Blob>;
  /** Deletes one file; missing is fine. */
  remove(file: string): Promise<void>;
  /** Deletes a folder and what is in it; missing is fine. */
  removeFolder(folder: string): Promise<void>;
  /** Names of the folders that exist. */
  folders(): Promise<readonly string[]>;
  close(): Promise<void>;
}
