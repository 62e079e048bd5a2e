import * as v from 'valibot';
import { lengthPrefixed, uint32, utf8, type Bytes } from './bytes.ts';
import type { CryptoPort } from './crypto.ts';
import type { Signer } from './identity.ts';
import { idBytes, type OfferId, type RoomId } from './ids.ts';
import { HASH_BYTES, MAX_PROOF_LEVELS, SIGNATURE_BYTES } from './limits.ts';
import { bytesSchema } from './schemas.ts';

/** Before the seal: the offer's author signed this batch. */
export interface SignedHashes {
  readonly kind: 'signed';
  /** Ed25519, 64 bytes. */
  readonly signature: Bytes;
}

/** After the seal: the way from this run of hashes up to the sealed root. */
export interface ProvenHashes {
  readonly kind: 'proof';
  /** From the run to the pieces root of its file, lowest first, n * 32 bytes; empty for files of one piece. */
  readonly fileUncles: Bytes;
  /** From the file root (or the run of files of one piece) to the offer root, lowest first, n * 32 bytes. */
  readonly topUncles: Bytes;
}

/** Why a receiver may believe a run of piece hashes. */
export type HashesAuth = SignedHashes | ProvenHashes;

const unclesSchema = v.pipe(
  bytesSchema(0, MAX_PROOF_LEVELS * HASH_BYTES),
  v.check(bytes => bytes.length % HASH_BYTES === 0),
);

export const hashesAuthSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('signed'), signature: bytesSchema(SIGNATURE_BYTES, SIGNATURE_BYTES) }),
  v.strictObject({ kind: v.literal('proof'), fileUncles: unclesSchema, topUncles: unclesSchema }),
]);

/** Signature (64 bytes) of an author over hashes of the pieces from `first` on. */
export function signHashes(
  signer: Signer,
  room: RoomId,
  offer: OfferId,
  first: number,
  hashes: Bytes,
): Promise<Bytes> {
  return signer.sign(hashesText(room, offer, first, hashes));
}

/** True when the author signed exactly these hashes for these pieces of this offer in this room. */
export function verifySignedHashes(
  crypto: Pick<CryptoPort, 'verifyEd25519'>,
  room: RoomId,
  authorPublicKey: Bytes,
  offer: OfferId,
  first: number,
  hashes: Bytes,
  signature: Bytes,
): Promise<boolean> {
  return crypto.verifyEd25519(authorPublicKey, signature, hashesText(room, offer, first, hashes));
}

function hashesText(room: RoomId, offer: OfferId, first: number, hashes: Bytes): Bytes {
  return lengthPrefixed(utf8('shoal/1 piece hashes'), idBytes(room), idBytes(offer), uint32(first), hashes);
}
