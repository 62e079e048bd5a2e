import * as v from 'valibot';
import { isWellFormed, owned, type Bytes } from './bytes.ts';
import { HASH_BYTES, MAX_UINT32 } from './limits.ts';

/**
 * Bytes with a length between two bounds (inclusive). The result is a copy: a decoder's views would keep the whole frame
 * alive, and would be copied with it into IndexedDB.
 */
export function bytesSchema(min: number, max: number) {
  return v.pipe(
    v.instance(Uint8Array),
    v.check(bytes => bytes.length >= min && bytes.length <= max),
    v.transform((bytes): Bytes => owned(bytes.slice())),
  );
}

/** Text of at most `max` UTF-16 units that has a UTF-8 form. */
export function textSchema(max: number) {
  return v.pipe(v.string(), v.maxLength(max), v.check(isWellFormed));
}

/** Whole number from 0 to `max`. */
export function countSchema(max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
}

export const uint32Schema = countSchema(MAX_UINT32);
export const byteCountSchema = countSchema(Number.MAX_SAFE_INTEGER);
export const hashSchema = bytesSchema(HASH_BYTES, HASH_BYTES);
