import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { bytes } from '../testing/arbitraries.ts';
import { outcomeNow } from '../testing/outcome.ts';
import { BLOCK_HEADER_BYTES, readBlockHeader, writeBlockHeader } from './block-frame.ts';

const read = (hex: string) => outcomeNow(() => readBlockHeader(fromHex(hex)));

test('[PM5] header: u8 2, three zero bytes, u32 request id, big endian; the block is not touched', () => {
  const frame = fromHex('ffffffffffffffffaabb');
  writeBlockHeader(frame, 0x01020304);
  expect(toHex(frame)).toBe('0200000001020304aabb');
  expect(readBlockHeader(frame)).toEqual({ request: 0x01020304, length: 2 });
});

test('[PM5] every request id survives, in a frame that is part of a larger buffer', () => {
  const id = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(id, fc.integer({ min: 1, max: 100 }), fc.nat({ max: 9 }), (request, length, offset) => {
      const frame = new Uint8Array(offset + BLOCK_HEADER_BYTES + length).subarray(offset);
      writeBlockHeader(frame, request);
      expect(readBlockHeader(frame)).toEqual({ request, length });
    }),
  );
});

test('[PM1] [PM5] [PM7] typed refusals', () => {
  expect(read('')).toBe('frame-truncated');
  expect(read('02')).toBe('frame-truncated');
  expect(read('0200000000000001')).toBe('frame-truncated');
  expect(read('0100000000000001ff')).toBe('unknown-frame');
  expect(read('0200010000000001ff')).toBe('malformed-block');
  const largest = new Uint8Array(BLOCK_HEADER_BYTES + 128 * 1024);
  writeBlockHeader(largest, 1);
  expect(readBlockHeader(largest).length).toBe(128 * 1024);
  const over = new Uint8Array(largest.length + 1);
  writeBlockHeader(over, 1);
  expect(outcomeNow(() => readBlockHeader(over))).toBe('frame-too-large');
});

test('[PM8] random bytes give only ProtocolErrors', () => {
  const codes = ['ok', 'frame-truncated', 'unknown-frame', 'malformed-block'];
  fc.assert(fc.property(bytes(0, 30), frame => codes.includes(outcomeNow(() => readBlockHeader(frame)))));
});
