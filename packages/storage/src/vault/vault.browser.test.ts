import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  HASH_BYTES,
  SIGNATURE_BYTES,
  asPeerId,
  createEntry,
  encodeMessage,
  generateIdentity,
  signerOf,
  utf8,
  type Bytes,
  type LogEntry,
  type OfferId,
  type PeerId,
  type RoomId,
} from '@shoal/protocol';
import { newOffer, newRoom } from '../testing/fixtures.ts';
import { VaultRecords } from './records.ts';
import { MIGRATIONS, openVaultDatabase } from './schema.ts';
import { openVault, type KeptRun, type Vault } from './vault.ts';

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
  await (
    await navigator.storage.getDirectory()
  )
    .removeEntry(`${name}-spare`, { recursive: true })
    .catch(() => undefined);
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

test('log entries come back per room, each author in order; a second of one number, which proves a fork, comes last', async () => {
  const vault = await openOne();
  const [room, other, x, y] = [newRoom(), newRoom(), author(), author()];
  for (const seq of [10, 2, 0, 1]) await vault.appendEntry(room, utf8(`x${seq}`), x, seq);
  await vault.appendEntry(room, utf8('x2'), x, 2);
  await vault.appendEntry(room, utf8('x2 forked'), x, 2);
  await vault.appendEntry(room, utf8('y0'), y, 0);
  await vault.appendEntry(other, utf8('other'), x, 0);
  const texts = (await vault.entries(room)).map(raw => new TextDecoder().decode(raw));
  expect(texts.filter(text => text.startsWith('x'))).toEqual(['x0', 'x1', 'x2', 'x10', 'x2 forked']);
  expect(texts.filter(text => !text.startsWith('x'))).toEqual(['y0']);
});

test('of an author who forks again and again there is one proof, and what stands', async () => {
  const vault = await openOne();
  const [room, x, y] = [newRoom(), author(), author()];
  const numbered = (text: string, seq: number) => ({ raw: utf8(text), seq });
  for (let seq = 0; seq < 20; seq += 1) await vault.appendEntry(room, utf8(`x${seq}`), x, seq);
  await vault.appendEntry(room, utf8('y0'), y, 0);
  for (let seq = 19; seq >= 3; seq -= 1)
    await vault.keepFork(room, x, seq, [numbered(`x${seq}`, seq), numbered(`x${seq} forked`, seq)]);
  const texts = async () => (await vault.entries(room)).map(raw => new TextDecoder().decode(raw));
  const of = async (name: string) => (await texts()).filter(text => text.startsWith(name));
  expect(await of('x')).toEqual(['x0', 'x1', 'x2', 'x3', 'x3 forked']);
  await vault.keepFork(room, x, 1, [numbered('x1', 1), numbered('x2 of another chain', 2)]);
  expect(await of('x')).toEqual(['x0', 'x1', 'x2 of another chain']);
  await vault.keepFork(room, x, 0, [numbered('x1', 1), numbered('x1 after another start', 1)]);
  expect(await of('x')).toEqual(['x1', 'x1 after another start']);
  expect(await of('y')).toEqual(['y0']);
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
  const offer = newOffer();
  await vault.putHashes(a, offer, [{ first: 0, frame: utf8('h') }]);
  await vault.putHashes(b, offer, [{ first: 0, frame: utf8('h') }]);
  await vault.putSources(a, offer, { roots: [], files: [null] });
  await vault.removeRoom(a);
  expect([await vault.hashes(a, offer), await vault.sources(a, offer)]).toEqual([[], undefined]);
  expect(await vault.hashes(b, offer)).toEqual([utf8('h')]);
  expect((await vault.rooms()).map(({ room }) => room)).toEqual([b]);
  expect(await vault.entries(a)).toEqual([]);
  expect((await vault.identity(a)).publicKey).not.toEqual(identity.publicKey);
});

test('hashes, selections and settings come back; a broken record is as if it were not there', async () => {
  const vault = await openOne();
  const [room, offer] = [newRoom(), newOffer()];
  expect(await vault.hashes(room, offer)).toEqual([]);
  const run = (first: number, text: string): KeptRun => ({ first, frame: utf8(text) });
  await vault.putHashes(room, newOffer(), [run(0, 'other')]);
  await vault.putHashes(room, offer, [run(300, 'b'), run(4, 'a')]);
  await vault.putHashes(room, offer, [run(300, 'c'), run(1000, 'd')]);
  expect(await vault.hashes(room, offer)).toEqual(['a', 'c', 'd'].map(utf8));
  await vault.removeHashes(room, offer);
  expect(await vault.hashes(room, offer)).toEqual([]);
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

test('handles of files and folders come back and can be read', async () => {
  const vault = await openOne();
  const [room, offer] = [newRoom(), newOffer()];
  const top = await navigator.storage.getDirectory();
  const folder = await top.getDirectoryHandle(name, { create: true });
  const writable = await (await folder.getFileHandle('a.txt', { create: true })).createWritable();
  await writable.write('text');
  await writable.close();
  await vault.putSources(room, offer, { roots: [folder], files: [{ root: 0, path: 'a.txt' }, null] });
  const kept = await vault.sources(room, offer);
  expect(kept?.files).toEqual([{ root: 0, path: 'a.txt' }, null]);
  const [root] = kept?.roots ?? [];
  expect(await root?.isSameEntry(folder)).toBe(true);
  const again = root instanceof FileSystemDirectoryHandle ? await root.getFileHandle('a.txt') : undefined;
  expect(await (await again?.getFile())?.text()).toBe('text');
  await top.removeEntry(name, { recursive: true });
  await vault.removeSources(room, offer);
  expect(await vault.sources(room, offer)).toBe(undefined);
});

test('bitfields of a room are listed, those of second tabs and of other rooms are not', async () => {
  const vault = await openOne();
  const [room, other, a, b, c] = [newRoom(), newRoom(), newOffer(), newOffer(), newOffer()];
  const raw = await openVaultDatabase(name);
  await raw.put('bitfields', utf8('a'), [`${room}/main/opfs`, a]);
  await raw.put('bitfields', utf8('b'), [`${room}/second/opfs`, b]);
  await raw.put('bitfields', utf8('c'), [`${other}/main/opfs`, c]);
  raw.close();
  expect([...(await vault.bitfields(room))]).toEqual([[a, utf8('a')]]);
});

describe('a database that the browser lost', () => {
  const lose = async (): Promise<Vault> => {
    for (const vault of open.splice(0)) vault.close();
    await deleteDB(name);
    return openOne();
  };
  const spares = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(`${name}-spare`);

  async function signedEntry(room: RoomId, name: string): Promise<LogEntry> {
    const signer = signerOf(crypto, await generateIdentity(crypto));
    const body = { kind: 'profile', name, device: '' } as const;
    return createEntry(signer, room, 0, new Uint8Array(HASH_BYTES), body);
  }

  test('[VA1] [VA3] rooms, wishes, log and settings come back; the identity is a new one', async () => {
    const vault = await openOne();
    const [a, b, offer] = [newRoom(), newRoom(), newOffer()];
    const entries = [await signedEntry(a, 'Ada'), await signedEntry(a, 'Bob')];
    for (const { raw, author, seq } of entries) await vault.appendEntry(a, raw, author, seq);
    const identity = await vault.identity(a);
    const selection = [{ offer, wanted: [0, 2], paused: [2] }];
    await vault.putRoom({ room: a, secret: 's', name: 'A', createdAt: 1, lastSeen: 1 });
    await vault.putRoom({ room: b, secret: 't', name: 'B', createdAt: 2, lastSeen: 2 });
    await vault.putSelection(a, selection);
    await vault.putSetting('name', 'Ada');
    await Promise.all([a, b].map(room => vault.keepSpare(room)));

    const found = await lose();
    expect((await found.rooms()).map(({ room, secret, createdAt }) => [room, secret, createdAt])).toEqual([
      [b, 't', 2],
      [a, 's', 1],
    ]);
    expect(await found.selection(a)).toEqual(selection);
    expect(await found.setting('name')).toBe('Ada');
    const raws = (log: readonly Bytes[]): string[] => log.map(raw => raw.join()).toSorted();
    expect(raws(await found.entries(a))).toEqual(raws(entries.map(({ raw }) => raw)));
    expect((await found.identity(a)).publicKey).not.toEqual(identity.publicKey);
  });

  test('what was cut off is left out, the others come back', async () => {
    const vault = await openOne();
    const [whole, cut] = [newRoom(), newRoom()];
    for (const room of [whole, cut]) {
      await vault.putRoom({ room, secret: 's', name: '', createdAt: 1, lastSeen: 1 });
      await vault.appendEntry(room, utf8('x'), author(), 0);
      await vault.keepSpare(room);
    }
    const writable = await (
      await (await spares()).getFileHandle(`${cut}.room`)
    ).createWritable({
      keepExistingData: true,
    });
    await writable.truncate((await (await (await spares()).getFileHandle(`${cut}.room`)).getFile()).size - 1);
    await writable.close();
    const found = await lose();
    expect((await found.rooms()).map(({ room }) => room)).toEqual([whole]);
    // No entry of a log, so it has no place in it.
    expect(await found.entries(whole)).toEqual([]);
  });

  test('a room that was removed does not come back, nor does one while others are known', async () => {
    const vault = await openOne();
    const [removed, kept] = [newRoom(), newRoom()];
    for (const room of [removed, kept]) {
      await vault.putRoom({ room, secret: 's', name: '', createdAt: 1, lastSeen: 1 });
      await vault.keepSpare(room);
    }
    await vault.removeRoom(removed);
    expect((await (await openOne()).rooms()).map(({ room }) => room)).toEqual([kept]);
    expect((await (await lose()).rooms()).map(({ room }) => room)).toEqual([kept]);
  });

  test('a room that is not in the database gets no spare', async () => {
    await (await openOne()).keepSpare(newRoom());
    expect(await (await lose()).rooms()).toEqual([]);
  });
});

/** What the release with `version` left behind. */
async function asOf(version: number, fill: (database: IDBDatabase) => void): Promise<void> {
  const opening = indexedDB.open(name, version);
  await new Promise<void>((resolve, reject) => {
    opening.addEventListener('upgradeneeded', () => {
      for (const store of VERSION_1) opening.result.createObjectStore(store);
      if (version > 1) opening.result.createObjectStore('sources');
    });
    opening.addEventListener('success', () => resolve());
    opening.addEventListener('error', () => reject(opening.error ?? new Error('no database')));
  });
  fill(opening.result);
  opening.result.close();
}

const VERSION_1 = ['bitfields', 'entries', 'hashes', 'identities', 'rooms', 'selections', 'settings'];

test('a database that would not open is tried again, not for ever', async () => {
  const broken = (): never => {
    throw new DOMException('Internal error opening backing store.', 'UnknownError');
  };
  const opening = vi.spyOn(indexedDB, 'open').mockImplementationOnce(broken);
  expect(await (await openOne()).rooms()).toEqual([]);
  expect(opening).toHaveBeenCalledTimes(2);
  opening.mockImplementation(broken);
  await expect(openVault({ database: name })).rejects.toMatchObject({ code: 'io' });
  opening.mockRestore();
});

test('a new database has the stores of today', async () => {
  (await openVaultDatabase(name)).close();
  const database = await openDB(name);
  expect(database.version).toBe(MIGRATIONS.length);
  expect([...database.objectStoreNames]).toEqual(
    [...VERSION_1.filter(store => store !== 'hashes'), 'outlets', 'runs', 'sources'].toSorted(),
  );
  database.close();
});

test('migration 2 adds the place for handles and loses nothing', async () => {
  const [room, offer, writer] = [newRoom(), newOffer(), author()];
  await asOf(1, database => {
    database.transaction('entries', 'readwrite').objectStore('entries').put(utf8('x'), [room, writer, 0]);
  });
  const vault = await openOne();
  expect(await vault.entries(room)).toEqual([utf8('x')]);
  await vault.putSources(room, offer, { roots: [], files: [] });
  expect(await vault.sources(room, offer)).toEqual({ roots: [], files: [] });
});

test('migration 3 gives each offer its hashes by the room that its bitfield names', async () => {
  const [room, offer, lost] = [newRoom(), newOffer(), newOffer()];
  await asOf(2, database => {
    const transaction = database.transaction(['hashes', 'bitfields'], 'readwrite');
    transaction.objectStore('bitfields').put(utf8('b'), [`${room}/main/opfs`, offer]);
    transaction.objectStore('hashes').put([run(offer, 0)], offer);
    transaction.objectStore('hashes').put([run(lost, 0)], lost);
  });
  const vault = await openOne();
  expect(await vault.hashes(room, offer)).toEqual([run(offer, 0)]);
  const raw = await openDB(name);
  expect(await raw.getAllKeys('runs')).toEqual([[room, offer, 0]]);
  raw.close();
});

test('migration 4 keeps each run of hashes by itself, and leaves out what is none', async () => {
  const [room, offer] = [newRoom(), newOffer()];
  await asOf(3, database => {
    const store = database.transaction('hashes', 'readwrite').objectStore('hashes');
    store.put([run(offer, 300), 'text', utf8('x'), run(offer, 4)], [room, offer]);
    store.put('no list', [room, newOffer()]);
  });
  const vault = await openOne();
  expect(await vault.hashes(room, offer)).toEqual([run(offer, 4), run(offer, 300)]);
  const raw = await openDB(name);
  expect([...raw.objectStoreNames]).not.toContain('hashes');
  raw.close();
});

function run(offer: OfferId, first: number): Bytes {
  const auth = { kind: 'signed', signature: new Uint8Array(SIGNATURE_BYTES) } as const;
  return encodeMessage({ type: 'hashes', offer, first, hashes: new Uint8Array(HASH_BYTES), auth });
}

test('what takes claims back survives a power cut, what adds some need not', async () => {
  const database = await openVaultDatabase(name);
  const asked = vi.spyOn(database, 'transaction');
  const durability = (): unknown[] =>
    asked.mock.calls
      .splice(0)
      .flatMap(([, mode, options]) => (mode === 'readwrite' ? options?.durability : []));
  const records = new VaultRecords(database, 'place');
  const [offer, have] = [newOffer(), new Uint8Array(1)];
  await records.save([[offer, { have }]]);
  expect(durability()).toEqual(['relaxed']);
  await records.save([[offer, { have }]], true);
  expect(durability()).toEqual(['strict']);
  await records.remove(offer);
  expect([durability(), await records.load(offer)]).toEqual([['strict'], undefined]);
  await records.save([[offer, { have }]]);
  await records.clear();
  expect([durability(), await records.load(offer)]).toEqual([['relaxed', 'strict'], undefined]);
  database.close();
});
