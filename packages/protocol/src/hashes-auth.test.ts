import { expect, test } from 'vitest';
import { webCryptoPort } from './crypto.ts';
import { signHashes, verifySignedHashes } from './hashes-auth.ts';
import { generateIdentity, signerOf } from './identity.ts';
import { asOfferId, asRoomId } from './ids.ts';

const crypto = webCryptoPort(globalThis.crypto);
const room = asRoomId('AAAAAAAAAAAAAAAAAAAAAA');
const otherRoom = asRoomId('BAAAAAAAAAAAAAAAAAAAAA');
const offer = asOfferId('CAAAAAAAAAAAAAAAAAAAAA');
const otherOffer = asOfferId('DAAAAAAAAAAAAAAAAAAAAA');

test('[MT8] a signed batch holds for its author, room, offer, place and hashes, and for nothing else', async () => {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const other = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const hashes = crypto.randomBytes(96);
  const signature = await signHashes(signer, room, offer, 5, hashes);
  const key = signer.publicKey;
  const changed = hashes.slice();
  changed[95] = (changed[95] ?? 0) ^ 1;
  expect(await verifySignedHashes(crypto, room, key, offer, 5, hashes, signature)).toBe(true);
  expect(await verifySignedHashes(crypto, otherRoom, key, offer, 5, hashes, signature)).toBe(false);
  expect(await verifySignedHashes(crypto, room, other.publicKey, offer, 5, hashes, signature)).toBe(false);
  expect(await verifySignedHashes(crypto, room, key, otherOffer, 5, hashes, signature)).toBe(false);
  expect(await verifySignedHashes(crypto, room, key, offer, 6, hashes, signature)).toBe(false);
  expect(await verifySignedHashes(crypto, room, key, offer, 5, changed, signature)).toBe(false);
  expect(await verifySignedHashes(crypto, room, key, offer, 5, hashes.slice(32), signature)).toBe(false);
});
