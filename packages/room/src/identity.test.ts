import { generateIdentity } from '@shoal/protocol';
import type { RoomId } from '@shoal/protocol';
import { StorageError } from '@shoal/storage';
import { expect, test } from 'vitest';
import { identityOf } from './identity.ts';

const ROOM = 'R'.repeat(22) as RoomId;

test('who is known in a room is the same again, and kept', async () => {
  const identity = await generateIdentity(globalThis.crypto);
  const vault = { identity: async () => identity };
  expect(await identityOf(ROOM, vault)).toEqual({ identity, vault });
});

test('a full disk keeps nobody out: who cannot be kept is somebody new', async () => {
  const full = async (): Promise<never> => await Promise.reject(new StorageError('disk-full'));
  const found = await identityOf(ROOM, { identity: full });
  expect(found.vault).toBeUndefined();
  expect(found.identity.privateKey).toBeInstanceOf(CryptoKey);
});

test('a browser without such keys is said to be one', async () => {
  const identity = async (): Promise<never> => await Promise.reject(new TypeError('no Ed25519'));
  await expect(identityOf(ROOM, { identity })).rejects.toMatchObject({ code: 'unsupported-browser' });
});
