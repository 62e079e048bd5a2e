import { locatePiece, type OfferGeometry, type OfferId } from '@shoal/protocol';
import { StorageError } from '../errors.ts';

/** A stretch of a stored file. Bytes. */
export interface Region {
  readonly file: string;
  readonly begin: number;
  readonly length: number;
}

/** Where a file of the offer lies: in a stored file of its own, or in the container of the small ones. */
export interface FilePlace extends Region {
  readonly own: boolean;
}

/**
 * Maps pieces and files of an offer to stored files. A file of several pieces has its own (`f<index>`), so that it can be saved
 * without copying; files of one piece share a container (`small`), so that ten thousand of them need one handle.
 */
export class OfferLayout {
  readonly folder: string;
  readonly #geometry: OfferGeometry;
  /** Offset of each small file in the container, by file index. */
  readonly #offsets: Float64Array;

  constructor(offer: OfferId, geometry: OfferGeometry) {
    this.folder = offer;
    this.#geometry = geometry;
    this.#offsets = new Float64Array(geometry.files.length);
    let end = 0;
    for (const [index, file] of geometry.files.entries()) {
      if (file.pieceCount > 1) continue;
      this.#offsets[index] = end;
      end += file.size;
    }
  }

  file(index: number): FilePlace {
    const span = this.#geometry.files[index];
    if (span === undefined) throw new StorageError('not-found');
    return span.pieceCount > 1
      ? { own: true, file: `${this.folder}/f${index}`, begin: 0, length: span.size }
      : { own: false, file: `${this.folder}/small`, begin: this.#offsets[index] ?? 0, length: span.size };
  }

  piece(piece: number): Region {
    const { file, begin, length } = locatePiece(this.#geometry, piece);
    const place = this.file(file);
    return { file: place.file, begin: place.begin + begin, length };
  }
}
