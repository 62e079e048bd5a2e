import type { Bytes, OfferedFile, OfferId, RoomId } from '@shoal/protocol';
import type { StorageErrorCode } from '../errors.ts';
import type { OutletRequest } from '../outlet/outlet.ts';
import type { AddedOffer, Compared, StorageEvent, StoreKind, ZipEntry } from '../piece-store.ts';

/** What identifies a store in this browser, and what it may be made of. */
export interface OpenRequest {
  readonly room: RoomId;
  readonly scope: string;
  readonly prefer: readonly StoreKind[];
  /** Milliseconds to wait for another tab, or this tab's former life, to let go of the scope. */
  readonly busyAfterMs: number;
}

/** Calls that are answered by exactly one `Reply` with the same id. */
export type Request =
  | ({ readonly type: 'open' } & OpenRequest)
  | {
      readonly type: 'add-offer';
      readonly offer: OfferId;
      readonly pieceLength: number;
      readonly files: readonly OfferedFile[];
      readonly source?: readonly (File | undefined)[];
      readonly outlets?: readonly OutletRequest[];
    }
  | {
      readonly type: 'read';
      readonly offer: OfferId;
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
      readonly headroom: number;
      /** Memory for the answer, used when it is large enough. */
      readonly spare?: ArrayBuffer;
    }
  | { readonly type: 'hash'; readonly offer: OfferId; readonly first: number; readonly count: number }
  | { readonly type: 'verify'; readonly offer: OfferId }
  | { readonly type: 'has-room'; readonly bytes: number }
  | { readonly type: 'file'; readonly offer: OfferId; readonly file: number }
  | { readonly type: 'zip'; readonly files: readonly ZipEntry[]; readonly into?: FileSystemFileHandle }
  | {
      readonly type: 'save-folder';
      readonly files: readonly ZipEntry[];
      readonly into: FileSystemDirectoryHandle;
    }
  | { readonly type: 'remove-files'; readonly offer: OfferId; readonly files: readonly number[] }
  | { readonly type: 'remove-offer'; readonly offer: OfferId }
  | { readonly type: 'close' };

/** Messages without an answer. `abort` names the call that is to stop. */
export type Notice =
  | { readonly type: 'expect'; readonly offer: OfferId; readonly first: number; readonly hashes: Bytes }
  | {
      readonly type: 'write';
      readonly offer: OfferId;
      readonly piece: number;
      readonly begin: number;
      readonly data: Bytes;
    }
  | { readonly type: 'discard'; readonly offer: OfferId; readonly piece: number }
  | { readonly type: 'abort'; readonly call: number };

export type ToWorker = Notice | { readonly type: 'call'; readonly id: number; readonly request: Request };

export type Result =
  | { readonly type: 'opened'; readonly kind: StoreKind }
  | ({ readonly type: 'added' } & AddedOffer)
  | ({ readonly type: 'compared' } & Compared)
  | { readonly type: 'answer'; readonly yes: boolean }
  | { readonly type: 'bytes'; readonly bytes: Bytes }
  | { readonly type: 'blob'; readonly blob: Blob }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly code: StorageErrorCode; readonly text: string };

export type FromWorker =
  | { readonly type: 'reply'; readonly id: number; readonly result: Result }
  | { readonly type: 'event'; readonly event: StorageEvent };
