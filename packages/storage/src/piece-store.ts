import type { Bytes, OfferGeometry, OfferId } from '@shoal/protocol';
import type { StorageErrorCode } from './errors.ts';
import type { OutletRequest, OutletState } from './outlet/outlet.ts';

/** Where the bytes live, best first. */
export type StoreKind = 'opfs' | 'indexeddb' | 'memory';

export type StorageEvent =
  /** These pieces were hashed, compared, written, flushed and recorded, in this order. */
  | { readonly type: 'verified'; readonly offer: OfferId; readonly pieces: readonly number[] }
  /** The piece came together but its hash is wrong; its blocks are dropped. */
  | { readonly type: 'corrupt'; readonly offer: OfferId; readonly piece: number }
  /** Something else went wrong. `pieces` (may be empty) were in progress, are lost and must be fetched again. */
  | {
      readonly type: 'failed';
      readonly offer?: OfferId;
      readonly pieces: readonly number[];
      readonly code: StorageErrorCode;
      readonly text: string;
    }
  /** More of a file is in the picked one, and other pieces may be fetched now. */
  | { readonly type: 'outlet'; readonly offer: OfferId; readonly outlet: OutletState }
  /** Nothing more goes into the picked file until the offer is added anew. What has come of it stays. */
  | {
      readonly type: 'outlet-failed';
      readonly offer: OfferId;
      readonly file: number;
      readonly code: StorageErrorCode;
      readonly text: string;
    };

export interface AddOffer {
  readonly offer: OfferId;
  readonly geometry: OfferGeometry;
  /** A sharer's own files in the order of `geometry.files`, as far as they are at hand: read in place, nothing is copied. */
  readonly source?: readonly (File | undefined)[];
  /** Files that go into picked ones as they arrive. Those of an earlier session count only with their handle, when it may be written. */
  readonly outlets?: readonly OutletRequest[];
}

export interface AddedOffer {
  /** Pieces that the store vouches for, MSB first. */
  readonly have: Bytes;
  /**
   * Pieces that may be there, though nothing vouches for them: recorded in files that are not any more as they were left, or stored
   * without a record. `verify` tells. MSB first.
   */
  readonly suspect: Bytes;
  /** Of those asked for, how far they are; what could not be opened is told of by an event. */
  readonly outlets: readonly OutletState[];
}

/** What came of a comparison. */
export interface Compared {
  /** Pieces that the store vouches for, MSB first. */
  readonly have: Bytes;
  /** Pieces that wait for their hash, MSB first. */
  readonly suspect: Bytes;
}

export interface ZipEntry {
  readonly offer: OfferId;
  /** Index in the geometry's files. */
  readonly file: number;
  /** Path inside the archive or the folder; made unique if it clashes. */
  readonly path: string;
}

/**
 * The bytes of a room's offers. Implemented by a client on the main thread that talks to a worker. Every rejection is
 * a `StorageError`. Does not know peers, hashes' provenance or priorities: the caller has checked what it `expect`s.
 */
export interface PieceStore {
  readonly kind: StoreKind;
  /** Resolves with the bitfield (MSB first) of the pieces that the store vouches for; of a sharer's, those of the files at hand. */
  addOffer(offer: AddOffer): Promise<AddedOffer>;
  /** Hands over piece hashes (packed, 32 bytes each) that the caller has verified. */
  expect(offer: OfferId, first: number, hashes: Bytes): void;
  /** Takes one block; `data.buffer` is TRANSFERRED. Blocks of a piece may come in any order; `begin` is 16 KiB aligned. */
  write(offer: OfferId, piece: number, begin: number, data: Bytes): void;
  /** Reads verified bytes. The result is `headroom + length` long; the first `headroom` bytes are free for a header. */
  read(offer: OfferId, piece: number, begin: number, length: number, headroom: number): Promise<Bytes>;
  /** Gives back what `read` returned and nobody looks at any more: its memory serves a later read, since garbage is costly. */
  recycle(frame: Bytes): void;
  /** Hashes pieces as they lie on disk (packed, 32 bytes each). */
  hash(offer: OfferId, first: number, count: number): Promise<Bytes>;
  /**
   * Compares suspect pieces (see `addOffer`) with their expected hashes; those without one wait for it, and for another call. Emits
   * `verified` as it goes on.
   */
  verify(offer: OfferId): Promise<Compared>;
  /** Whether the browser grants so many bytes now: tried, not estimated. */
  hasRoom(bytes: number): Promise<boolean>;
  /** Forgets the blocks of an unfinished piece. */
  discard(offer: OfferId, piece: number): void;
  /** A complete file, disk-backed where the browser can. Rejects 'not-verified' while pieces are missing. */
  file(offer: OfferId, file: number): Promise<Blob>;
  /** Complete files as one stored (not deflated) .zip, disk-backed where the browser can; zip64 when needed. */
  zip(files: readonly ZipEntry[], signal?: AbortSignal): Promise<Blob>;
  /** The same, written straight into a file that was picked: no second copy is kept. */
  zipInto(files: readonly ZipEntry[], into: FileSystemFileHandle): Promise<void>;
  /** Complete files into a picked folder, each under its path and never over what is there: streamed, no second copy is kept. */
  saveFolder(files: readonly ZipEntry[], into: FileSystemDirectoryHandle): Promise<void>;
  /** Deletes what was fetched of some files of an offer; the offer stays. A no-op for a sharer's own offer. */
  removeFiles(offer: OfferId, files: readonly number[]): Promise<void>;
  /** Forgets the offer and deletes its fetched bytes. A sharer's own files are not touched. */
  removeOffer(offer: OfferId): Promise<void>;
  subscribe(listener: (event: StorageEvent) => void): () => void;
  /** Bytes, as the browser estimates them for the whole origin. */
  usage(): Promise<{ readonly quota: number; readonly used: number }>;
  /** Commits what is verified, closes the files, ends the worker. Idempotent. */
  close(): Promise<void>;
}
