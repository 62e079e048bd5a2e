import { HASH_BYTES, hashPiece, type Bytes, type CryptoPort, type OfferGeometry } from '@shoal/protocol';

/** Pieces read and hashed at once: hides the latency of reads, and holds at most this many pieces in memory. */
const AHEAD = 4;

/**
 * Hashes consecutive pieces.
 * @param withPiece - hands the bytes of a whole piece to `work`, and may take them back when that is done
 * @returns count times 32 bytes
 */
export async function hashRange(
  crypto: Pick<CryptoPort, 'sha256'>,
  g: OfferGeometry,
  first: number,
  count: number,
  withPiece: (piece: number, work: (data: Bytes) => Promise<Bytes>) => Promise<Bytes>,
): Promise<Bytes> {
  const hashes = new Uint8Array(count * HASH_BYTES);
  let next = first;
  const lane = async (): Promise<void> => {
    while (next < first + count) {
      const piece = next;
      next += 1;
      const hash = await withPiece(piece, data => hashPiece(crypto, g, piece, data));
      hashes.set(hash, (piece - first) * HASH_BYTES);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AHEAD, count) }, lane));
  return hashes;
}
