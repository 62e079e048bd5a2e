import { Bitfield, geometryOf, webCryptoPort } from '@shoal/protocol';
import type { OfferId, PeerId, RoomId } from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import type { Compared, OfferSelection } from '@shoal/storage';
import { HashBook } from '@shoal/swarm';
import type { SwarmEvent } from '@shoal/swarm';
import { beforeEach, expect, test } from 'vitest';
import { Offers } from './offers.ts';
import { Outlets } from './outlets.ts';

const MIB = 1024 * 1024;
const PIECES = 8;
const NONE = new Bitfield(PIECES).toBytes();
const ALL = Bitfield.full(PIECES).toBytes();
const [X, Y] = ['X', 'Y'].map(letter => letter.repeat(22) as OfferId) as [OfferId, OfferId];

function offer(id: OfferId): CatalogueOffer {
  return {
    id,
    author: 'A'.repeat(22) as PeerId,
    authorPublicKey: new Uint8Array(32),
    geometry: geometryOf(MIB, [
      { path: 'a', size: 4 * MIB },
      { path: 'b', size: 4 * MIB },
    ]),
    createdSeq: 0,
    withdrawn: false,
  };
}

let offers: Offers;
/** What the store answers. */
let suspect: Uint8Array<ArrayBuffer>;
let adding: (id: OfferId) => Promise<void>;
/** Own files that the store was given, one list per call. */
let given: (readonly (File | undefined)[] | undefined)[];
let comparing: () => Promise<Compared>;
let kept: (readonly OfferSelection[])[];
let told: SwarmEvent['type'][];
let takenBack: number[][];
let failures: unknown[];

beforeEach(() => {
  [suspect, kept, told, takenBack, failures, given] = [NONE, [], [], [], [], []];
  const { geometry, authorPublicKey } = offer(Y);
  const book = new HashBook({
    crypto: webCryptoPort(globalThis.crypto),
    room: 'R'.repeat(22) as RoomId,
    offer: Y,
    geometry,
    authorPublicKey,
  });
  adding = async () => {};
  comparing = async () => ({ have: ALL, suspect: NONE });
  offers = new Offers({
    store: {
      addOffer: async ({ offer: id, source }) => {
        given.push(source);
        await adding(id);
        return { have: NONE, suspect, outlets: [] };
      },
      verify: async () => await comparing(),
      expect: () => {},
      removeFiles: async () => {},
      removeOffer: async () => {},
    },
    vault: {
      hashes: async () => [],
      forgetOffer: async () => {},
      keepSelection: async selection => void kept.push(selection),
    },
    hashes: {
      add: async () => book,
      own: () => {},
      remove: () => {},
      book: () => book,
    },
    outlets: new Outlets(),
    swarm: event => told.push(event.type),
    current: () => undefined,
    opened: () => {},
    takenBack: (_, files) => takenBack.push([...files]),
    changed: () => {},
    failed: error => failures.push(error),
  });
  offers.restoreSelection([{ offer: Y, wanted: [0, 1], paused: [] }]);
});

test('an offer is opened once, and one that was taken back not at all', async () => {
  await offers.add({ ...offer(X), withdrawn: true });
  expect([offers.get(X), given]).toEqual([undefined, []]);
  const slow = gate();
  adding = async () => await slow.passed;
  const opening = [offers.add(offer(Y)), offers.add(offer(Y))];
  slow.open();
  await Promise.all(opening);
  await offers.add(offer(Y));
  expect(given).toHaveLength(1);
  expect(told.filter(type => type === 'offer-added')).toHaveLength(1);
});

/** A promise and what ends it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>(resolve => (open = resolve));
  return { passed, open };
}

test('what is wanted of an offer that is still being opened is not forgotten by another that is taken back', async () => {
  const slow = gate();
  adding = async id => (id === Y ? await slow.passed : undefined);
  const opening = [offers.add(offer(Y)), offers.add(offer(X))];
  offers.withdrawn(X);
  await opening[1];
  expect(kept).toEqual([[{ offer: Y, wanted: [0, 1], paused: [] }]]);
  slow.open();
  await opening[0];
  offers.decide(Y, [1], 'none');
  expect(kept.at(-1)).toEqual([{ offer: Y, wanted: [0], paused: [] }]);
  offers.withdrawn(Y);
  expect([kept.at(-1), takenBack]).toEqual([[], [[0]]]);
});

test('a file that is cancelled while the others are compared does not have them fetched', async () => {
  suspect = ALL;
  const slow = gate();
  comparing = async () => {
    await slow.passed;
    return { have: new Uint8Array([0b0000_1111]), suspect: NONE };
  };
  const opening = offers.add(offer(Y));
  await expect.poll(() => offers.get(Y)?.views()[1]?.state).toBe('verifying');
  await offers.cancel(Y, [0]);
  expect(told).not.toContain('offer-added');
  slow.open();
  await opening;
  expect(told).toContain('offer-added');
  expect(
    offers
      .get(Y)
      ?.views()
      .map(({ state }) => state),
  ).toEqual(['offered', 'complete']);
});

test('what cannot be compared is fetched, and what waited for the offer goes on', async () => {
  suspect = ALL;
  const slow = gate();
  comparing = async () => {
    await slow.passed;
    throw new Error('disk-full');
  };
  const opening = offers.add(offer(Y));
  let after = false;
  offers.whenAdded(Y, () => (after = true));
  slow.open();
  await opening;
  expect([after, failures.length]).toEqual([true, 1]);
  expect(told).toContain('offer-added');
  expect(offers.get(Y)?.views()[0]?.state).toBe('downloading');
});

test('a picked file that cannot be opened leaves the offer as it was', async () => {
  await offers.add(offer(Y));
  let tries = 0;
  adding = async () => {
    tries += 1;
    if (tries === 1) throw new Error('io');
  };
  told = [];
  await offers.attach(Y);
  expect([tries, failures.length]).toEqual([2, 1]);
  expect(told).toContain('offer-added');
  expect(offers.get(Y)?.views()[0]?.state).toBe('downloading');
});

const file = (name: string): File => new File([name.repeat(4)], name);

test('own files that are at hand again are read by the store; with none, it keeps what came', async () => {
  await offers.add(offer(Y));
  const state = offers.get(Y);
  if (state === undefined) throw new Error('not open');
  given = [];
  await offers.adopt(state, new Map());
  const b = file('b');
  await offers.adopt(state, new Map([[1, b]]));
  expect(given).toEqual([undefined, [undefined, b]]);
  expect(offers.held(Y, 'b')).toBe(b);
  expect(offers.get(Y)?.own).toBe(true);
});

test('an own offer that is taken back while its files are opened again stays so', async () => {
  await offers.add(offer(Y));
  const state = offers.get(Y);
  if (state === undefined) throw new Error('not open');
  const slow = gate();
  adding = async () => await slow.passed;
  const adopting = offers.adopt(state, new Map([[0, file('a')]]));
  offers.withdrawn(Y);
  told = [];
  slow.open();
  await adopting;
  expect(told).toEqual([]);
  expect(offers.held(Y, 'a')).toBeUndefined();
});

test('of a range that cannot be read the file that the browser refuses is named; of one that it reads, all', async () => {
  class Gone extends File {
    override slice(): Blob {
      const nothing = new Blob();
      nothing.arrayBuffer = async () => await Promise.reject(new Error('NotReadableError'));
      return nothing;
    }
  }
  const { geometry } = offer(Y);
  const [a, b] = [file('a'), new Gone(['b'], 'b')];
  await offers.addSource(
    Y,
    geometry.pieceLength,
    geometry.files.map(({ path, size }) => ({ path, size })),
    [a, b],
  );
  await offers.add(offer(Y));
  expect(await offers.changedAmong(Y, 0, PIECES)).toEqual([1]);
  // What was read was not what had been hashed.
  expect(await offers.changedAmong(Y, 0, 2)).toEqual([0]);
  expect(await offers.changedAmong(Y, 3, 2)).toEqual([1]);
  expect(await offers.changedAmong(X, 0, 1)).toEqual([]);
});
