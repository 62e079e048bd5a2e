import {
  asOfferId,
  asRoomId,
  geometryOf,
  hashPiece,
  locatePiece,
  toBase64Url,
  webCryptoPort,
  type Bytes,
  type OfferedFile,
  type OfferGeometry,
  type OfferId,
  type RoomId,
} from '@shoal/protocol';
import type { StorageEvent } from '../piece-store.ts';

export const PIECE = 64 * 1024;
export const BLOCK = 16 * 1024;
export const cryptoPort = webCryptoPort(globalThis.crypto);

export function newRoom(): RoomId {
  return asRoomId(toBase64Url(cryptoPort.randomBytes(16)));
}

export function newOffer(): OfferId {
  return asOfferId(toBase64Url(cryptoPort.randomBytes(16)));
}

/** Bytes that differ from offset to offset and from seed to seed, without the limits of getRandomValues. */
export function noise(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Files with content, and what an offer of them looks like. */
export class Sample {
  readonly offer = newOffer();
  readonly geometry: OfferGeometry;
  readonly contents: readonly Bytes[];

  /** @param sparse - files too large to have content here */
  constructor(sizes: readonly number[], pieceLength = PIECE, sparse: readonly OfferedFile[] = []) {
    this.contents = sizes.map((size, index) => noise(size, index + 1));
    this.geometry = geometryOf(pieceLength, [
      ...sizes.map((size, index) => ({ path: `folder/file ${index} ✓.bin`, size })),
      ...sparse,
    ]);
  }

  get pieces(): number[] {
    return Array.from({ length: this.geometry.pieceCount }, (_, piece) => piece);
  }

  /** A copy: what is written to a store is transferred. */
  piece(piece: number): Bytes {
    const { file, begin, length } = locatePiece(this.geometry, piece);
    return (this.contents[file] ?? new Uint8Array(0)).slice(begin, begin + length);
  }

  hash(piece: number): Promise<Bytes> {
    return hashPiece(cryptoPort, this.geometry, piece, this.piece(piece));
  }

  /** Content for a piece of a sparse file. */
  filler(piece: number): Bytes {
    return noise(locatePiece(this.geometry, piece).length, piece);
  }

  hashOf(piece: number, data: Bytes): Promise<Bytes> {
    return hashPiece(cryptoPort, this.geometry, piece, data);
  }

  files(): File[] {
    return this.contents.map((bytes, index) => new File([bytes], `file ${index}`));
  }
}

/** The blocks of a piece, each in a buffer of its own with 8 bytes in front, as they come off the wire. */
export function blocksOf(piece: Bytes, blockBytes = BLOCK): { begin: number; data: Bytes }[] {
  const blocks: { begin: number; data: Bytes }[] = [];
  for (let begin = 0; begin < piece.length; begin += blockBytes) {
    const block = piece.subarray(begin, begin + blockBytes);
    const frame = new Uint8Array(8 + block.length);
    frame.set(block, 8);
    blocks.push({ begin, data: frame.subarray(8) });
  }
  return blocks;
}

/** Collects events and waits for one of a kind. */
export class EventLog {
  readonly events: StorageEvent[] = [];
  readonly #waiting = new Set<() => void>();

  readonly listener = (event: StorageEvent): void => {
    this.events.push(event);
    for (const check of this.#waiting) check();
  };

  get verified(): number[] {
    return this.events.flatMap(event => (event.type === 'verified' ? [...event.pieces] : []));
  }

  /** Resolves as soon as `wanted` gives something. */
  async until<T>(wanted: () => T | undefined): Promise<T> {
    return new Promise(resolve => {
      const check = (): void => {
        const found = wanted();
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  async allVerified(count: number): Promise<void> {
    await this.until(() => (this.verified.length >= count ? true : undefined));
  }

  first<T extends StorageEvent['type']>(type: T): Promise<Extract<StorageEvent, { type: T }>> {
    const is = (event: StorageEvent): event is Extract<StorageEvent, { type: T }> => event.type === type;
    return this.until(() => this.events.find(is));
  }
}
