import type { OfferId } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import { RoomError } from './errors.ts';
import type { Offers } from './offers.ts';

/** Something to be downloaded by a link: disk-backed wherever the browser can. */
export interface Saved {
  readonly name: string;
  readonly blob: Blob;
}

interface Savable {
  readonly offer: OfferId;
  readonly file: number;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

export async function saveFile(
  store: Pick<PieceStore, 'file'>,
  offers: Pick<Offers, 'get'>,
  offer: OfferId,
  file: number,
): Promise<Saved> {
  const state = offers.get(offer);
  const path = state?.offer.geometry.files[file]?.path;
  if (state === undefined || path === undefined) throw new RoomError('unknown-offer');
  if (!state.isHere(file)) throw new RoomError('not-complete');
  return { name: baseName(path), blob: await store.file(offer, file) };
}

/** Lets a person pick a file to write into, where the browser can; undefined when it was not picked after all. */
export type PickFile = (name: string) => Promise<FileSystemFileHandle | undefined>;

/**
 * All that was received: a single file as itself, several as one .zip that keeps the folders. The .zip is made in the browser's own
 * storage and downloaded from there, disk to disk; where it would not fit beside the files, it is written into a picked file.
 * @param free - bytes that the browser's storage still takes
 * @returns undefined when there is nothing to download
 */
export async function saveAll(
  store: Pick<PieceStore, 'file' | 'zip' | 'zipInto'>,
  offers: Pick<Offers, 'all' | 'get'>,
  free: number,
  pick: PickFile | undefined,
): Promise<Saved | undefined> {
  const complete = completeOf(offers);
  const bytes = complete.reduce((sum, { size }) => sum + size, 0);
  const [only] = complete;
  if (only === undefined) return undefined;
  if (complete.length === 1) return await saveFile(store, offers, only.offer, only.file);
  const name = zipName(complete.map(f => f.path));
  if (bytes < free || pick === undefined) return { name, blob: await store.zip(complete) };
  const into = await pick(name);
  if (into !== undefined) await store.zipInto(complete, into);
  return undefined;
}

/** All that was received, into a folder that a person picked. */
export async function saveFolder(
  store: Pick<PieceStore, 'saveFolder'>,
  offers: Pick<Offers, 'all'>,
  into: FileSystemDirectoryHandle,
): Promise<void> {
  await store.saveFolder(completeOf(offers), into);
}

/** What a person may want to save; what went into a picked file is saved. */
function completeOf(offers: Pick<Offers, 'all'>): Savable[] {
  const complete: Savable[] = [];
  for (const state of offers.all()) {
    if (state.own) continue;
    for (const [file, { path, size }] of state.offer.geometry.files.entries())
      if (state.isComplete(file) && !state.hasOutlet(file))
        complete.push({ offer: state.offer.id, file, path, size });
  }
  return complete;
}

/** Named after the folder that holds everything, if there is one. */
export function zipName(paths: readonly string[]): string {
  const tops = new Set(paths.map(path => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')));
  const [top] = tops;
  return `${tops.size === 1 && top !== undefined && top !== '' ? top : 'Shoal'}.zip`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
