import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import type { OutletState } from '@shoal/storage';
import { beforeEach, expect, test } from 'vitest';
import { IntoFiles } from './into-files.ts';
import { OfferState } from './offer-state.ts';
import { Outlets } from './outlets.ts';

const MIB = 1024 * 1024;
const OFFER = 'O'.repeat(22) as OfferId;

let state: OfferState;
let outlets: Outlets;
let into: IntoFiles;
/** What the browser answers when it is asked for the picked file; it asks anew each time. */
let granted: boolean;
let segmentBytes: number | undefined;
/** What the store makes of the picked file. */
let opened: OutletState | undefined;
let wanted: (readonly number[] | undefined)[];
let released: (readonly number[] | undefined)[];
let told: string[];

// Asked for nothing but its permissions.
const handle = {
  queryPermission: async () => (granted ? 'granted' : 'prompt'),
  requestPermission: async () => (granted ? 'granted' : 'denied'),
} as unknown as FileSystemFileHandle;

const window = { file: 1, first: 10, end: 14, done: false };

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
  outlets = new Outlets();
  [granted, segmentBytes, opened, wanted, released, told] = [true, 4 * MIB, window, [], [], []];
  into = new IntoFiles({
    offers: {
      get: () => state,
      attach: async offer => {
        const allowed = (await outlets.allowed(offer)).length > 0;
        for (const file of outlets.files(offer)) state.setOutlet(file, allowed ? opened : undefined);
      },
      outletMoved: (_, outlet) => state.setOutlet(outlet.file, outlet),
      outletFailed: (_, file) => state.setOutlet(file, undefined),
    },
    outlets,
    space: {
      want: async (_, files) => void wanted.push(files),
      release: (_, files) => void released.push(files),
      refresh: async () => {},
      segmentBytes: () => segmentBytes,
    },
    tell: code => told.push(code),
    clear: () => (told = []),
  });
});

test('a file with a picked one is wanted, piece by piece as there is room, and complete when all is in there', async () => {
  await into.begin(OFFER, 1, handle);
  expect(wanted).toEqual([[1]]);
  state.decide([1], 'wanted');
  expect(state.windows()).toEqual(new Map([[1, window]]));
  expect([state.roomOf(0), state.roomOf(1), state.roomNeeded()]).toEqual([10 * MIB, 4 * MIB, 4 * MIB]);
  for (let piece = 10; piece < 40; piece += 1) state.add(piece);
  expect(state.views()[1]).toMatchObject({ state: 'downloading', progress: 1, outlet: 'arriving' });
  into.stored({ type: 'outlet', offer: OFFER, outlet: { file: 1, first: 40, end: 40, done: true } });
  expect(state.views()[1]).toMatchObject({ state: 'complete', outlet: 'saved' });
});

test('without room for the parts on their way it does not begin', async () => {
  segmentBytes = undefined;
  await expect(into.begin(OFFER, 1, handle)).rejects.toMatchObject({ code: 'no-room-to-stage' });
  expect(wanted).toEqual([]);
});

test('a picked file that cannot be written is forgotten, and the file is as it was', async () => {
  opened = undefined;
  await into.begin(OFFER, 1, handle);
  expect([wanted, outlets.files(OFFER), state.hasOutlet(1)]).toEqual([[], [], false]);
});

test('what is in a picked file that is out of reach is shown as here, and no more once it is opened', () => {
  state.setOutlet(1, undefined);
  state.holdElsewhere(1, 12);
  state.add(39);
  state.decide([1], 'paused');
  expect(state.views()[1]).toMatchObject({ state: 'paused', progress: 13 / 30 });
  expect([state.verifiedBytes, state.missingOf(1)]).toEqual([MIB, 29 * MIB]);
  state.setOutlet(1, window);
  expect(state.views()[1]).toMatchObject({ progress: 1 / 30 });
});

test('what the browser has to be asked for waits for a click, and the rest does not', async () => {
  await into.begin(OFFER, 1, handle);
  into.stored({ type: 'outlet-failed', offer: OFFER, file: 1, code: 'outlet-full', text: '' });
  expect([told, released]).toEqual([['outlet-full'], [[1]]]);
  state.decide(undefined, 'wanted');
  expect([...state.wanted().keys()]).toEqual([0]);
  [granted, wanted] = [false, []];
  await into.accept(OFFER, undefined);
  expect([wanted, told]).toEqual([[[0]], ['write-denied']]);
  [granted, wanted] = [true, []];
  await into.accept(OFFER, undefined);
  expect([wanted, told]).toEqual([[[0, 1]], []]);
  expect([...state.wanted().keys()]).toEqual([0, 1]);
});
