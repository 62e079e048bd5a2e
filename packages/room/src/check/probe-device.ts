import { createRoomSecret, deriveRoomKeys, generateIdentity, webCryptoPort } from '@shoal/protocol';
import { openPieceStore, openVault, removeRoomBytes } from '@shoal/storage';
import { hasWebRtc } from '@shoal/transport';
import type { BrowserFinding, StorageFinding } from './device-findings.ts';

export async function probeBrowser(): Promise<BrowserFinding> {
  const crypto = await generateIdentity(globalThis.crypto).then(
    () => true,
    () => false,
  );
  return { secureContext: globalThis.isSecureContext, webRtc: hasWebRtc(), crypto };
}

/** Opens a store as a room does, one of its own, and removes it again. */
export async function probeStorage(): Promise<StorageFinding> {
  const nothing: StorageFinding = { kind: undefined, remembers: false, quota: 0, used: 0, persisted: false };
  try {
    const crypto = webCryptoPort(globalThis.crypto);
    const { roomId: room } = await deriveRoomKeys(crypto, createRoomSecret(crypto));
    const store = await openPieceStore({ room });
    const { kind } = store;
    const [{ quota, used }, persisted, remembers] = await Promise.all([
      store.usage().catch(() => nothing),
      isPersisted(),
      opensVault(),
    ]);
    await store.close();
    // It holds nothing; a browser whose database is broken keeps it, and has opened it all the same.
    await removeRoomBytes(room).catch(() => undefined);
    return { kind, remembers, quota, used, persisted };
  } catch {
    return nothing;
  }
}

async function isPersisted(): Promise<boolean> {
  try {
    return await navigator.storage.persisted();
  } catch {
    return false;
  }
}

async function opensVault(): Promise<boolean> {
  try {
    (await openVault()).close();
    return true;
  } catch {
    return false;
  }
}
