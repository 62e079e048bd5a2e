import { Bitfield, locatePiece, type Bytes, type CryptoPort, type OfferGeometry } from '@shoal/protocol';
import { StorageError } from '../errors.ts';
import { hashRange } from '../piece-store-core/hash-range.ts';
import type { StoredOffer } from '../piece-store-core/stored-offer.ts';
import { SourceReader } from './source-reader.ts';

/** A sharer's own offer: read in place, never copied into the store. */
export class SharedOffer implements StoredOffer {
  readonly #crypto: Pick<CryptoPort, 'sha256'>;
  readonly #geometry: OfferGeometry;
  readonly #files: readonly File[];
  readonly #reader: SourceReader;

  /** @throws StorageError 'source-changed' when the files do not have the sizes that were offered. */
  constructor(geometry: OfferGeometry, files: readonly File[], crypto: Pick<CryptoPort, 'sha256'>) {
    if (
      files.length !== geometry.files.length ||
      geometry.files.some((span, i) => files[i]?.size !== span.size)
    ) {
      throw new StorageError('source-changed');
    }
    this.#geometry = geometry;
    this.#files = files;
    this.#crypto = crypto;
    this.#reader = new SourceReader(files, geometry.pieceLength);
  }

  have(): Bytes {
    return Bitfield.full(this.#geometry.pieceCount).toBytes();
  }

  /** A sharer needs no hashes from elsewhere and takes no blocks. */
  expect(): void {}
  write(): void {}
  discard(): void {}
  async removeFiles(): Promise<void> {}

  async read(piece: number, begin: number, into: Bytes): Promise<void> {
    await this.#withPiece(piece, data => {
      if (begin < 0 || begin + into.length > data.length) throw new StorageError('not-found');
      into.set(data.subarray(begin, begin + into.length));
    });
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

  #withPiece<T>(piece: number, work: (data: Bytes) => T | Promise<T>): Promise<T> {
    const { file, begin, length } = locatePiece(this.#geometry, piece);
    return this.#reader.use(file, begin, length, work);
  }
}
