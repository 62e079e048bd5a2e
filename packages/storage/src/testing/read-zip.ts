import { decodeUtf8, type Bytes } from '@shoal/protocol';

export interface ZipMember {
  readonly name: string;
  readonly data: Bytes;
}

/**
 * Reads a .zip by its central directory (APPNOTE 4.3; of zip64 the number of members alone), stored members only: written from the format's description and not with the
 * library that makes the archives. Checks CRC-32 and the UTF-8 flag.
 */
export async function readZip(blob: Blob): Promise<ZipMember[]> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  if (view.getUint32(end, true) !== 0x06054b50) throw new Error('no end of central directory');
  const count = countOf(view, end);
  let at = view.getUint32(end + 16, true);
  const members: ZipMember[] = [];
  for (let index = 0; index < count; index += 1) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new Error('no central header');
    if ((view.getUint16(at + 8, true) & 0x0800) === 0) throw new Error('name is not flagged as UTF-8');
    if (view.getUint16(at + 10, true) !== 0) throw new Error('member is not stored');
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = decodeUtf8(bytes.slice(at + 46, at + 46 + nameLength));
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = bytes.slice(start, start + size);
    if (crc32(data) !== view.getUint32(at + 16, true)) throw new Error(`wrong checksum of ${name}`);
    members.push({ name, data });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

/** 0xFFFF says that the number is in the zip64 record, whose locator comes before the end record (APPNOTE 4.4.22). */
function countOf(view: DataView, end: number): number {
  const count = view.getUint16(end + 10, true);
  if (count < 0xffff) return count;
  const locator = end - 20;
  if (view.getUint32(locator, true) !== 0x07064b50) throw new Error('no zip64 locator');
  const record = Number(view.getBigUint64(locator + 8, true));
  if (view.getUint32(record, true) !== 0x06064b50) throw new Error('no zip64 end record');
  if (record + 12 + Number(view.getBigUint64(record + 4, true)) !== locator)
    throw new Error('zip64 end record of another length');
  if (Number(view.getBigUint64(record + 48, true)) !== view.getUint32(end + 16, true))
    throw new Error('two places of the central directory');
  return Number(view.getBigUint64(record + 32, true));
}

function crc32(bytes: Bytes): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
