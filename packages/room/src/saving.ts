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
}

export async function saveFile(
  store: PieceStore,
  offers: Offers,
  offer: OfferId,
  file: number,
): Promise<Saved> {
  const state = offers.get(offer);
  const path = state?.offer.geometry.files[file]?.path;
  if (state === undefined || path === undefined) throw new RoomError('unknown-offer');
  if (!state.isHere(file)) throw new RoomError('not-complete');
  return { name: baseName(path), blob: await store.file(offer, file) };
}

/** All that was received: a single file as itself, several as one .zip that keeps the folders. */
export async function saveAll(store: PieceStore, offers: Offers): Promise<Saved | undefined> {
  const complete: Savable[] = [];
  for (const state of offers.all()) {
    if (state.own) continue;
    for (const [file, { path }] of state.offer.geometry.files.entries()) {
      if (state.isComplete(file)) complete.push({ offer: state.offer.id, file, path });
    }
  }
  const [only] = complete;
  if (only === undefined) return undefined;
  if (complete.length === 1) return await saveFile(store, offers, only.offer, only.file);
  return { name: zipName(complete.map(f => f.path)), blob: await store.zip(complete) };
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
