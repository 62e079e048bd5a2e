import { utf8Length } from '../bytes.ts';
import { MAX_ENTRY_BYTES, MAX_OFFER_FILES, MAX_OFFER_PIECES, MAX_PIECE_LENGTH } from '../limits.ts';
import type { OfferedFile } from './geometry.ts';

/** Bytes of an encoded file beside its path: array head, text head, two numbers of 9 bytes. */
const FILE_OVERHEAD_BYTES = 1 + 5 + 9 + 9;
/** Bytes of an encoded entry beside its files: key, signature, sequence number, previous hash, names of fields. */
const ENTRY_OVERHEAD_BYTES = 512;

/** Parts of a list of files, in order, each small enough to be one offer entry. An empty list has no parts. */
export function splitOffer(files: readonly OfferedFile[]): OfferedFile[][] {
  const parts: OfferedFile[][] = [];
  let part: OfferedFile[] = [];
  let bytes = 0;
  let pieces = 0;
  for (const file of files) {
    const fileBytes = FILE_OVERHEAD_BYTES + utf8Length(file.path);
    const filePieces = Math.ceil(file.size / MAX_PIECE_LENGTH);
    const fits =
      part.length < MAX_OFFER_FILES &&
      bytes + fileBytes <= MAX_ENTRY_BYTES - ENTRY_OVERHEAD_BYTES &&
      pieces + filePieces <= MAX_OFFER_PIECES;
    if (!fits || part.length === 0) {
      part = [];
      parts.push(part);
      bytes = 0;
      pieces = 0;
    }
    part.push(file);
    bytes += fileBytes;
    pieces += filePieces;
  }
  return parts;
}
