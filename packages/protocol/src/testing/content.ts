import { concatBytes, type Bytes } from '../bytes.ts';
import type { CryptoPort } from '../crypto.ts';
import { fileAt, type OfferGeometry } from '../manifest/geometry.ts';
import { hashPiece } from '../merkle/roots.ts';

/** The content of the vectors: see vectors/make-vectors.py. */
export function vectorContent(size: number): Bytes {
  const content = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) content[i] = (i * 7 + Math.floor(i / 251)) % 251;
  return content;
}

/** Hashes of all pieces of one file, n * 32 bytes. */
export async function hashFile(
  crypto: CryptoPort,
  g: OfferGeometry,
  file: number,
  content: Bytes,
): Promise<Bytes> {
  const { firstPiece, pieceCount } = fileAt(g, file);
  const hashes: Bytes[] = [];
  for (let piece = 0; piece < pieceCount; piece += 1) {
    const data = content.subarray(piece * g.pieceLength, (piece + 1) * g.pieceLength);
    hashes.push(await hashPiece(crypto, g, firstPiece + piece, data));
  }
  return concatBytes(...hashes);
}
