import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import { beforeEach, expect, test, vi } from 'vitest';
import { OfferState } from './offer-state.ts';
import type { Intent } from './room-vault.ts';
import { Space } from './space.ts';

const MIB = 1024 * 1024;
const OFFER = 'O'.repeat(22) as OfferId;

let state: OfferState;
let disk: { quota: number; used: number; room: boolean };
let told: string[];
let persisted: number;
let space: Space;

beforeEach(() => {
  const geometry = geometryOf(MIB, [
    { path: 'a', size: 10 * MIB },
    { path: 'b', size: 30 * MIB },
  ]);
  state = new OfferState(
    {
      id: OFFER,
      author: 'A'.repeat(22) as PeerId,
      authorPublicKey: new Uint8Array(32),
      geometry,
      createdSeq: 0,
      withdrawn: false,
    },
    false,
    new Bitfield(geometry.pieceCount),
  );
  disk = { quota: 100 * MIB, used: 0, room: true };
  told = [];
  persisted = 0;
  const decide = (_: OfferId, files: readonly number[] | undefined, intent: Intent): void =>
    state.decide(files, intent);
  space = new Space({
    store: {
      kind: 'opfs',
      usage: async () => ({ quota: disk.quota, used: disk.used }),
      hasRoom: async () => disk.room,
    },
    persist: async () => (persisted += 1),
    offers: {
      all: () => [state],
      get: () => state,
      decide,
      pause: (_, files) => state.decide(files, 'paused', file => state.intent(file) === 'wanted'),
    },
    tell: (_, text) => told.push(text),
    clear: () => (told = []),
    changed: () => {},
  });
});

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) space.tick();
  // Whatever a tick began is over.
  await new Promise(resolve => setImmediate(resolve));
}

const intents = (): Intent[] => [state.intent(0), state.intent(1)];

test('what fits is fetched, and the browser is asked once to keep it', async () => {
  await space.want(OFFER, [0]);
  await space.want(OFFER, [1]);
  expect(intents()).toEqual(['wanted', 'wanted']);
  expect([told, persisted]).toEqual([[], 1]);
});

test('what does not fit waits from the start, the rest goes on, and it starts by itself once there is room', async () => {
  disk.used = 70 * MIB;
  await space.refresh();
  await space.want(OFFER, [0]);
  const wanting = space.want(OFFER, [1]);
  // At once, before anything could be fetched.
  expect(intents()).toEqual(['wanted', 'paused']);
  await wanting;
  expect(told[0]).toContain('11 MB more');
  await ticks(10);
  expect(intents()).toEqual(['wanted', 'paused']);
  disk.used = 50 * MIB;
  await ticks(10);
  await vi.waitFor(() => expect(intents()).toEqual(['wanted', 'wanted']));
  expect(told).toEqual([]);
});

test('what the browser estimates but does not grant waits as well', async () => {
  disk.room = false;
  await space.want(OFFER, undefined);
  expect(intents()).toEqual(['paused', 'paused']);
  expect(told[0]).toContain('does not fit');
  disk.room = true;
  await ticks(10);
  expect(intents()).toEqual(['wanted', 'wanted']);
});

test('a full disk pauses what is fetched, whatever the browser estimates, until a write works', async () => {
  await space.want(OFFER, undefined);
  space.full(OFFER);
  disk.room = false;
  expect(intents()).toEqual(['paused', 'paused']);
  expect(told[0]).toContain('no more room');
  await ticks(30);
  expect(intents()).toEqual(['paused', 'paused']);
  disk.room = true;
  await ticks(10);
  await vi.waitFor(() => expect(intents()).toEqual(['wanted', 'wanted']));
});

test('what is saved as it arrives takes a quarter of the room at a time, and what is kept of it counts as free', async () => {
  await space.refresh();
  expect([space.segmentBytes(0), space.segmentBytes(60 * MIB)]).toEqual([24 * MIB, 40 * MIB]);
  disk.used = 90 * MIB;
  await space.refresh();
  expect(space.segmentBytes(0)).toBeUndefined();
});

test('what a person pauses does not go on by itself, and the rest does', async () => {
  await space.want(OFFER, undefined);
  space.full(OFFER);
  space.release(OFFER, [1]);
  await ticks(10);
  expect(intents()).toEqual(['wanted', 'paused']);
  space.full(OFFER);
  space.release(OFFER, undefined);
  await ticks(20);
  expect(intents()).toEqual(['paused', 'paused']);
});
