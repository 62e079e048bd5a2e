import type { OfferId, PeerId } from '@shoal/protocol';
import type { FileOrigin } from './handles.ts';

/** Where a file of an offer stands, as seen from this device. */
export type FileState =
  'offered' | 'downloading' | 'paused' | 'verifying' | 'complete' | 'seeding' | 'failed';

/** One offered file. A new object only when something in it changed, so that React may skip the rest. */
export interface FileView {
  /** Unique and stable in the room: `${offer}/${index}`. */
  readonly key: string;
  readonly offer: OfferId;
  readonly index: number;
  /** Relative path with `/`, made harmless (see `safePath`). */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly state: FileState;
  /** Verified bytes over size, 0 to 1; 1 for an empty file that is here. */
  readonly progress: number;
  /** It goes into a file that was picked for it while it arrives, or is in there. */
  readonly outlet?: 'arriving' | 'saved';
}

/** What one member shared in one go: one file, several, or a folder. */
export interface OfferView {
  readonly id: OfferId;
  readonly author: PeerId;
  readonly authorName: string;
  readonly mine: boolean;
  readonly files: readonly FileView[];
  readonly totalBytes: number;
  readonly verifiedBytes: number;
  /** Bytes per second arriving now. */
  readonly downRate: number;
  /** Seconds to the end of what is wanted; undefined while unknown. */
  readonly etaSeconds: number | undefined;
  /** For my own offer: hashed bytes over total, 0 to 1. */
  readonly hashed: number;
  /**
   * How own files that are not at hand any more (the page was reloaded, a file was changed) can be shared again: by a click, since the
   * browser kept where they are, or by choosing or dropping them again.
   */
  readonly again: 'no' | 'click' | 'choose';
  /** Neighbours that hold all of it. */
  readonly seeds: number;
}

export interface NeighbourView {
  readonly id: PeerId;
  readonly name: string;
  readonly device: string;
  readonly path: 'direct' | 'relay' | 'unknown';
  /** What carries the bytes from here on; undefined while unknown. */
  readonly protocol: 'udp' | 'tcp' | 'tls' | undefined;
  /** WebRTC connections that make up the link. */
  readonly connections: number;
  /** Bytes per second, as seen from here. */
  readonly downRate: number;
  readonly upRate: number;
  readonly downBytes: number;
  readonly upBytes: number;
  /** Milliseconds, undefined until measured. */
  readonly rttMs: number | undefined;
}

/** A member that no connection could be made to, but that others here reach: what it has comes through them. */
export interface IndirectView {
  readonly id: PeerId;
  readonly name: string;
}

/** Something a person must be told. `code` is stable; `text` is plain words. */
export interface FailureView {
  readonly id: string;
  readonly code: string;
  readonly text: string;
  /** Present when it belongs to one file row. */
  readonly file?: string;
}

export interface RoomSnapshot {
  readonly link: string;
  readonly self: { readonly id: PeerId; readonly name: string };
  /** The signaling server as seen from here. */
  readonly connection: 'connecting' | 'online' | 'offline';
  readonly storage: {
    readonly kind: 'opfs' | 'indexeddb' | 'memory';
    /** False in a second tab of the room: what comes there is gone with it. */
    readonly keeps: boolean;
    readonly quota: number;
    readonly used: number;
  };
  /** Oldest first. */
  readonly offers: readonly OfferView[];
  readonly neighbours: readonly NeighbourView[];
  /** Members to whom no connection came about, and whom a neighbour reaches. */
  readonly indirect: readonly IndirectView[];
  /** The other members that are here: a neighbour reaches them, and nobody connects to all of a large room. */
  readonly further: readonly IndirectView[];
  readonly failures: readonly FailureView[];
  /** A save (for instance a .zip) that is being prepared. */
  readonly saving: boolean;
}

/**
 * What is new in a snapshot: numbers that move by themselves (progress, rates, round trips), which may be shown a little later, or anything else, such as what
 * a person has just done, a new offer, or the end of a download.
 */
export type RoomChange = 'numbers' | 'state';

/** A file chosen by the user with the path it shall have in the offer. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
  /** Where it can be read again after a reload; only some browsers tell, and only of what is dropped. */
  readonly origin?: FileOrigin;
}

/** What the page may do with a room; implemented by `Room`. */
export interface RoomHandle {
  getSnapshot(): RoomSnapshot;
  /** Calls back soon after a change, at most about sixty times a second. Returns its unsubscribe. */
  subscribe(listener: (change: RoomChange) => void): () => void;
  /**
   * Offers files to the room; resolves once the offer is in the log, before anything is hashed. Files that were shared from here
   * before are no new offer: the old one is served again.
   */
  share(files: readonly ChosenFile[]): Promise<void>;
  /** Reads the files of an own offer where they were. To be called by a click: the browser may ask. */
  shareAgain(offer: OfferId): Promise<void>;
  /** Downloads the named files of an offer, or all. Resumes paused and retries failed ones too. */
  accept(offer: OfferId, files?: readonly number[]): void;
  acceptAll(): void;
  pause(offer: OfferId, files?: readonly number[]): void;
  /** Stops and deletes what was fetched. */
  cancel(offer: OfferId, files?: readonly number[]): void;
  /** Takes back an own offer. */
  withdraw(offer: OfferId): Promise<void>;
  /** A complete file as a (disk-backed) Blob. */
  save(offer: OfferId, file: number): Promise<{ readonly name: string; readonly blob: Blob }>;
  /**
   * Everything complete: one file as itself, several as one .zip that keeps the folders. Called by a click: where the .zip does not fit
   * beside the files, `pick` asks for a file that it is written into.
   */
  saveAll(
    pick?: (name: string) => Promise<FileSystemFileHandle | undefined>,
  ): Promise<{ readonly name: string; readonly blob: Blob } | undefined>;
  /** Everything complete into a picked folder, with its folders, as it is: nothing in there is written over. */
  saveFolder(into: FileSystemDirectoryHandle): Promise<void>;
  /**
   * Downloads a file into a picked one as it arrives, so that no more than a part of it has to fit into the browser's storage. Called by
   * a click. After a reload it waits for `accept`, called by a click, since the browser may ask.
   */
  saveInto(offer: OfferId, file: number, handle: FileSystemFileHandle): Promise<void>;
  setName(name: string): Promise<void>;
  dismiss(failure: string): void;
  close(): Promise<void>;
}
