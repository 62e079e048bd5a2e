import type { Bytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_BLOCK_BYTES } from '../limits.ts';
import { BLOCK_FRAME } from './frame.ts';

/** Bytes before a block: u8 2, u8 0, u16 0, u32 id of the request (big endian). Eight, so that the block stays aligned. */
export const BLOCK_HEADER_BYTES = 8;

/** Which request a block frame answers, and how many bytes of block follow its header. */
export interface BlockHeader {
  readonly request: number;
  readonly length: number;
}

/** Writes the header into the first 8 bytes of a frame whose block is already in place. */
export function writeBlockHeader(frame: Bytes, requestId: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, BLOCK_HEADER_BYTES);
  view.setUint32(0, BLOCK_FRAME << 24);
  view.setUint32(4, requestId);
}

/**
 * Reads the header of a block frame.
 * @throws ProtocolError `unknown-frame`, `frame-truncated` (no block follows), `frame-too-large` (over 128 KiB of block),
 *   `malformed-block` (a reserved byte is set)
 */
export function readBlockHeader(frame: Bytes): BlockHeader {
  if (frame.length > 0 && frame[0] !== BLOCK_FRAME)
    throw new ProtocolError('unknown-frame', 'Not a block frame.');
  if (frame.length <= BLOCK_HEADER_BYTES)
    throw new ProtocolError('frame-truncated', 'A block frame is cut short.');
  const length = frame.length - BLOCK_HEADER_BYTES;
  if (length > MAX_BLOCK_BYTES) throw new ProtocolError('frame-too-large', 'A block is longer than 128 KiB.');
  const view = new DataView(frame.buffer, frame.byteOffset, BLOCK_HEADER_BYTES);
  if (view.getUint32(0) !== BLOCK_FRAME << 24)
    throw new ProtocolError('malformed-block', 'A reserved byte of a block header is set.');
  return { request: view.getUint32(4), length };
}
