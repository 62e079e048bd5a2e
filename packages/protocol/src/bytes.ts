import { base64urlnopad, hex, utf8 as utf8Coder } from '@scure/base';
import { ProtocolError } from './errors.ts';

/** Bytes over a plain (never shared) ArrayBuffer, so that they can be transferred and handed to WebCrypto. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A lone half of a surrogate pair: has no UTF-8 form. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** True when the text has a UTF-8 form (no lone surrogates). */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/**
 * UTF-8 bytes of a text.
 * @throws ProtocolError `bad-encoding` when the text holds a lone surrogate.
 */
export function utf8(text: string): Bytes {
  if (!isWellFormed(text)) throw new ProtocolError('bad-encoding', 'The text holds a lone surrogate.');
  return owned(utf8Coder.decode(text));
}

/**
 * The text of UTF-8 bytes.
 * @throws ProtocolError `bad-encoding` when the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return attempt(() => utf8Coder.encode(bytes), 'The bytes are not UTF-8.');
}

/** Base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/**
 * Bytes of an unpadded base64url text. Only the canonical form is taken, so that text and bytes match one to one.
 * @throws ProtocolError `bad-encoding`.
 */
export function fromBase64Url(text: string): Bytes {
  return attempt(() => owned(base64urlnopad.decode(text)), 'The text is not base64url.');
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/**
 * Bytes of a hexadecimal text.
 * @throws ProtocolError `bad-encoding`.
 */
export function fromHex(text: string): Bytes {
  return attempt(() => owned(hex.decode(text)), 'The text is not hexadecimal.');
}

/** All parts, one after the other, in a new buffer. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Equal in length and content. Not constant-time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** Unsigned 32-bit integer, big endian. */
export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * Joins parts so that no two different lists of parts give the same bytes: each part follows its length (u32, big endian).
 * What is signed or authenticated is built with this, its first part being a context text that names version and purpose.
 */
export function lengthPrefixed(...parts: readonly Uint8Array[]): Bytes {
  return concatBytes(...parts.flatMap(part => [uint32(part.length), part]));
}

/** The same bytes typed as {@link Bytes}; copied only if they lie in a shared buffer, which the libraries used never do. */
export function owned(bytes: Uint8Array): Bytes {
  return isUnshared(bytes) ? bytes : new Uint8Array(bytes);
}

function isUnshared(bytes: Uint8Array): bytes is Bytes {
  return bytes.buffer instanceof ArrayBuffer;
}

function attempt<T>(decode: () => T, text: string): T {
  try {
    return decode();
  } catch (cause) {
    throw new ProtocolError('bad-encoding', text, { cause });
  }
}

/** UTF-8 bytes of a text without lone surrogates. Counted, not encoded: a receiver does this for each of 10,000 paths. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Two halves of a pair are two units for four bytes: one more each, as for U+0080 to U+07FF.
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
