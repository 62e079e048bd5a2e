import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto';
import { peerIdOf } from '@shoal/protocol';
import type { Bytes, CryptoPort, Signer } from '@shoal/protocol';

/** DER head of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 bytes of the key follow. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const TAG_BYTES = 16;

/** The same algorithms as WebCrypto, but done within a microtask, so that a test sees the same order of events each time. */
export function nodeCrypto(random: () => number): CryptoPort {
  return {
    randomBytes: length => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
    sha256: async data => own(createHash('sha256').update(data).digest()),
    hkdfSha256: async (secret, info, length) =>
      new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, length)),
    aesGcmSeal: async (key, nonce, plaintext, aad) => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
      return own(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
    },
    aesGcmOpen: async (key, nonce, ciphertext, aad) => {
      const tag = ciphertext.subarray(-TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(tag);
      try {
        return own(Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]));
      } catch {
        return undefined;
      }
    },
    verifyEd25519: async (publicKey, signature, message) => {
      const key = createPublicKey({
        key: Buffer.concat([SPKI_HEAD, publicKey]),
        format: 'der',
        type: 'spki',
      });
      return verify(null, message, key, signature);
    },
  };
}

export function nodeSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = own(publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length));
  return {
    publicKey: raw,
    peerId: peerIdOf(raw),
    sign: async message => own(sign(null, message, privateKey)),
  };
}

function own(buffer: Buffer): Bytes {
  return new Uint8Array(buffer);
}
