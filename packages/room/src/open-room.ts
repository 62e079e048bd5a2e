import {
  ProtocolError,
  createRoomSecret,
  deriveRoomKeys,
  formatRoomLink,
  parseRoomLink,
  signerOf,
  toBase64Url,
  webCryptoPort,
} from '@shoal/protocol';
import type { RoomId, RoomSecret } from '@shoal/protocol';
import { StorageError, openPieceStore, openVault } from '@shoal/storage';
import type { PieceStore } from '@shoal/storage';
import { Mesh, hasWebRtc } from '@shoal/transport';
import { RoomError } from './errors.ts';
import { identityOf } from './identity.ts';
import { FREE_NETWORK } from './network.ts';
import type { NetworkSource } from './network.ts';
import { soon } from './notifier.ts';
import { RoomVault } from './room-vault.ts';
import { Room } from './room.ts';
import type { RoomHandle } from './snapshot.ts';
import { watchWakes } from './wakes.ts';

export interface OpenRoomOptions {
  /** The room link, or anything with its fragment. Without it a new room is made. */
  readonly link?: string;
  /** Where the signaling server answers and what the room link starts with: usually `location.origin`. */
  readonly serverUrl: string;
  /** What this device is, in words the others will see. */
  readonly deviceName?: string;
  /** What the person allows the network to do; changes are followed. Default: everything. */
  readonly network?: NetworkSource;
}

/**
 * Opens a room: derives its keys, takes back what was kept of it, and starts looking for its members.
 * @throws RoomError `bad-link`, `webrtc-missing`, `unsupported-browser`
 */
export async function openRoom(options: OpenRoomOptions): Promise<RoomHandle> {
  if (!hasWebRtc()) throw new RoomError('webrtc-missing');
  const crypto = webCryptoPort(globalThis.crypto);
  const secret = options.link === undefined ? createRoomSecret(crypto) : readLink(options.link);
  const { roomId, signalKey } = await deriveRoomKeys(crypto, secret);
  const link = formatRoomLink(`${options.serverUrl}/`, secret);
  const [vault, place] = await Promise.all([openVault().catch(() => undefined), openPlace(roomId)]);
  let room: Room | undefined;
  try {
    const { identity, vault: kept } = await identityOf(roomId, place.keeps ? vault : undefined);
    const now = Date.now();
    const visit = { room: roomId, secret: toBase64Url(secret), name: '', createdAt: now, lastSeen: now };
    // A disk that is full keeps nobody out.
    await kept?.putRoom(visit).catch(() => undefined);
    const signer = signerOf(globalThis.crypto, identity);
    const network = options.network ?? FREE_NETWORK;
    const mesh = new Mesh({
      url: options.serverUrl,
      room: roomId,
      signalKey,
      signer,
      crypto,
      relayOnly: () => network.get().relayOnly,
    });
    let stopWakes = (): void => undefined;
    room = new Room({
      link,
      room: roomId,
      signer,
      crypto,
      store: place.store,
      vault: new RoomVault(place.keeps ? kept : vault, roomId, place.keeps),
      mesh,
      clock: () => performance.now(),
      random: Math.random,
      schedule: soon,
      network,
      device: options.deviceName ?? '',
      release: () => {
        stopWakes();
        vault?.close();
      },
    });
    await room.start();
    stopWakes = watchWakes(() => mesh.wake());
    return room;
  } catch (error) {
    // Whoever tries again must find the store free: else they would be a guest in a room of their own.
    await (room ?? place.store).close().catch(() => undefined);
    vault?.close();
    throw error;
  }
}

function readLink(link: string): RoomSecret {
  try {
    return parseRoomLink(link);
  } catch (error) {
    if (error instanceof ProtocolError) throw new RoomError('bad-link', { cause: error });
    throw error;
  }
}

/**
 * The store of the room. One tab per browser owns what is kept; another tab of the same room is a guest: a
 * member of its own, with an identity and a store that end with it, so that two tabs never write over each other.
 */
async function openPlace(room: RoomId): Promise<{ readonly store: PieceStore; readonly keeps: boolean }> {
  try {
    return { store: await openPieceStore({ room }), keeps: true };
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'busy') throw error;
    const scope = toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(9)));
    return { store: await openPieceStore({ room, scope }), keeps: false };
  }
}
