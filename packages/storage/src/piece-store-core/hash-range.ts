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
 * @param withPiece - calls `work` with a whole piece, which stays as it is until `work` is done
 * @returns count times 32 bytes
 */
export async function hashRange(
  crypto: Pick<CryptoPort, 'sha256'>,
  g: OfferGeometry,
  first: number,
  count: number,
  withPiece: (piece: number, length: number, work: (data: Bytes) => Promise<Bytes>) => Promise<Bytes>,
): Promise<Bytes> {
  const hashes = new Uint8Array(count * HASH_BYTES);
  let next = first;
  const lane = async (): Promise<void> => {
    while (next < first + count) {
      const piece = next;
      next += 1;
      const hash = await withPiece(piece, locatePiece(g, piece).length, data =>
        hashPiece(crypto, g, piece, data),
      );
      hashes.set(hash, (piece - first) * HASH_BYTES);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AHEAD, count) }, lane));
  } finally {
    // When one has failed, nobody wants what the others would still read.
    next = first + count;
  }
  return hashes;
}
