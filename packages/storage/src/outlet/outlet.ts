import type { Bytes } from '@shoal/protocol';

/** The part of a picked file's handle that is used: a `FileSystemFileHandle` where browsers have pickers. */
export interface PickedFile {
  getFile(): Promise<File>;
  createWritable(options: { readonly keepExistingData: boolean }): Promise<PickedWritable>;
}

export interface PickedWritable {
  write(chunk: { readonly type: 'write'; readonly position: number; readonly data: Blob }): Promise<void>;
  /** What was written takes the place of the file, all of it or nothing. */
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** A received file that is to go into a picked one while it arrives. */
export interface OutletRequest<Handle = FileSystemFileHandle> {
  /** Index in the geometry's files. */
  readonly file: number;
  readonly handle: Handle;
  /** Bytes handed over at a time, a multiple of the piece length; twice as much is staged. What was kept of the file goes first. */
  readonly segmentBytes: number;
}

/** An outlet of an earlier session. */
export interface KeptOutlet extends OutletRequest {
  /** Pieces that the picked file has, as it was left. */
  readonly heldPieces: number;
}

/** What is kept of an outlet. */
export interface OutletRecord extends OutletRequest<PickedFile> {
  /** Bitfield over the file's pieces: those that are in the picked file and not in the store any more. */
  readonly held: Bytes;
  /** Bytes and date of the picked file as it was left. */
  readonly size: number;
  readonly modified: number;
}

/** How far an outlet is. */
export interface OutletState {
  readonly file: number;
  /** Pieces `[first, end)` may be fetched now; for all others there is no room yet. */
  readonly first: number;
  readonly end: number;
  /** Everything is in the picked file. */
  readonly done: boolean;
}
