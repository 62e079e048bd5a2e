import { webCryptoPort } from '@shoal/protocol';
import type { ByteStore } from '../backends/byte-store.ts';
import { IndexedDbByteStore } from '../backends/indexeddb.ts';
import { MemoryByteStore } from '../backends/memory.ts';
import { OpfsByteStore } from '../backends/opfs.ts';
import { StorageError } from '../errors.ts';
import { PieceStoreCore } from '../piece-store-core/piece-store-core.ts';
import type { StorageEvent, StoreKind } from '../piece-store.ts';
import { MemoryRecords, VaultRecords } from '../vault/records.ts';
import { openVaultDatabase, type VaultDatabase } from '../vault/schema.ts';
import { BlobTemp, StoreTemp, TEMP_FOLDER, type TempSink } from '../zip/temp.ts';
import type { OpenRequest } from './messages.ts';
import { memorySink, reminding } from './memory.ts';
import { lockScope, placeOf, removeDeadScopes } from './scope.ts';

export interface OpenStore {
  readonly kind: StoreKind;
  readonly core: PieceStoreCore;
  /** Tries to write so many bytes. */
  hasRoom(bytes: number): Promise<boolean>;
  /** Gives a fresh sink for a file that is made here. */
  temp(): TempSink;
  close(): Promise<void>;
}

/** Puts a store together from what this browser has. */
export async function openStore(
  request: OpenRequest,
  emit: (event: StorageEvent) => void,
): Promise<OpenStore> {
  const unlock = await lockScope(request.room, request.scope, request.busyAfterMs);
  try {
    const vault = await openVaultDatabase().catch(() => undefined);
    void removeDeadScopes(request.room, request.scope, vault);
    const bytes = await openBytes(request);
    await bytes.removeFolder(TEMP_FOLDER);
    const core = new PieceStoreCore({
      bytes,
      records: recordsFor(request, bytes.kind, vault),
      crypto: reminding(webCryptoPort(globalThis.crypto)),
      timer: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
      free: memorySink(),
      emit,
    });
    return {
      kind: bytes.kind,
      core,
      hasRoom: size => hasRoom(bytes, size),
      temp: () => (bytes.kind === 'opfs' ? new StoreTemp(bytes) : new BlobTemp()),
      async close() {
        try {
          await core.close();
        } finally {
          vault?.close();
          unlock();
        }
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Bytes written to see whether there is room. */
const TRIAL_BYTES = 4 * 1024 * 1024;

/** The browser is asked for all of it, since what it estimates may have little to do with what it grants; some is written as well. */
async function hasRoom(bytes: ByteStore, size: number): Promise<boolean> {
  const name = `${TEMP_FOLDER}/${crypto.randomUUID()}`;
  try {
    await bytes.reserve?.(name, size);
    await bytes.writeAt(name, 0, new Uint8Array(Math.min(TRIAL_BYTES, size)));
    await bytes.flush([name]);
    return true;
  } catch {
    return false;
  } finally {
    await bytes.remove(name).catch(() => undefined);
  }
}

async function openBytes({ room, scope, prefer }: OpenRequest): Promise<ByteStore> {
  let reason: unknown;
  for (const kind of prefer) {
    try {
      switch (kind) {
        case 'opfs':
          return await OpfsByteStore.open([room, scope]);
        case 'indexeddb':
          return await IndexedDbByteStore.open(placeOf(room, scope, 'indexeddb'));
        case 'memory':
          return new MemoryByteStore();
      }
    } catch (error) {
      reason = error;
    }
  }
  throw new StorageError('unsupported', undefined, { cause: reason });
}

/** Without a vault, or with bytes that die with the tab, nothing may be claimed after a reload. */
function recordsFor(
  { room, scope }: OpenRequest,
  kind: StoreKind,
  vault: VaultDatabase | undefined,
): VaultRecords | MemoryRecords {
  return kind === 'memory' || vault === undefined
    ? new MemoryRecords()
    : new VaultRecords(vault, placeOf(room, scope, kind));
}
