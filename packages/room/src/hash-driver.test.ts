import {
  Bitfield,
  HASH_BYTES,
  SIGNATURE_BYTES,
  decodeMessage,
  generateIdentity,
  geometryOf,
  signHashes,
  signerOf,
  webCryptoPort,
} from '@shoal/protocol';
import type { OfferId, PeerId, RoomId, Signer } from '@shoal/protocol';
import type { Neighbour } from '@shoal/transport';
import { expect, test, vi } from 'vitest';
import { HashDriver, batchGrid } from './hash-driver.ts';
import { Links } from './links.ts';

const MIB = 1024 * 1024;

test('a large file is hashed in runs of 2 MiB that tile it', () => {
  const grid = batchGrid(geometryOf(256 * 1024, [{ path: 'a', size: 4 * MIB + 1 }]));
  expect(grid.map(({ first, count }) => [first, count])).toEqual([
    [0, 8],
    [8, 8],
    [16, 1],
  ]);
});

test('small files share a run, up to 256 of them', () => {
  const files = Array.from({ length: 600 }, (_, i) => ({ path: String(i), size: 10 }));
  expect(batchGrid(geometryOf(64 * 1024, files)).map(({ count }) => count)).toEqual([256, 256, 88]);
});

test('a piece that is larger than a run is a run of its own', () => {
  expect(batchGrid(geometryOf(4 * MIB, [{ path: 'a', size: 9 * MIB }])).map(({ count }) => count)).toEqual([
    1, 1, 1,
  ]);
});

test('empty files need no hashing', () => {
  expect(batchGrid(geometryOf(64 * 1024, [{ path: 'a', size: 0 }]))).toEqual([]);
});

test('what need not be hashed cuts the runs', () => {
  const geometry = geometryOf(64 * 1024, [{ path: 'a', size: 40 * 64 * 1024 }]);
  const known = new Set([0, 5, 39]);
  expect(batchGrid(geometry, piece => !known.has(piece)).map(({ first, count }) => [first, count])).toEqual([
    [1, 4],
    [6, 32],
    [38, 1],
  ]);
});

test('own files are hashed in the background only while nobody fetches', async () => {
  vi.useFakeTimers();
  try {
    let now = 0;
    const hashed: number[] = [];
    const signer: Signer = {
      peerId: 'A'.repeat(22) as PeerId,
      publicKey: new Uint8Array(32),
      sign: async () => new Uint8Array(SIGNATURE_BYTES),
    };
    const driver = new HashDriver({
      room: 'R'.repeat(22) as RoomId,
      signer,
      crypto: webCryptoPort(globalThis.crypto),
      links: new Links({ message: () => {}, block: () => {} }),
      store: {
        hash: async (_, first, count) => {
          hashed.push(first);
          return new Uint8Array(count * HASH_BYTES);
        },
      },
      clock: () => now,
      handlers: {
        known: () => {},
        hashed: () => {},
        grown: () => {},
        condemned: () => {},
        failed: () => {},
      },
    });
    const pass = async (ms: number): Promise<void> => {
      now += ms;
      await vi.advanceTimersByTimeAsync(ms);
    };
    const offer = {
      id: 'O'.repeat(22) as OfferId,
      author: signer.peerId,
      authorPublicKey: signer.publicKey,
      geometry: geometryOf(64 * 1024, [{ path: 'a', size: 8 * MIB }]),
      createdSeq: 0,
      withdrawn: false,
    };
    await driver.add(offer, []);
    driver.own(offer.id, Bitfield.full(offer.geometry.pieceCount));
    for (let step = 0; step < 20; step += 1) {
      await pass(400);
      driver.demanded();
    }
    expect(hashed).toEqual([]);
    await pass(1500);
    expect(hashed).toEqual([0]);
    driver.close();
  } finally {
    vi.useRealTimers();
  }
});

const ROOM = `${'R'.repeat(21)}A` as RoomId;
const OFFER = `${'O'.repeat(21)}A` as OfferId;
const BOB = `${'B'.repeat(21)}A` as PeerId;

/** A driver with an offer of 256 pieces, and what it sends to bob. */
async function driverToBob({ pieceLength = 64 * 1024 } = {}) {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const sent: string[] = [];
  const hashed: string[] = [];
  const failed: string[] = [];
  let unreadable = false;
  const links = new Links({ message: () => {}, block: () => {} });
  const bob: Pick<Neighbour, 'peer' | 'send' | 'close'> = {
    peer: BOB,
    send: frame => {
      const message = decodeMessage(frame);
      if (message.type === 'hashes')
        sent.push(`hashes ${message.first} ${message.hashes.length / HASH_BYTES}`);
      if (message.type === 'hash-reject') sent.push(`hash-reject ${message.first} ${message.count}`);
      return true;
    },
    close: () => {},
  };
  links.add(bob as Neighbour);
  const driver = new HashDriver({
    room: ROOM,
    signer,
    crypto: webCryptoPort(globalThis.crypto),
    links,
    store: {
      hash: async (_, first, count) => {
        hashed.push(`${first} ${count}`);
        if (unreadable) throw new TypeError('unreadable');
        return new Uint8Array(count * HASH_BYTES).fill(first);
      },
    },
    clock: () => 0,
    handlers: {
      known: () => {},
      hashed: () => {},
      grown: () => {},
      condemned: () => {},
      failed: (_, __, first, count) => failed.push(`${first} ${count}`),
    },
  });
  const offer = {
    id: OFFER,
    author: signer.peerId,
    authorPublicKey: signer.publicKey,
    geometry: geometryOf(pieceLength, [{ path: 'a', size: 256 * pieceLength }]),
    createdSeq: 0,
    withdrawn: false,
  };
  await driver.add(offer, []);
  const learn = async (first: number, count: number): Promise<void> => {
    const hashes = new Uint8Array(count * HASH_BYTES).fill(first);
    const signature = await signHashes(signer, ROOM, OFFER, first, hashes);
    await driver.learn(BOB, {
      type: 'hashes',
      offer: OFFER,
      first,
      hashes,
      auth: { kind: 'signed', signature },
    });
  };
  const provide = async (first: number, count: number): Promise<string[]> => {
    sent.length = 0;
    await driver.provide(BOB, OFFER, first, count);
    return [...sent];
  };
  const readable = (on: boolean): void => {
    unreadable = !on;
  };
  return { driver, learn, provide, hashed, failed, readable };
}

test('of a run whose hashes are known in part, these are told and the rest is refused at once', async () => {
  const { learn, provide } = await driverToBob();
  await learn(20, 4);
  await learn(28, 2);
  expect(await provide(20, 4)).toEqual(['hashes 20 4']);
  expect(await provide(16, 16)).toEqual(['hashes 20 4', 'hashes 28 2', 'hash-reject 16 16']);
  expect(await provide(20, 16)).toEqual(['hashes 20 4', 'hashes 28 2', 'hash-reject 20 16']);
  expect(await provide(16, 8)).toEqual(['hashes 20 4', 'hash-reject 16 8']);
  expect(await provide(22, 2)).toEqual(['hashes 20 4']);
  expect(await provide(0, 8)).toEqual(['hash-reject 0 8']);
});

test('of more runs than one answer holds none is left out', async () => {
  const { learn, provide } = await driverToBob();
  for (let piece = 0; piece < 150; piece += 1) await learn(piece, 1);
  const told = await provide(0, 150);
  expect(told).toHaveLength(150);
  expect(told.at(-1)).toBe('hashes 149 1');
});

test('own files are hashed batch by batch for who asks, but for what is not at hand', async () => {
  const { driver, learn, provide, hashed } = await driverToBob();
  // Hashed in an earlier life.
  await learn(24, 2);
  const have = Bitfield.full(256);
  have.clear(40);
  driver.own(OFFER, have);
  // The first answer of all is a smaller one.
  expect(await provide(24, 4)).toEqual(['hashes 24 2', 'hashes 26 2']);
  expect(await provide(16, 16)).toEqual(['hashes 0 24', 'hashes 24 2', 'hashes 26 2', 'hashes 28 12']);
  expect(hashed).toEqual(['26 2', '0 24', '28 12']);
  expect(await provide(40, 2)).toEqual(['hashes 41 32', 'hash-reject 40 2']);
  driver.close();
});

test('whose file cannot be read says so to who asks and to its own person, and tries again when asked again', async () => {
  const { driver, provide, hashed, failed, readable } = await driverToBob();
  driver.own(OFFER, Bitfield.full(256));
  readable(false);
  expect(await provide(16, 16)).toEqual(['hash-reject 16 16']);
  // Once, not for each of its pieces.
  expect([hashed, failed]).toEqual([['16 4'], ['16 4']]);
  readable(true);
  expect(await provide(16, 16)).toEqual(['hashes 16 4', 'hashes 20 12']);
  readable(false);
  expect(await provide(64, 4)).toEqual(['hash-reject 64 4']);
  expect(failed).toEqual(['16 4', '64 32']);
  driver.close();
});

test('the first answer of all waits for no more than a quarter of a MiB, and nothing is hashed twice', async () => {
  const { driver, provide, hashed } = await driverToBob();
  driver.own(OFFER, Bitfield.full(256));
  expect(await provide(36, 4)).toEqual(['hashes 36 4']);
  expect(hashed).toEqual(['36 4']);
  expect(await provide(40, 16)).toEqual(['hashes 40 24']);
  expect(hashed).toEqual(['36 4', '32 4', '40 24']);
  expect(await provide(64, 1)).toEqual(['hashes 64 32']);
  driver.close();
});

test('of pieces larger than that the first answer covers one', async () => {
  const { driver, provide, hashed } = await driverToBob({ pieceLength: MIB });
  driver.own(OFFER, Bitfield.full(256));
  expect(await provide(4, 4)).toEqual(['hashes 4 1', 'hashes 5 1', 'hashes 6 2']);
  expect(hashed).toEqual(['4 1', '5 1', '6 2']);
  driver.close();
});
