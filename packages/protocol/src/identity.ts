import { sha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from './bytes.ts';
import { subtleOf, supported, type CryptoKeyLike, type WebCryptoLike } from './crypto.ts';
import { asPeerId, idText, type PeerId } from './ids.ts';

/** An Ed25519 key pair of one device in one room. May be stored in IndexedDB as it is. */
export interface IdentityKeys {
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Bytes;
  /** Not extractable: a script may use it, never read it. */
  readonly privateKey: CryptoKeyLike;
}

/** Signs for one member. */
export interface Signer {
  readonly publicKey: Bytes;
  readonly peerId: PeerId;
  /** Ed25519 signature, 64 bytes. */
  sign(message: Bytes): Promise<Bytes>;
}

/**
 * A fresh key pair; its private key cannot be extracted.
 * @throws ProtocolError `crypto-unsupported` when the browser has no Ed25519.
 */
export async function generateIdentity(webcrypto: WebCryptoLike): Promise<IdentityKeys> {
  const subtle = subtleOf(webcrypto);
  const pair = await supported(subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']));
  return {
    publicKey: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)),
    privateKey: pair.privateKey,
  };
}

/** The signer of an identity. */
export function signerOf(webcrypto: WebCryptoLike, identity: IdentityKeys): Signer {
  const subtle = subtleOf(webcrypto);
  return {
    publicKey: identity.publicKey,
    peerId: peerIdOf(identity.publicKey),
    sign: async message =>
      new Uint8Array(await subtle.sign({ name: 'Ed25519' }, identity.privateKey, message)),
  };
}

/** The member that a public key stands for: first 16 bytes of its SHA-256. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return asPeerId(idText(sha256(publicKey)));
}
