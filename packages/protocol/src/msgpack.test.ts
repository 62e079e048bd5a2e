import { decode, encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, fromHex } from './bytes.ts';
import { isBoundedMsgpack } from './msgpack-scan.ts';
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts';
import { bytes } from './testing/arbitraries.ts';

const nested = (depth: number) => concatBytes(new Uint8Array(depth).fill(0x91), fromHex('c0'));
const plain = fc.anything({
  values: [
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    bytes(0, 300),
  ],
  key: fc.string({ unit: 'grapheme' }).filter(key => key !== '__proto__'),
  maxDepth: 4,
});

test('[PM2] plain data survives, whatever the widths of its numbers, texts and containers', () => {
  fc.assert(
    fc.property(plain, value => {
      const encoded = encodeMsgpack(value);
      expect(decodeMsgpack(encoded)).toEqual(decode(encode(value)));
    }),
  );
  for (const length of [15, 16, 31, 32, 255, 256, 30_000]) {
    const values = [Array.from({ length }, () => 1), 'x'.repeat(length), new Uint8Array(length)];
    for (const value of values) expect(decodeMsgpack(encodeMsgpack(value))).toEqual(value);
  }
  expect(decodeMsgpack(encodeMsgpack('x'.repeat(70_000)))).toBe('x'.repeat(70_000));
});

test('[PM2] the scan takes exactly what the library decodes, but for extensions and caps', () => {
  fc.assert(
    fc.property(bytes(0, 20), data => {
      if (!isBoundedMsgpack(data, 100, 6)) return;
      // Whatever passed must decode without running out of bytes or leaving some over; forbidden keys are the library's own.
      try {
        decode(data);
      } catch (error) {
        expect(String(error)).toMatch(/key/);
      }
    }),
    { numRuns: 5000 },
  );
});

test('[PM2] a container that claims more than the bytes left is refused before anything is allocated', () => {
  // Each head claims 65,535 values and holds the next: the library alone would set aside half a megabyte per 3 bytes.
  const bomb = concatBytes(...Array.from({ length: 100_000 }, () => fromHex('dcffff')));
  expect(decodeMsgpack(bomb)).toBeUndefined();
  expect(decodeMsgpack(fromHex('ddffffffff'))).toBeUndefined();
  expect(decodeMsgpack(fromHex('dfffffffff'))).toBeUndefined();
  expect(decodeMsgpack(fromHex('c6ffffffff'))).toBeUndefined();
});

test('[PM2] depth and number of values are bounded, the end must be the end', () => {
  expect(isBoundedMsgpack(nested(6), 100, 6)).toBe(true);
  expect(isBoundedMsgpack(nested(7), 100, 6)).toBe(false);
  const flat = encodeMsgpack(Array.from({ length: 99 }, () => 1));
  expect(isBoundedMsgpack(flat, 100, 6)).toBe(true);
  expect(isBoundedMsgpack(flat, 99, 6)).toBe(false);
  expect(isBoundedMsgpack(fromHex('c0c0'), 100, 6)).toBe(false);
  expect(isBoundedMsgpack(fromHex(''), 100, 6)).toBe(false);
  expect(isBoundedMsgpack(fromHex('c1'), 100, 6)).toBe(false);
});
