import { expect, test } from 'vitest';
import { fromHex, toHex } from './bytes.ts';
import { webCryptoPort, type SubtleCryptoLike } from './crypto.ts';
import { generateIdentity, peerIdOf, signerOf } from './identity.ts';
import { fixedSigner } from './testing/fixed-signer.ts';
import { outcome, outcomeNow } from './testing/outcome.ts';

const crypto = webCryptoPort(globalThis.crypto);
const getRandomValues = (array: Uint8Array<ArrayBuffer>) => array;
const refuse = () => Promise.reject(new DOMException('no Ed25519', 'NotSupportedError'));
const zeros = (length: number) => new Uint8Array(length);

test('[CX2] SHA-256 (FIPS 180-4), HKDF (RFC 5869, test 3), Ed25519 (RFC 8032, test 1), AES-256-GCM (NIST)', async () => {
  expect(toHex(await crypto.sha256(fromHex('616263')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(toHex(await crypto.hkdfSha256(fromHex('0b'.repeat(22)), '', 42))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
  const signer = await fixedSigner(globalThis.crypto);
  expect(toHex(await signer.sign(zeros(0)))).toBe(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  );
  expect(toHex(await crypto.aesGcmSeal(zeros(32), zeros(12), zeros(16), zeros(0)))).toBe(
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  );
});

test('[CX2] a sealed text opens only with the same key, nonce, associated data and bytes', async () => {
  const [key, nonce, aad] = [crypto.randomBytes(32), crypto.randomBytes(12), crypto.randomBytes(5)];
  const sealed = await crypto.aesGcmSeal(key, nonce, fromHex('0102'), aad);
  expect(await crypto.aesGcmOpen(key, nonce, sealed, aad)).toEqual(fromHex('0102'));
  const changed = sealed.slice();
  changed[0] = (changed[0] ?? 0) ^ 1;
  expect(await crypto.aesGcmOpen(key, nonce, changed, aad)).toBeUndefined();
  expect(await crypto.aesGcmOpen(crypto.randomBytes(32), nonce, sealed, aad)).toBeUndefined();
  expect(await crypto.aesGcmOpen(key, crypto.randomBytes(12), sealed, aad)).toBeUndefined();
  expect(await crypto.aesGcmOpen(key, nonce, sealed, zeros(5))).toBeUndefined();
  expect(await crypto.aesGcmOpen(key, nonce, zeros(3), aad)).toBeUndefined();
});

test('[CX2] what is no key or no signature verifies as false', async () => {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const message = fromHex('0102');
  const signature = await signer.sign(message);
  expect(await crypto.verifyEd25519(signer.publicKey, signature, message)).toBe(true);
  expect(await crypto.verifyEd25519(signer.publicKey, signature, zeros(2))).toBe(false);
  expect(await crypto.verifyEd25519(signer.publicKey, zeros(64), message)).toBe(false);
  expect(await crypto.verifyEd25519(signer.publicKey, zeros(63), message)).toBe(false);
  expect(await crypto.verifyEd25519(zeros(31), signature, message)).toBe(false);
  expect(await crypto.verifyEd25519(fromHex('ff'.repeat(32)), signature, message)).toBe(false);
});

test('[ID1] [ID3] an identity cannot be extracted; its PeerId follows from the public key alone', async () => {
  const identity = await generateIdentity(globalThis.crypto);
  expect(identity.privateKey.extractable).toBe(false);
  expect(identity.publicKey.length).toBe(32);
  expect(signerOf(globalThis.crypto, identity).peerId).toBe(peerIdOf(identity.publicKey));
  expect(peerIdOf(fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'))).toMatch(
    /^.{21}[AQgw]$/,
  );
});

test('[CX3] a browser without WebCrypto or without Ed25519 is told from a forgery', async () => {
  expect(outcomeNow(() => webCryptoPort({ getRandomValues }))).toBe('crypto-unsupported');
  const subtle = new Proxy<SubtleCryptoLike>(globalThis.crypto.subtle, { get: () => refuse });
  const poor = { subtle, getRandomValues };
  expect(await outcome(() => generateIdentity(poor))).toBe('crypto-unsupported');
  expect(await outcome(() => webCryptoPort(poor).verifyEd25519(zeros(32), zeros(64), zeros(1)))).toBe(
    'crypto-unsupported',
  );
});
