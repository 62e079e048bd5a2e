import { Encoder, decode } from '@msgpack/msgpack';
import type { Bytes } from './bytes.ts';
import { owned } from './bytes.ts';
import { MAX_CONTROL_BYTES, MAX_ENCODED_DEPTH, MAX_ENCODED_VALUES } from './limits.ts';
import { isBoundedMsgpack } from './msgpack-scan.ts';

const CAPS = {
  maxStrLength: MAX_CONTROL_BYTES,
  maxBinLength: MAX_CONTROL_BYTES,
  maxArrayLength: MAX_ENCODED_VALUES,
  maxMapLength: MAX_ENCODED_VALUES,
  maxExtLength: 0,
} as const;

/** One for all: each has a buffer of its own, and messages go out by the hundred a second. */
const encoder = new Encoder({ ignoreUndefined: true });

/** MessagePack of plain data. */
export function encodeMsgpack(value: unknown): Bytes {
  return owned(encoder.encode(value));
}

/**
 * Plain data of one MessagePack value that fills the bytes exactly; `undefined` for anything else (no valid value of ours
 * is undefined). Binary values are views of `bytes`.
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  if (!isBoundedMsgpack(bytes, MAX_ENCODED_VALUES, MAX_ENCODED_DEPTH)) return undefined;
  try {
    return decode(bytes, CAPS);
  } catch {
    // What is left for the library to refuse: forbidden keys.
    return undefined;
  }
}
