import type { Bytes, OfferId, RoomId } from '@shoal/protocol';
import { StorageError } from '../errors.ts';
import type {
  AddOffer,
  AddedOffer,
  Compared,
  PieceStore,
  StorageEvent,
  StoreKind,
  ZipEntry,
} from '../piece-store.ts';
import { MAIN_SCOPE, openVaultDatabase } from '../vault/schema.ts';
import type { Result } from '../worker/messages.ts';
import { removeRoomBytes as deleteRoom, removeScope as deleteScope } from '../worker/scope.ts';
import { SpareFrames } from './spare-frames.ts';
import { WorkerClient } from './worker-client.ts';

export interface OpenPieceStoreOptions {
  readonly room: RoomId;
  /** Kinds to try, best first. Default: opfs, indexeddb, memory. */
  readonly prefer?: readonly StoreKind[];
  /** 'main' (default) is kept; any other name is a second tab's own and deleted some time after that tab is gone. */
  readonly scope?: string;
  /** Milliseconds to wait while another tab has the scope. The default bridges a reload, whose old worker is still ending. */
  readonly busyAfterMs?: number;
}

const BUSY_AFTER_MS = 1500;

/**
 * Starts the storage worker of a room.
 * @throws StorageError 'busy' when another tab has this scope open; 'unsupported' when none of `prefer` works.
 */
export async function openPieceStore(options: OpenPieceStoreOptions): Promise<PieceStore> {
  const worker = new Worker(new URL('../worker/main.ts', import.meta.url), {
    type: 'module',
    name: 'storage',
  });
  const client = new WorkerClient(worker);
  try {
    const { kind } = expected(
      await client.call({
        type: 'open',
        room: options.room,
        scope: options.scope ?? MAIN_SCOPE,
        prefer: options.prefer ?? ['opfs', 'indexeddb', 'memory'],
        busyAfterMs: options.busyAfterMs ?? BUSY_AFTER_MS,
      }),
      'opened',
    );
    return new WorkerPieceStore(client, kind);
  } catch (error) {
    client.end();
    throw error;
  }
}

/**
 * Deletes what a scope of a room holds.
 * @throws StorageError 'busy' while a store on it is open.
 */
export async function removeScope(room: RoomId, scope: string): Promise<void> {
  const vault = await openVaultDatabase().catch(() => undefined);
  try {
    await deleteScope(room, scope, vault);
  } finally {
    vault?.close();
  }
}

/**
 * Deletes what a room holds, in all scopes.
 * @throws StorageError 'busy' while it is open in a tab.
 */
export async function removeRoomBytes(room: RoomId): Promise<void> {
  const vault = await openVaultDatabase().catch(() => undefined);
  try {
    await deleteRoom(room, vault);
  } finally {
    vault?.close();
  }
}

/** Asks the browser not to evict this origin's data; true when it promises. Never prompts in Chromium; may in Firefox. */
export async function persist(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}

class WorkerPieceStore implements PieceStore {
  readonly kind: StoreKind;
  readonly #client: WorkerClient;
  readonly #spare = new SpareFrames();
  #closing: Promise<void> | undefined;

  constructor(client: WorkerClient, kind: StoreKind) {
    this.#client = client;
    this.kind = kind;
  }

  async addOffer({ offer, geometry, source, outlets }: AddOffer): Promise<AddedOffer> {
    const { type: _, ...added } = expected(
      await this.#client.call({
        type: 'add-offer',
        offer,
        pieceLength: geometry.pieceLength,
        files: geometry.files.map(({ path, size }) => ({ path, size })),
        ...(source === undefined ? {} : { source }),
        ...(outlets === undefined ? {} : { outlets }),
      }),
      'added',
    );
    return added;
  }

  expect(offer: OfferId, first: number, hashes: Bytes): void {
    this.#client.notify({ type: 'expect', offer, first, hashes });
  }

  write(offer: OfferId, piece: number, begin: number, data: Bytes): void {
    this.#client.notify({ type: 'write', offer, piece, begin, data }, [data.buffer]);
  }

  async read(offer: OfferId, piece: number, begin: number, length: number, headroom: number): Promise<Bytes> {
    const request = { type: 'read', offer, piece, begin, length, headroom } as const;
    const spare = this.#spare.take(headroom + length);
    const reply =
      spare === undefined
        ? this.#client.call(request)
        : this.#client.call({ ...request, spare }, undefined, [spare]);
    return expected(await reply, 'bytes').bytes;
  }

  recycle(frame: Bytes): void {
    this.#spare.put(frame.buffer);
  }

  async hash(offer: OfferId, first: number, count: number): Promise<Bytes> {
    return expected(await this.#client.call({ type: 'hash', offer, first, count }), 'bytes').bytes;
  }

  async verify(offer: OfferId): Promise<Compared> {
    const { have, suspect } = expected(await this.#client.call({ type: 'verify', offer }), 'compared');
    return { have, suspect };
  }

  async hasRoom(bytes: number): Promise<boolean> {
    return expected(await this.#client.call({ type: 'has-room', bytes }), 'answer').yes;
  }

  discard(offer: OfferId, piece: number): void {
    this.#client.notify({ type: 'discard', offer, piece });
  }

  async file(offer: OfferId, file: number): Promise<Blob> {
    return expected(await this.#client.call({ type: 'file', offer, file }), 'blob').blob;
  }

  async zip(files: readonly ZipEntry[], signal?: AbortSignal): Promise<Blob> {
    return expected(await this.#client.call({ type: 'zip', files }, signal), 'blob').blob;
  }

  async zipInto(files: readonly ZipEntry[], into: FileSystemFileHandle): Promise<void> {
    expected(await this.#client.call({ type: 'zip', files, into }), 'blob');
  }

  async saveFolder(files: readonly ZipEntry[], into: FileSystemDirectoryHandle): Promise<void> {
    expected(await this.#client.call({ type: 'save-folder', files, into }), 'done');
  }

  async removeFiles(offer: OfferId, files: readonly number[]): Promise<void> {
    expected(await this.#client.call({ type: 'remove-files', offer, files }), 'done');
  }

  async removeOffer(offer: OfferId): Promise<void> {
    expected(await this.#client.call({ type: 'remove-offer', offer }), 'done');
  }

  subscribe(listener: (event: StorageEvent) => void): () => void {
    return this.#client.subscribe(listener);
  }

  async usage(): Promise<{ readonly quota: number; readonly used: number }> {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return { quota, used: usage };
  }

  close(): Promise<void> {
    this.#closing ??= this.#client
      .call({ type: 'close' })
      .then(() => undefined)
      .finally(() => this.#client.end());
    return this.#closing;
  }
}

/** Narrows a reply to the type its call has; another one would be a bug of ours. */
function expected<T extends Result['type']>(result: Result, type: T): Extract<Result, { type: T }> {
  if (!isResult(result, type)) throw new StorageError('io', `The storage worker answered ${result.type}.`);
  return result;
}

function isResult<T extends Result['type']>(result: Result, type: T): result is Extract<Result, { type: T }> {
  return result.type === type;
}
