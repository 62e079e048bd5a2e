import { createRoomSecret, deriveRoomKeys, generateIdentity, webCryptoPort } from '@shoal/protocol';
import { openPieceStore, removeRoomBytes } from '@shoal/storage';
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
  const nothing: StorageFinding = { kind: undefined, quota: 0, used: 0, persisted: false };
  try {
    const crypto = webCryptoPort(globalThis.crypto);
    const { roomId: room } = await deriveRoomKeys(crypto, createRoomSecret(crypto));
    const store = await openPieceStore({ room });
    const { kind } = store;
    const [{ quota, used }, persisted] = await Promise.all([
      store.usage().catch(() => nothing),
      isPersisted(),
    ]);
    await store.close();
    await removeRoomBytes(room);
    return { kind, quota, used, persisted };
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
