import { concatBytes, type Bytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_CONTROL_BYTES } from '../limits.ts';
import { CONTROL_FRAME, FRAGMENT_FRAME, frameKind } from './frame.ts';

/** Bytes before a fragment: u8 3, u8 flags (1: last), u16 index from 0 (big endian). */
export const FRAGMENT_HEADER_BYTES = 4;
const LAST = 1;

/**
 * Cuts a control frame so that no frame is longer than `maxFrameBytes` (the smaller of 192 KiB and what the link
 * negotiated). A frame that fits stays as it is. The pieces must be sent in order, on the same lane.
 */
export function splitControl(frame: Bytes, maxFrameBytes: number): Bytes[] {
  if (frame.length <= maxFrameBytes) return [frame];
  const room = maxFrameBytes - FRAGMENT_HEADER_BYTES;
  const count = Math.ceil(frame.length / room);
  if (room < 1 || count > 0x1_0000)
    throw new ProtocolError('frame-too-large', 'The frame cannot be cut that small.');
  return Array.from({ length: count }, (_, index) => {
    const flags = index === count - 1 ? LAST : 0;
    const header = new Uint8Array([FRAGMENT_FRAME, flags, index >> 8, index & 0xff]);
    return concatBytes(header, frame.subarray(index * room, (index + 1) * room));
  });
}

/** Puts the fragments of one lane together again. After it threw, the link is to be ended. */
export class FragmentJoiner {
  #parts: Bytes[] = [];
  #bytes = 0;

  /**
   * Takes a control frame or a fragment; returns a whole control frame when there is one. A control frame that fits in one
   * frame may come between fragments (a `choke` need not wait for a long log) and is returned at once.
   * @throws ProtocolError `frame-truncated`, `unknown-frame` (neither, or joined to something else than a control frame),
   *   `frame-too-large` (joined over 4 MiB), `fragment-out-of-order`
   */
  push(frame: Bytes): Bytes | undefined {
    const kind = frameKind(frame);
    if (kind === 'control') return frame;
    if (kind === 'block') throw new ProtocolError('unknown-frame', 'A block is not part of a control frame.');
    if (frame.length <= FRAGMENT_HEADER_BYTES)
      throw new ProtocolError('frame-truncated', 'A fragment is cut short.');
    const view = new DataView(frame.buffer, frame.byteOffset, FRAGMENT_HEADER_BYTES);
    const flags = view.getUint8(1);
    if (flags > LAST || view.getUint16(2) !== this.#parts.length)
      throw new ProtocolError('fragment-out-of-order', 'A fragment is out of order.');
    const part = frame.subarray(FRAGMENT_HEADER_BYTES);
    // Checked on the first fragment, so that nothing else is ever collected.
    if (this.#parts.length === 0 && part[0] !== CONTROL_FRAME)
      throw new ProtocolError('unknown-frame', 'The fragments are not of a control frame.');
    this.#bytes += part.length;
    if (this.#bytes > MAX_CONTROL_BYTES)
      throw new ProtocolError('frame-too-large', 'The fragments are longer than 4 MiB.');
    this.#parts.push(part);
    if (flags !== LAST) return undefined;
    const whole = concatBytes(...this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}
