import { concatBytes, hashPiece, type Bytes, type CryptoPort, type OfferGeometry } from '@shoal/protocol';

/**
 * `hashPiece` of the protocol over bytes that lie in several buffers, without joining them: at the speed of a data channel a
 * copy of every byte is throughput lost. The protocol's own function decides the shape of the tree; it walks a blank of the
 * piece's length, and each of its blocks is answered from where the real bytes are.
 * @param parts - consecutive, together exactly the piece
 */
export function hashPieceParts(
  crypto: Pick<CryptoPort, 'sha256'>,
  g: OfferGeometry,
  piece: number,
  parts: readonly Bytes[],
): Promise<Bytes> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hashPiece(crypto, g, piece, only);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const cursor = new PartsCursor(parts);
  return hashPiece(
    { sha256: blank => crypto.sha256(cursor.take(blank.byteOffset, blank.length)) },
    g,
    piece,
    blankOf(g.pieceLength).subarray(0, length),
  );
}

/** Never read and never written, so the system gives it no memory. One per piece length in use (at most seven exist). */
const blanks = new Map<number, Bytes>();

function blankOf(pieceLength: number): Bytes {
  let blank = blanks.get(pieceLength);
  if (blank === undefined) blanks.set(pieceLength, (blank = new Uint8Array(pieceLength)));
  return blank;
}

/** Finds ranges in consecutive parts; cheap while they are asked for in order. */
class PartsCursor {
  readonly #parts: readonly Bytes[];
  #index = 0;
  #start = 0;

  constructor(parts: readonly Bytes[]) {
    this.#parts = parts;
  }

  take(at: number, length: number): Bytes {
    if (at < this.#start) [this.#index, this.#start] = [0, 0];
    let part = this.#parts[this.#index];
    while (part !== undefined && at >= this.#start + part.length) {
      this.#start += part.length;
      this.#index += 1;
      part = this.#parts[this.#index];
    }
    const within = at - this.#start;
    if (part !== undefined && within + length <= part.length) return part.subarray(within, within + length);
    return this.#joined(within, length);
  }

  /** A block that lies across parts: only when a peer cuts blocks at odd places. */
  #joined(within: number, length: number): Bytes {
    const pieces: Bytes[] = [];
    let skip = within;
    let wanted = length;
    for (let index = this.#index; wanted > 0; index += 1) {
      const part = this.#parts[index];
      if (part === undefined) break;
      const slice = part.subarray(skip, skip + wanted);
      pieces.push(slice);
      wanted -= slice.length;
      skip = 0;
    }
    return concatBytes(...pieces);
  }
}
