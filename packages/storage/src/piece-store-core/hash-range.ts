import {
  HASH_BYTES,
  hashPiece,
  locatePiece,
  type Bytes,
  type CryptoPort,
  type OfferGeometry,
} from '@shoal/protocol';

/** Pieces read and hashed at once: hides the latency of reads, and holds at most this many pieces in memory. */
const AHEAD = 4;

/**
 * Hashes consecutive pieces.
 * @param read - gives a whole piece
 * @returns count times 32 bytes
 */
export async function hashRange(
  crypto: Pick<CryptoPort, 'sha256'>,
  g: OfferGeometry,
  first: number,
  count: number,
  read: (piece: number, length: number) => Promise<Bytes>,
): Promise<Bytes> {
  const hashes = new Uint8Array(count * HASH_BYTES);
  let next = first;
  const lane = async (): Promise<void> => {
    while (next < first + count) {
      const piece = next;
      next += 1;
      const data = await read(piece, locatePiece(g, piece).length);
      hashes.set(await hashPiece(crypto, g, piece, data), (piece - first) * HASH_BYTES);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AHEAD, count) }, lane));
  return hashes;
}
