import { asOfferId, asPeerId, asRoomId, geometryOf, webCryptoPort } from '@shoal/protocol';
import type { EntryBody } from '@shoal/protocol';
import { HashBook } from '@shoal/swarm';
import { expect, test } from 'vitest';
import { Offers } from './offers.ts';
import { Outlets } from './outlets.ts';
import { Sharing } from './sharing.ts';

const SELF = asPeerId('AAAAAAAAAAAAAAAAAAAAAA');
const OFFERS = ['BAAAAAAAAAAAAAAAAAAAAA', 'CAAAAAAAAAAAAAAAAAAAAA'].map(asOfferId);
const authorPublicKey = new Uint8Array(32);

interface Sharer {
  readonly sharing: Sharing;
  readonly offers: Offers;
  readonly said: EntryBody[];
  /** Code, and the key of the row it is told at. */
  readonly told: [code: string, file: string | undefined][];
}

/** A member who shares, its log and its store both in memory. */
function sharer(): Sharer {
  const said: EntryBody[] = [];
  const told: [string, string | undefined][] = [];
  const store = {
    addOffer: async () => ({ have: new Uint8Array(1), suspect: new Uint8Array(1), outlets: [] }),
    hash: async () => new Uint8Array(32),
  };
  const offers: Offers = new Offers({
    store: {
      ...store,
      verify: async () => ({ have: new Uint8Array(1), suspect: new Uint8Array(1) }),
      expect: () => {},
      removeFiles: async () => {},
      removeOffer: async () => {},
    },
    vault: { hashes: async () => [], forgetOffer: async () => {}, keepSelection: async () => {} },
    hashes: {
      add: async ({ id: offer, geometry }) =>
        new HashBook({
          crypto: webCryptoPort(globalThis.crypto),
          room: asRoomId('AAAAAAAAAAAAAAAAAAAAAA'),
          offer,
          geometry,
          authorPublicKey,
        }),
      own: () => {},
      remove: () => {},
      book: () => undefined,
    },
    outlets: new Outlets(),
    swarm: () => {},
    current: () => undefined,
    opened: () => {},
    takenBack: () => {},
    changed: () => {},
    failed: () => {},
  });
  const sharing = new Sharing({
    self: SELF,
    store,
    vault: { sources: async () => undefined, keepSources: async () => {} },
    offers,
    hashes: { book: () => undefined },
    random: () => 0,
    author: async (body, before) => {
      const id = OFFERS[said.length];
      said.push(body);
      if (body.kind !== 'offer') return;
      if (id === undefined) throw new Error('more than this test has ids for');
      await before?.(id);
      const geometry = geometryOf(body.pieceLength, body.files);
      // As the room does when the log has accepted it.
      void offers.add({ id, author: SELF, authorPublicKey, geometry, createdSeq: 0, withdrawn: false });
    },
    tell: (code, _text, file) => told.push([code, file]),
  });
  return { sharing, offers, said, told };
}

test('what is chosen twice in a row is offered once', async () => {
  const { sharing, said } = sharer();
  const file = new File(['hello'], 'a.txt', { lastModified: 1 });
  await Promise.all([sharing.share([{ path: 'a.txt', file }]), sharing.share([{ path: 'a.txt', file }])]);
  expect(said.map(({ kind }) => kind)).toEqual(['offer']);
});

test('of files of several offers that have other content now each offer loses its own', async () => {
  const { sharing, offers, said, told } = sharer();
  const [whole, part] = ['DAAAAAAAAAAAAAAAAAAAAA', 'EAAAAAAAAAAAAAAAAAAAAA'].map(asOfferId);
  if (whole === undefined || part === undefined) throw new Error('no ids');
  const earlier = { author: SELF, authorPublicKey, createdSeq: 0, withdrawn: false };
  const geometry = (...paths: string[]) =>
    geometryOf(
      65536,
      paths.map(path => ({ path, size: 5 })),
    );
  await offers.add({ ...earlier, id: whole, geometry: geometry('a.txt') });
  await offers.add({ ...earlier, id: part, geometry: geometry('b.txt', 'c.txt') });
  const choose = (path: string) => ({ path, file: new File(['longer now'], path, { lastModified: 1 }) });
  await sharing.share([choose('a.txt'), choose('c.txt')]);
  expect(said).toMatchObject([
    { kind: 'offer', files: [{ path: 'a.txt' }, { path: 'c.txt' }] },
    { kind: 'withdraw', offer: whole },
  ]);
  expect(new Map(told.map(([code, file]) => [file, code]))).toEqual(
    new Map([
      [undefined, 'source-changed'],
      [`${part}/1`, 'source-changed'],
    ]),
  );
  expect(
    offers
      .get(part)
      ?.views()
      .map(({ state }) => state),
  ).toEqual(['offered', 'failed']);
});
