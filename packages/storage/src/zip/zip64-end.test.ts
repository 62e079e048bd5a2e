import { expect, test } from 'vitest';
import { zip64End } from './zip64-end.ts';

/** @param begin - where the central directory begins, as the end record says it */
function endOf(begin: number): Uint8Array<ArrayBuffer> {
  const end = new Uint8Array(22);
  new DataView(end.buffer).setUint32(16, begin, true);
  return end;
}

test('the end record counts up to 65,534 files by itself', () => {
  expect(zip64End(65_534, endOf(100), 200)).toBeUndefined();
  expect(zip64End(65_535, endOf(100), 200)?.length).toBe(76);
});

test('an archive of 4 GiB has its records already', () => {
  expect(zip64End(65_536, endOf(0xffffffff), 2 ** 33)).toBeUndefined();
});
