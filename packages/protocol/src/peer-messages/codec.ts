import * as v from 'valibot';
import { concatBytes, type Bytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_CONTROL_BYTES, PROTOCOL_VERSION } from '../limits.ts';
import { decodeMsgpack, encodeMsgpack } from '../msgpack.ts';
import { CONTROL_FRAME, frameKind } from './frame.ts';
import { messageSchemas, type PeerMessage, type PeerMessageType } from './schema.ts';

const CONTROL_HEAD = new Uint8Array([CONTROL_FRAME]);
const typedSchema = v.object({ type: v.string() });

/**
 * The control frame of a message; a long one is then cut by {@link splitControl}.
 * @throws ProtocolError `frame-too-large` over 4 MiB
 */
export function encodeMessage(message: PeerMessage): Bytes {
  const frame = concatBytes(CONTROL_HEAD, encodeMsgpack(message));
  if (frame.length > MAX_CONTROL_BYTES) throw tooLarge();
  return frame;
}

/**
 * The message of a whole control frame. Its bytes are copies: the frame may be reused.
 * @throws ProtocolError `frame-truncated` (empty), `unknown-frame` (no control frame), `frame-too-large`,
 *   `unknown-message`, `malformed-message`; nothing else, whatever the bytes
 */
export function decodeMessage(frame: Bytes): PeerMessage {
  if (frameKind(frame) !== 'control') throw new ProtocolError('unknown-frame', 'Not a control frame.');
  if (frame.length > MAX_CONTROL_BYTES) throw tooLarge();
  const value = decodeMsgpack(frame.subarray(1));
  const typed = v.safeParse(typedSchema, value);
  if (!typed.success) throw malformed();
  const { type } = typed.output;
  if (!isMessageType(type)) throw new ProtocolError('unknown-message', 'A message has an unknown type.');
  const result = v.safeParse(messageSchemas[type], value, { abortEarly: true });
  if (!result.success) throw malformed();
  return result.output;
}

/** The highest version that both sides speak; `undefined` when there is none. */
export function negotiateVersion(theirs: readonly number[]): number | undefined {
  return theirs.includes(PROTOCOL_VERSION) ? PROTOCOL_VERSION : undefined;
}

function isMessageType(type: string): type is PeerMessageType {
  return Object.hasOwn(messageSchemas, type);
}

function malformed(): ProtocolError {
  return new ProtocolError('malformed-message', 'A message is malformed.');
}

function tooLarge(): ProtocolError {
  return new ProtocolError('frame-too-large', 'A control frame is longer than 4 MiB.');
}
