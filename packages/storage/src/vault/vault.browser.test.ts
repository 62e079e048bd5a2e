import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asPeerId, signerOf, utf8, type PeerId } from '@shoal/protocol';
import { newOffer, newRoom } from '../testing/fixtures.ts';
import { MIGRATIONS, openVaultDatabase } from './schema.ts';
import { openVault, type Vault } from './vault.ts';

let name = '';
const open: Vault[] = [];
const openOne = async (): Promise<Vault> => {
  const vault = await openVault({ database: name });
  open.push(vault);
  return vault;
};
beforeEach(() => {
  name = `vault-${crypto.randomUUID()}`;
});
afterEach(async () => {
  for (const vault of open.splice(0)) vault.close();
  await deleteDB(name);
});

const author = (): PeerId => asPeerId(newRoom());

test('two tabs that ask for an identity at once get one, usable and not extractable, also later', async () => {
  const [a, b] = [await openOne(), await openOne()];
  const room = newRoom();
  const [first, second, third] = await Promise.all([a.identity(room), b.identity(room), a.identity(room)]);
  expect(second.publicKey).toEqual(first.publicKey);
  expect(third.publicKey).toEqual(first.publicKey);
  const again = await (await openOne()).identity(room);
  expect(again.publicKey).toEqual(first.publicKey);
  expect(again.privateKey.extractable).toBe(false);
  expect((await signerOf(crypto, again).sign(utf8('text'))).length).toBe(64);
  expect((await a.identity(newRoom())).publicKey).not.toEqual(first.publicKey);
});

test('log entries come back per room, each author in order; a second of one number is ignored', async () => {
  const vault = await openOne();
  const [room, other, x, y] = [newRoom(), newRoom(), author(), author()];
  for (const seq of [10, 2, 0, 1]) await vault.appendEntry(room, utf8(`x${seq}`), x, seq);
  await vault.appendEntry(room, utf8('forked'), x, 2);
  await vault.appendEntry(room, utf8('y0'), y, 0);
  await vault.appendEntry(other, utf8('other'), x, 0);
  const texts = (await vault.entries(room)).map(raw => new TextDecoder().decode(raw));
  expect(texts.filter(text => text.startsWith('x'))).toEqual(['x0', 'x1', 'x2', 'x10']);
  expect(texts.toSorted()).toEqual(['x0', 'x1', 'x10', 'x2', 'y0']);
});

test('rooms are listed most recent first and keep when they were made; a removed one is forgotten', async () => {
  const vault = await openOne();
  const [a, b] = [newRoom(), newRoom()];
  await vault.putRoom({ room: a, secret: 's', name: 'A', createdAt: 1, lastSeen: 1 });
  await vault.putRoom({ room: b, secret: 't', name: 'B', createdAt: 2, lastSeen: 2 });
  await vault.putRoom({ room: a, secret: 's', name: 'A2', createdAt: 3, lastSeen: 3 });
  expect((await vault.rooms()).map(({ name, createdAt }) => [name, createdAt])).toEqual([
    ['A2', 1],
    ['B', 2],
  ]);
  const identity = await vault.identity(a);
  await vault.appendEntry(a, utf8('x'), author(), 0);
  await vault.removeRoom(a);
  expect((await vault.rooms()).map(({ room }) => room)).toEqual([b]);
  expect(await vault.entries(a)).toEqual([]);
  expect((await vault.identity(a)).publicKey).not.toEqual(identity.publicKey);
});

test('hashes, selections and settings come back; a broken record is as if it were not there', async () => {
  const vault = await openOne();
  const [room, offer] = [newRoom(), newOffer()];
  expect(await vault.hashes(offer)).toBe(undefined);
  await vault.putHashes(offer, { version: 1, hashes: utf8('h') });
  expect(await vault.hashes(offer)).toEqual({ version: 1, hashes: utf8('h') });
  await vault.removeHashes(offer);
  expect(await vault.hashes(offer)).toBe(undefined);
  await vault.putSelection(room, [{ offer, wanted: [0, 2], paused: [2] }]);
  expect(await vault.selection(room)).toEqual([{ offer, wanted: [0, 2], paused: [2] }]);
  await vault.putSetting('name', 'Ada');
  expect([await vault.setting('name'), await vault.setting('else')]).toEqual(['Ada', undefined]);

  const raw = await openVaultDatabase(name);
  await raw.put('selections', [{ offer: 'no id', wanted: [], paused: [] }], room);
  await raw.put('rooms', { room, secret: 7 }, room);
  await raw.put('identities', { publicKey: 'text' }, room);
  raw.close();
  expect(await vault.selection(room)).toEqual([]);
  expect(await vault.rooms()).toEqual([]);
  expect((await vault.identity(room)).publicKey.length).toBe(32);
});

test('migration 1 makes the stores of version 1', async () => {
  (await openVaultDatabase(name)).close();
  const database = await openDB(name);
  expect(database.version).toBe(MIGRATIONS.length);
  expect([...database.objectStoreNames]).toEqual([
    'bitfields',
    'entries',
    'hashes',
    'identities',
    'rooms',
    'selections',
    'settings',
  ]);
  database.close();
});
