import { expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from './bytes.ts';
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

test('[CX2] a key that signs everything, or that engines read differently, verifies nothing', async () => {
  // Points of small order: with one of them as key and as first half, and a second half of zeros, about each eighth text or more is signed.
  const small = [
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ];
  // The same again in forms that Chromium 156 takes, and Firefox 153 does not.
  const odd = [
    `ee${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(31)}`,
    'ff'.repeat(32),
  ];
  for (const key of [...small, ...odd].map(fromHex))
    for (let text = 0; text < 64; text += 1)
      for (const half of [fromHex(`01${'00'.repeat(31)}`), key]) {
        const signature = concatBytes(half, zeros(32));
        expect(await crypto.verifyEd25519(key, signature, new Uint8Array([text]))).toBe(false);
      }
  // A true key says nothing with such a first half either.
  const signer = await fixedSigner(globalThis.crypto);
  const { subtle } = globalThis.crypto;
  const asked: string[] = [];
  const watched = webCryptoPort({
    subtle: new Proxy<SubtleCryptoLike>(subtle, {
      get: (target, name) => {
        asked.push(String(name));
        return Reflect.get(target, name);
      },
    }),
    getRandomValues,
  });
  for (const half of [...small, ...odd].map(fromHex))
    expect(await watched.verifyEd25519(signer.publicKey, concatBytes(half, zeros(32)), zeros(1))).toBe(false);
  expect(asked).toEqual([]);
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
  expect(
    await outcome(() => webCryptoPort(poor).verifyEd25519(zeros(32).fill(2), zeros(64).fill(2), zeros(1))),
  ).toBe('crypto-unsupported');
});
