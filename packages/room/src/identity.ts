import { generateIdentity } from '@shoal/protocol';
import type { IdentityKeys, RoomId } from '@shoal/protocol';
import { StorageError } from '@shoal/storage';
import type { Vault } from '@shoal/storage';
import { RoomError } from './errors.ts';

/**
 * Who we are in a room, and the vault that keeps it: none where it cannot, for instance since the disk is full.
 * @throws RoomError `unsupported-browser`
 */
export async function identityOf<V extends Pick<Vault, 'identity'>>(
  room: RoomId,
  vault: V | undefined,
): Promise<{ readonly identity: IdentityKeys; readonly vault: V | undefined }> {
  try {
    if (vault !== undefined) return { identity: await vault.identity(room), vault };
  } catch (error) {
    if (!(error instanceof StorageError)) throw new RoomError('unsupported-browser', { cause: error });
  }
  try {
    return { identity: await generateIdentity(globalThis.crypto), vault: undefined };
  } catch (cause) {
    throw new RoomError('unsupported-browser', { cause });
  }
}
