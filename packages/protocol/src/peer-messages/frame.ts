import { ProtocolError } from '../errors.ts';

/** First byte of a frame. */
export const CONTROL_FRAME = 1;
export const BLOCK_FRAME = 2;
export const FRAGMENT_FRAME = 3;

export type FrameKind = 'control' | 'block' | 'fragment';

/**
 * What a frame is, by its first byte.
 * @throws ProtocolError `frame-truncated` when it is empty, `unknown-frame` for any other first byte
 */
export function frameKind(frame: Uint8Array): FrameKind {
  switch (frame[0]) {
    case CONTROL_FRAME:
      return 'control';
    case BLOCK_FRAME:
      return 'block';
    case FRAGMENT_FRAME:
      return 'fragment';
    case undefined:
      throw new ProtocolError('frame-truncated', 'A frame is empty.');
    default:
      throw new ProtocolError('unknown-frame', 'A frame has an unknown first byte.');
  }
}
