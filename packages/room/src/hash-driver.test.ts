import { Bitfield, HASH_BYTES, SIGNATURE_BYTES, geometryOf, webCryptoPort } from '@shoal/protocol';
import type { OfferId, PeerId, RoomId, Signer } from '@shoal/protocol';
import { expect, test, vi } from 'vitest';
import { HashDriver, batchGrid } from './hash-driver.ts';
import { Links } from './links.ts';

const MIB = 1024 * 1024;

test('a large file is hashed in runs of 1 MiB that tile it', () => {
  const grid = batchGrid(geometryOf(256 * 1024, [{ path: 'a', size: 4 * MIB + 1 }]));
  expect(grid.map(({ first, count }) => [first, count])).toEqual([
    [0, 4],
    [4, 4],
    [8, 4],
    [12, 4],
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
    [6, 16],
    [22, 16],
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
