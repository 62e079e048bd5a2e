import { utf8, type Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { isPlainPoint } from './ed25519-point.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './limits.ts';

/** A WebCrypto key: opaque here, so that no DOM type is needed. */
export interface CryptoKeyLike {
  readonly type: string;
  readonly extractable: boolean;
}

/** The part of `SubtleCrypto` that is used, typed structurally: the ones of browsers, workers and Node all fit. */
export interface SubtleCryptoLike {
  digest(algorithm: string, data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: 'raw',
    keyData: Bytes,
    algorithm: string | { name: string },
    extractable: boolean,
    usages: ('encrypt' | 'decrypt' | 'deriveBits' | 'verify')[],
  ): Promise<CryptoKeyLike>;
  exportKey(format: 'raw', key: CryptoKeyLike): Promise<ArrayBuffer>;
  generateKey(
    algorithm: { name: 'Ed25519' },
    extractable: boolean,
    usages: readonly ('sign' | 'verify')[],
  ): Promise<{ publicKey: CryptoKeyLike; privateKey: CryptoKeyLike }>;
  deriveBits(
    algorithm: { name: string; hash: string; salt: Bytes; info: Bytes },
    baseKey: CryptoKeyLike,
    length: number,
  ): Promise<ArrayBuffer>;
  encrypt(algorithm: AesGcmLike, key: CryptoKeyLike, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: AesGcmLike, key: CryptoKeyLike, data: Bytes): Promise<ArrayBuffer>;
  sign(algorithm: { name: string }, key: CryptoKeyLike, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: { name: string }, key: CryptoKeyLike, signature: Bytes, data: Bytes): Promise<boolean>;
}

interface AesGcmLike {
  readonly name: 'AES-GCM';
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

/** `globalThis.crypto`. `subtle` is missing in pages that are not a secure context. */
export interface WebCryptoLike {
  readonly subtle?: SubtleCryptoLike;
  getRandomValues(array: Bytes): Bytes;
}

/** The cryptography that the pure packages need, as a port. */
export interface CryptoPort {
  randomBytes(length: number): Bytes;
  sha256(data: Bytes): Promise<Bytes>;
  /** HKDF-SHA256 (RFC 5869) with an empty salt; `length` in bytes. */
  hkdfSha256(secret: Bytes, info: string, length: number): Promise<Bytes>;
  /** AES-256-GCM; the result is ciphertext and 16 bytes of tag. A nonce of 12 bytes must never be used twice with a key. */
  aesGcmSeal(key: Bytes, nonce: Bytes, plaintext: Bytes, aad: Bytes): Promise<Bytes>;
  /** `undefined` when not authentic: wrong key, nonce, associated data or a changed byte. */
  aesGcmOpen(key: Bytes, nonce: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes | undefined>;
  /** Ed25519 (RFC 8032); false also for a key or signature that is none, or that some engines take and others do not. */
  verifyEd25519(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean>;
}

const ED25519 = { name: 'Ed25519' } as const;

/**
 * The port over the platform's WebCrypto.
 * @throws ProtocolError `crypto-unsupported` when the page is not a secure context; its methods reject with the same code
 *   when the browser lacks an algorithm.
 */
export function webCryptoPort(webcrypto: WebCryptoLike): CryptoPort {
  const subtle = subtleOf(webcrypto);
  const aesKeys = new WeakMap<Bytes, Promise<CryptoKeyLike>>();
  const verifyKeys = new WeakMap<Bytes, Promise<CryptoKeyLike>>();
  const aesKey = (raw: Bytes) =>
    remembered(aesKeys, raw, () =>
      supported(subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])),
    );
  const verifyKey = (raw: Bytes) =>
    remembered(verifyKeys, raw, () => subtle.importKey('raw', raw, ED25519, false, ['verify']));
  return {
    randomBytes: length => webcrypto.getRandomValues(new Uint8Array(length)),
    sha256: async data => new Uint8Array(await subtle.digest('SHA-256', data)),
    hkdfSha256: async (secret, info, length) => {
      const key = await supported(subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']));
      const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8(info) };
      return new Uint8Array(await subtle.deriveBits(how, key, length * 8));
    },
    aesGcmSeal: async (key, nonce, plaintext, aad) => {
      const how = { name: 'AES-GCM', iv: nonce, additionalData: aad } as const;
      return new Uint8Array(await subtle.encrypt(how, await aesKey(key), plaintext));
    },
    aesGcmOpen: async (key, nonce, ciphertext, aad) => {
      const how = { name: 'AES-GCM', iv: nonce, additionalData: aad } as const;
      const imported = await aesKey(key);
      try {
        return new Uint8Array(await subtle.decrypt(how, imported, ciphertext));
      } catch {
        return undefined;
      }
    },
    verifyEd25519: async (publicKey, signature, message) => {
      if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
      if (!isPlainPoint(publicKey) || !isPlainPoint(signature.subarray(0, PUBLIC_KEY_BYTES))) return false;
      try {
        return await subtle.verify(ED25519, await verifyKey(publicKey), signature, message);
      } catch (cause) {
        // A key that is not on the curve is refused by importKey in some engines and by verify in others: both mean "no".
        if (isUnsupported(cause)) throw unsupported(cause);
        return false;
      }
    },
  };
}

/** @throws ProtocolError `crypto-unsupported` */
export function subtleOf(webcrypto: WebCryptoLike): SubtleCryptoLike {
  if (webcrypto.subtle === undefined)
    throw new ProtocolError('crypto-unsupported', 'WebCrypto needs a secure context (https or localhost).');
  return webcrypto.subtle;
}

/** Turns "the browser lacks this algorithm" into a ProtocolError `crypto-unsupported`; other failures pass. */
export async function supported<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    throw isUnsupported(cause) ? unsupported(cause) : cause;
  }
}

function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'NotSupportedError';
}

function unsupported(cause: unknown): ProtocolError {
  return new ProtocolError('crypto-unsupported', 'The browser lacks an algorithm of WebCrypto.', { cause });
}

/** Importing a key costs more than using it once; callers keep key bytes in one object, which is never changed. */
function remembered(
  cache: WeakMap<Bytes, Promise<CryptoKeyLike>>,
  raw: Bytes,
  load: () => Promise<CryptoKeyLike>,
): Promise<CryptoKeyLike> {
  const known = cache.get(raw);
  if (known !== undefined) return known;
  const loading = load();
  cache.set(raw, loading);
  return loading;
}
