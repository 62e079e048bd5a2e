import { equalBytes, fromHex } from './bytes.ts';

/** Byte that holds the sign of x in its highest bit, above the highest bits of y. */
const LAST = 31;
const SIGN = 0x80;
/** The y of all points of small order (little endian): 0, 1, -1, and those of the four points of order 8. */
const SMALL_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex);

/**
 * False for an encoded point (32 bytes) of Ed25519 that is of small order, or whose y is not below 2^255 - 19. Engines differ over these: Chromium 156 and Node take
 * the second form of 1 as a key, for which anything is signed, and Firefox 153 does not. What they all take or refuse alike is theirs to judge.
 */
export function isPlainPoint(point: Uint8Array): boolean {
  const y = point.slice(0, LAST + 1);
  y[LAST] = (y[LAST] ?? 0) & ~SIGN;
  return isBelowPrime(y) && !SMALL_ORDER.some(small => equalBytes(small, y));
}

/** y < 2^255 - 19. */
function isBelowPrime(y: Uint8Array): boolean {
  return (y[0] ?? 0) < 0xed || y[LAST] !== 0x7f || y.subarray(1, LAST).some(byte => byte !== 0xff);
}
