import type { EntryBody, LogEntry, OfferId, PeerId, RoomId } from '@shoal/protocol';
import type { Vault } from '@shoal/storage';
import { beforeEach, expect, test } from 'vitest';
import { RoomVault } from './room-vault.ts';

const ROOM = 'R'.repeat(22) as RoomId;

/** What each writing of the spare is answered, in turn; `true` when nothing is left. */
let answers: (boolean | Error | Promise<boolean>)[];
let spares: number;

const unused = async (): Promise<never> => {
  throw new Error('not asked for here');
};

const vault: Vault = {
  identity: unused,
  rooms: unused,
  putRoom: unused,
  removeRoom: unused,
  appendEntry: async () => {},
  keepFork: async () => {},
  entries: unused,
  putHashes: unused,
  hashes: unused,
  removeHashes: unused,
  putSources: unused,
  sources: unused,
  removeSources: unused,
  outlets: unused,
  bitfields: unused,
  putSelection: async () => {},
  selection: unused,
  keepSpare: async () => {
    spares += 1;
    const answer = answers.shift() ?? true;
    if (answer instanceof Error) throw answer;
    return await answer;
  },
  setting: unused,
  putSetting: async () => {},
  close: () => {},
};

function entry(body: EntryBody): LogEntry {
  const bytes = new Uint8Array(32);
  return {
    author: 'A'.repeat(22) as PeerId,
    publicKey: bytes,
    seq: 0,
    prev: bytes,
    body,
    hash: bytes,
    signature: bytes,
    payload: bytes,
    raw: bytes,
  };
}

beforeEach(() => {
  [answers, spares] = [[], 0];
});

test('[VA1] the spare is written with every visit, and anew when what matters has changed', async () => {
  const kept = new RoomVault(vault, ROOM, true);
  await kept.flushSpare();
  await kept.flushSpare();
  expect(spares).toBe(1);
  const changes = [
    async () => await kept.appendEntry(entry({ kind: 'offer', pieceLength: 65536, files: [] })),
    async () => await kept.appendEntry(entry({ kind: 'withdraw', offer: 'O'.repeat(22) as OfferId })),
    async () => await kept.keepSelection([]),
    async () => await kept.setName('Ada'),
  ];
  for (const [at, change] of changes.entries()) {
    await change();
    await kept.flushSpare();
    expect(spares).toBe(at + 2);
  }
  // These come often, and from anybody.
  await kept.appendEntry(entry({ kind: 'profile', name: 'Bob', device: '' }));
  await kept.appendEntry(entry({ kind: 'receipt', givers: [] }));
  await kept.flushSpare();
  expect(spares).toBe(changes.length + 1);
});

test('a spare that could not be written is tried again', async () => {
  const kept = new RoomVault(vault, ROOM, true);
  answers = [false, new Error('io')];
  for (let flush = 0; flush < 4; flush += 1) await kept.flushSpare();
  expect(spares).toBe(3);
});

test('spares are written one after the other: the browser keeps the one that is closed last', async () => {
  const kept = new RoomVault(vault, ROOM, true);
  let written: (done: boolean) => void = () => undefined;
  answers = [new Promise(resolve => (written = resolve))];
  const first = kept.flushSpare();
  await kept.setName('Ada');
  const second = kept.flushSpare();
  await Promise.resolve();
  expect(spares).toBe(1);
  written(true);
  await Promise.all([first, second]);
  expect(spares).toBe(2);
});

test('a guest keeps none, and a room without a database says so', async () => {
  await new RoomVault(vault, ROOM, false).flushSpare();
  expect(spares).toBe(0);
  expect([undefined, vault].map(known => new RoomVault(known, ROOM, true).missing)).toEqual([true, false]);
  expect(new RoomVault(undefined, ROOM, false).missing).toBe(false);
});
