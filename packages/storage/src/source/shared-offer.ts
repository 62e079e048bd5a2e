import {
  Bitfield,
  equalBytes,
  HASH_BYTES,
  hashPiece,
  locatePiece,
  type Bytes,
  type CryptoPort,
  type OfferGeometry,
} from '@shoal/protocol';
import { StorageError } from '../errors.ts';
import { hashRange } from '../piece-store-core/hash-range.ts';
import type { Compared } from '../piece-store.ts';
import type { StoredOffer } from '../piece-store-core/stored-offer.ts';
import { SourceReader } from './source-reader.ts';

/**
 * A sharer's own offer: read in place, never copied into the store. Pieces whose hash was told before (in an earlier life of the
 * tab) are compared with it when they are read first, so that another version of a file is never served as the old one.
 */
export class SharedOffer implements StoredOffer {
  readonly #crypto: Pick<CryptoPort, 'sha256'>;
  readonly #geometry: OfferGeometry;
  readonly #files: readonly (File | undefined)[];
  readonly #reader: SourceReader;
  #expected: Bytes | undefined;
  /** Pieces with an expected hash that were not compared with it yet. */
  readonly #unchecked: Bitfield;

  /**
   * @param files - in the order of the offer; those that are not at hand any more are left out
   * @throws StorageError 'source-changed' when the files do not have the sizes that were offered.
   */
  constructor(
    geometry: OfferGeometry,
    files: readonly (File | undefined)[],
    crypto: Pick<CryptoPort, 'sha256'>,
  ) {
    if (
      files.length !== geometry.files.length ||
      geometry.files.some((span, i) => files[i] !== undefined && files[i].size !== span.size)
    ) {
      throw new StorageError('source-changed');
    }
    this.#geometry = geometry;
    this.#files = files;
    this.#crypto = crypto;
    this.#unchecked = new Bitfield(geometry.pieceCount);
    this.#reader = new SourceReader(files, geometry.pieceLength);
  }

  have(): Bytes {
    const have = new Bitfield(this.#geometry.pieceCount);
    for (const [index, { firstPiece, pieceCount }] of this.#geometry.files.entries())
      if (this.#files[index] !== undefined) have.setRange(firstPiece, pieceCount);
    return have.toBytes();
  }

  expect(first: number, hashes: Bytes): void {
    this.#expected ??= new Uint8Array(this.#geometry.pieceCount * HASH_BYTES);
    this.#expected.set(hashes, first * HASH_BYTES);
    this.#unchecked.setRange(first, hashes.length / HASH_BYTES);
  }

  /** A sharer takes no blocks. */
  write(): void {}
  discard(): void {}
  async removeFiles(): Promise<void> {}

  async read(piece: number, begin: number, into: Bytes): Promise<void> {
    const copy = (data: Bytes): void => {
      if (begin < 0 || begin + into.length > data.length) throw new StorageError('not-found');
      into.set(data.subarray(begin, begin + into.length));
    };
    await this.#withPiece(piece, data =>
      this.#unchecked.has(piece) ? this.#check(piece, data).then(() => copy(data)) : copy(data),
    );
  }

  async verify(): Promise<Compared> {
    return { have: this.have(), suspect: new Bitfield(this.#geometry.pieceCount).toBytes() };
  }

  hash(first: number, count: number): Promise<Bytes> {
    return hashRange(this.#crypto, this.#geometry, first, count, (piece, _, work) =>
      this.#withPiece(piece, work),
    );
  }

  async file(index: number): Promise<Blob> {
    const file = this.#files[index];
    if (file === undefined) throw new StorageError('not-found');
    return file;
  }

  async close(): Promise<void> {
    this.#reader.close();
  }

  async #check(piece: number, data: Bytes): Promise<void> {
    const digest = await hashPiece(this.#crypto, this.#geometry, piece, data);
    const expected = this.#expected?.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES);
    if (expected === undefined || !equalBytes(digest, expected)) throw new StorageError('source-changed');
    this.#unchecked.clear(piece);
  }

  #withPiece<T>(piece: number, work: (data: Bytes) => T | Promise<T>): Promise<T> {
    const { file, begin, length } = locatePiece(this.#geometry, piece);
    return this.#reader.use(file, begin, length, work);
  }
}
