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

/** A member who shares, its log and its store both in memory. */
function sharer(): { readonly sharing: Sharing; readonly said: EntryBody[] } {
  const said: EntryBody[] = [];
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
      if (id === undefined || body.kind !== 'offer') throw new Error('more than this test has ids for');
      said.push(body);
      await before?.(id);
      const geometry = geometryOf(body.pieceLength, body.files);
      // As the room does when the log has accepted it.
      void offers.add({ id, author: SELF, authorPublicKey, geometry, createdSeq: 0, withdrawn: false });
    },
    tell: () => {},
  });
  return { sharing, said };
}

test('what is chosen twice in a row is offered once', async () => {
  const { sharing, said } = sharer();
  const file = new File(['hello'], 'a.txt', { lastModified: 1 });
  await Promise.all([sharing.share([{ path: 'a.txt', file }]), sharing.share([{ path: 'a.txt', file }])]);
  expect(said.map(({ kind }) => kind)).toEqual(['offer']);
});
