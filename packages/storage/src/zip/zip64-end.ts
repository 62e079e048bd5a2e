import type { Bytes } from '@shoal/protocol';

/** The end record has 16 bits for the number of entries; this many mean that the number is in the zip64 record. */
const IN_ZIP64 = 0xffff;
const RECORD_BYTES = 56;
const LOCATOR_BYTES = 20;

/**
 * The two records that many entries need before the end record (APPNOTE 4.3.14 and 4.3.15). client-zip 2.5.1 writes them for an archive
 * of 4 GiB and more alone.
 * @param end - the end record, without a comment
 * @param at - its offset, bytes
 * @returns nothing where they are there already, or not needed
 */
export function zip64End(entries: number, end: Bytes, at: number): Bytes | undefined {
  const { buffer, byteOffset, byteLength } = end;
  const given = new DataView(buffer, byteOffset, byteLength);
  const size = given.getUint32(12, true);
  const begin = given.getUint32(16, true);
  if (entries < IN_ZIP64 || begin === 0xffffffff) return undefined;
  const view = new DataView(new ArrayBuffer(RECORD_BYTES + LOCATOR_BYTES));
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, BigInt(RECORD_BYTES - 12), true);
  // Made by and to be read by version 4.5, as client-zip says of all entries.
  view.setUint16(12, 0x032d, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(entries), true);
  view.setBigUint64(32, BigInt(entries), true);
  view.setBigUint64(40, BigInt(size), true);
  view.setBigUint64(48, BigInt(begin), true);
  view.setUint32(RECORD_BYTES, 0x07064b50, true);
  view.setBigUint64(RECORD_BYTES + 8, BigInt(at), true);
  view.setUint32(RECORD_BYTES + 16, 1, true);
  return new Uint8Array(view.buffer);
}
