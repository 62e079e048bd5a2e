/**
 * Walks MessagePack without building anything. The library checks a container's length only against a fixed cap and
 * then allocates it, so that nested heads of 5 bytes could each claim the cap and exhaust the memory; here every value that a
 * container claims must be there, and depth and number of values are bounded, before the library sees the bytes.
 */

interface Head {
  /** Bytes of the value after which the next begins (head included), or of the head alone for a container. */
  readonly bytes: number;
  /** Values directly inside: entries of an array, keys and values of a map. */
  readonly inside: number;
}

/** True when the bytes are exactly one MessagePack value without extension types, within the caps. */
export function isBoundedMsgpack(bytes: Uint8Array, maxValues: number, maxDepth: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come in each open container; the outermost stands for the document. */
  const open = [1];
  let at = 0;
  let values = 0;
  while (open.length > 0) {
    const rest = open.at(-1) ?? 0;
    if (rest === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1] = rest - 1;
    values += 1;
    const head = headAt(view, at);
    if (head === undefined || values > maxValues) return false;
    at += head.bytes;
    if (at > view.byteLength) return false;
    if (head.inside === 0) continue;
    if (open.length > maxDepth) return false;
    open.push(head.inside);
  }
  return at === view.byteLength;
}

function headAt(view: DataView, at: number): Head | undefined {
  if (at >= view.byteLength) return undefined;
  const byte = view.getUint8(at);
  if (byte < 0x80 || byte >= 0xe0) return scalar(1);
  if (byte < 0x90) return container(1, 2 * (byte & 0x0f));
  if (byte < 0xa0) return container(1, byte & 0x0f);
  if (byte < 0xc0) return scalar(1 + (byte & 0x1f));
  switch (byte) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return scalar(1);
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return scalar(2);
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return scalar(3);
    case 0xca: // float 32
    case 0xce: // uint 32
    case 0xd2: // int 32
      return scalar(5);
    case 0xcb: // float 64
    case 0xcf: // uint 64
    case 0xd3: // int 64
      return scalar(9);
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return sized(view, at, 1, length => scalar(2 + length));
    case 0xc5: // bin 16
    case 0xda: // str 16
      return sized(view, at, 2, length => scalar(3 + length));
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return sized(view, at, 4, length => scalar(5 + length));
    case 0xdc: // array 16
      return sized(view, at, 2, length => container(3, length));
    case 0xdd: // array 32
      return sized(view, at, 4, length => container(5, length));
    case 0xde: // map 16
      return sized(view, at, 2, length => container(3, 2 * length));
    case 0xdf: // map 32
      return sized(view, at, 4, length => container(5, 2 * length));
    default: // never used, or an extension
      return undefined;
  }
}

function scalar(bytes: number): Head {
  return { bytes, inside: 0 };
}

function container(bytes: number, inside: number): Head {
  return { bytes, inside };
}

function sized(
  view: DataView,
  at: number,
  width: 1 | 2 | 4,
  head: (length: number) => Head,
): Head | undefined {
  if (at + 1 + width > view.byteLength) return undefined;
  if (width === 1) return head(view.getUint8(at + 1));
  return head(width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1));
}
