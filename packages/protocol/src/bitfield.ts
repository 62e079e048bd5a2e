import type { Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/** One bit per piece of an offer, most significant bit first in each byte, spare bits of the last byte zero (BEP 3). */
export class Bitfield {
  readonly length: number;
  readonly #bytes: Bytes;
  #count = 0;

  /**
   * @param bytes copied, so that later changes do not show through
   * @throws ProtocolError `bad-bitfield` on a wrong size or a spare bit that is set
   */
  constructor(length: number, bytes?: Uint8Array) {
    const size = Math.ceil(length / 8);
    this.length = length;
    this.#bytes = bytes === undefined ? new Uint8Array(size) : new Uint8Array(bytes);
    if (this.#bytes.length !== size) throw bad('A bitfield has the wrong size.');
    if (size > 0 && ((this.#bytes[size - 1] ?? 0) & ((1 << (size * 8 - length)) - 1)) !== 0)
      throw bad('A bitfield has spare bits set.');
    for (const byte of this.#bytes) this.#count += bitsIn(byte);
  }

  /** All bits set. */
  static full(length: number): Bitfield {
    const bits = new Bitfield(length);
    bits.setRange(0, length);
    return bits;
  }

  /** @throws ProtocolError `bad-bitfield` on a wrong size or a spare bit that is set */
  static fromBytes(length: number, bytes: Uint8Array): Bitfield {
    return new Bitfield(length, bytes);
  }

  /** Number of bits set. */
  get count(): number {
    return this.#count;
  }

  /** All bits are set; true for length 0. */
  get complete(): boolean {
    return this.#count === this.length;
  }

  /** False also for an index that does not exist. */
  has(index: number): boolean {
    if (!this.#exists(index)) return false;
    return ((this.#bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
  }

  /**
   * Sets a bit; true when it was not set before.
   * @throws ProtocolError `bad-piece` on an index that does not exist
   */
  set(index: number): boolean {
    this.#demand(index);
    if (this.has(index)) return false;
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
    this.#count += 1;
    return true;
  }

  /**
   * Clears a bit; true when it was set before.
   * @throws ProtocolError `bad-piece` on an index that does not exist
   */
  clear(index: number): boolean {
    this.#demand(index);
    if (!this.has(index)) return false;
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) & ~(0x80 >> (index & 7));
    this.#count -= 1;
    return true;
  }

  /** Sets `count` bits from `first`; returns how many were not set before. */
  setRange(first: number, count: number): number {
    const before = this.#count;
    for (let index = first; index < first + count; index += 1) this.set(index);
    return this.#count - before;
  }

  /** All bits from `first` on, `count` of them, are set. */
  hasRange(first: number, count: number): boolean {
    for (let index = first; index < first + count; index += 1) if (!this.has(index)) return false;
    return true;
  }

  /** Lowest index at or after `from` whose bit is not set. */
  firstMissing(from = 0): number | undefined {
    for (let index = from; index < this.length; index += 1) {
      if (this.#bytes[index >> 3] === 0xff) index |= 7;
      else if (!this.has(index)) return index;
    }
    return undefined;
  }

  /** Lowest index at or after `from` whose bit is set. */
  firstSet(from = 0): number | undefined {
    for (let index = from; index < this.length; index += 1) {
      if (this.#bytes[index >> 3] === 0) index |= 7;
      else if (this.has(index)) return index;
    }
    return undefined;
  }

  /** Indices of the bits set, ascending. */
  *indices(): Generator<number, void, undefined> {
    for (let at = this.firstSet(); at !== undefined; at = this.firstSet(at + 1)) yield at;
  }

  /** A copy that changes on its own. */
  clone(): Bitfield {
    return new Bitfield(this.length, this.#bytes);
  }

  /** A copy of the bytes, as sent in `bitfield`. */
  toBytes(): Bytes {
    return this.#bytes.slice();
  }

  #exists(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }

  #demand(index: number): void {
    if (!this.#exists(index)) throw new ProtocolError('bad-piece', 'A bitfield has no such bit.');
  }
}

function bitsIn(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) bits += 1;
  return bits;
}

function bad(text: string): ProtocolError {
  return new ProtocolError('bad-bitfield', text);
}
