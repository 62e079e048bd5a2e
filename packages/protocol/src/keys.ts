import type { Bytes } from './bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { asRoomId, idText, type RoomId } from './ids.ts';
import { ID_BYTES } from './limits.ts';
import type { RoomSecret } from './link.ts';

/** What follows from a room secret. */
export interface RoomKeys {
  /** All that the server learns of the room. */
  readonly roomId: RoomId;
  /** AES-256-GCM key (32 bytes) of sealed signals. */
  readonly signalKey: Bytes;
}

const AES_256_KEY_BYTES = 32;

/** HKDF-SHA256 with one info text per key: no key tells anything of another, or of the secret. */
export async function deriveRoomKeys(
  crypto: Pick<CryptoPort, 'hkdfSha256'>,
  secret: RoomSecret,
): Promise<RoomKeys> {
  const [roomId, signalKey] = await Promise.all([
    crypto.hkdfSha256(secret, 'shoal/1 room id', ID_BYTES),
    crypto.hkdfSha256(secret, 'shoal/1 signal key', AES_256_KEY_BYTES),
  ]);
  return { roomId: asRoomId(idText(roomId)), signalKey };
}
