import {
  asRoomId,
  createRoomSecret,
  deriveRoomKeys,
  generateIdentity,
  signerOf,
  webCryptoPort,
  writeBlockHeader,
} from '@shoal/protocol';
import { expect, test, vi } from 'vitest';
import { FakeHub } from '../testing/fake-hub.ts';
import { Waiter } from '../testing/waiter.ts';
import type { MeshEvent, Neighbour } from './events.ts';
import { Mesh } from './mesh.ts';

// 64 MiB through a browser that shares two cores with others.
vi.setConfig({ testTimeout: 180_000 });

const MIB = 1024 * 1024;
const HIGH_WATER = MIB;
const BLOCK = 128 * 1024 + 8;

/** Two members in one page, real WebRTC between them, a hub in memory. */
async function meet() {
  const port = webCryptoPort(crypto);
  const hub = new FakeHub(Math.random, (_, task) => queueMicrotask(task));
  const keys = await deriveRoomKeys(port, createRoomSecret(port));
  const member = async () => {
    const signer = signerOf(crypto, await generateIdentity(crypto));
    const mesh = new Mesh({
      url: 'http://hub.test',
      room: asRoomId(keys.roomId),
      signalKey: keys.signalKey,
      signer,
      crypto: port,
      signaling: () => hub.seat(),
    });
    const events: MeshEvent[] = [];
    const waiter = new Waiter();
    let listener: ((event: MeshEvent) => void) | undefined;
    mesh.subscribe(event => {
      if (event.type !== 'frame') events.push(event);
      listener?.(event);
      waiter.noticed();
    });
    return {
      mesh,
      peer: signer.peerId,
      events,
      on(next: (event: MeshEvent) => void) {
        listener = next;
      },
      until: (condition: () => boolean) => waiter.until(condition),
    };
  };
  const [a, b] = [await member(), await member()] as const;
  a.mesh.start();
  b.mesh.start();
  await a.until(() => a.mesh.neighbours.length === 1);
  await b.until(() => b.mesh.neighbours.length === 1);
  const toB = a.mesh.neighbours[0];
  if (toB === undefined) throw new Error('not connected');
  return { a, b, toB };
}

function block(index: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(BLOCK).fill(index & 0xff);
  writeBlockHeader(frame, index);
  return frame;
}

test('64 MiB in blocks of 128 KiB + 8: each once and whole, transferable, never above the high water mark', async () => {
  const { a, b, toB } = await meet();
  const total = (64 * MIB) / (BLOCK - 8);
  let sent = 0;
  let highest = 0;
  // No order: on a slow day the path looks long, more lanes are opened, and blocks on one overtake those on another.
  const numbers = new Set<number>();
  let received = 0;
  let wrong = 0;
  const fill = (to: Neighbour): void => {
    while (sent < total && to.room >= BLOCK) {
      to.send(block(sent));
      sent += 1;
      highest = Math.max(highest, to.bufferedAmount);
    }
  };
  const channel = new MessageChannel();
  b.on(event => {
    if (event.type !== 'frame') return;
    const { frame } = event;
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(4);
    received += 1;
    numbers.add(number);
    if (frame.length !== BLOCK || frame[BLOCK - 1] !== (number & 0xff)) wrong += 1;
    channel.port1.postMessage(frame, [frame.buffer]);
    if (frame.length !== 0) wrong += 1;
  });
  a.on(event => {
    if (event.type === 'writable') fill(toB);
  });
  fill(toB);
  await b.until(() => received === total);
  expect(wrong).toBe(0);
  expect(numbers.size).toBe(total);
  expect(highest).toBeLessThanOrEqual(HIGH_WATER);
  expect(highest).toBeGreaterThan(HIGH_WATER / 2);
  expect(toB.maxFrameBytes).toBeGreaterThanOrEqual(BLOCK);
  channel.port1.close();
  a.mesh.close();
  b.mesh.close();
});

test('the path is told, and its round trip may be asked for', async () => {
  const { a, b, toB } = await meet();
  await a.until(() => a.events.some(event => event.type === 'path'));
  expect(toB.path).toBe('direct');
  const { path, rttMs } = await toB.stats();
  expect(path).toBe('direct');
  expect(rttMs ?? 0).toBeLessThan(1000);
  a.mesh.close();
  b.mesh.close();
});

test('a goodbye is heard before the connection ends', async () => {
  const { a, b, toB } = await meet();
  toB.close('bad-block', 'a block that does not match');
  await b.until(() => b.events.some(event => event.type === 'neighbour-left'));
  const left = b.events.find(event => event.type === 'neighbour-left');
  expect(left).toMatchObject({ peer: a.peer, code: 'misbehaved' });
  a.mesh.close();
  b.mesh.close();
});

test('a member that leaves is missed by the others at once', async () => {
  const { a, b } = await meet();
  b.mesh.close();
  await a.until(() => a.mesh.neighbours.length === 0);
  expect(a.events.at(-1)).toMatchObject({ type: 'neighbour-left', peer: b.peer, code: 'leaving' });
  a.mesh.close();
});
