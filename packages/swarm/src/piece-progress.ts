import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** Bytes in which blocks are counted: each begins at a multiple of it ([RQ3]). */
export const UNIT_BYTES = 4 * 1024;

/** A block we asked a neighbour for. */
export interface BlockRequest {
  readonly id: number;
  readonly neighbour: Neighbour;
  readonly torrent: Torrent;
  readonly progress: PieceProgress;
  readonly begin: number;
  readonly length: number;
  /** Clock in ms. */
  readonly sentAt: number;
}

/** Byte range inside a piece. */
export interface BlockRange {
  readonly begin: number;
  readonly length: number;
}

/** A piece begun and not yet verified, counted in units: which are asked for, which have come, and from whom. */
export class PieceProgress {
  readonly piece: number;
  readonly length: number;
  /** Outstanding requests of this piece, at most two per unit. */
  readonly requests = new Set<BlockRequest>();
  /** The neighbour that began it and goes on with it; others help only when they have nothing better. */
  owner: Neighbour | undefined;
  /** Only the owner may give blocks: the way to find out who lies. */
  exclusive = false;
  readonly #asked: Uint8Array;
  /** Neighbour index plus one; 0 = not received. */
  readonly #giver: Int32Array;
  #missing: number;
  #free: number;
  /** No unit below this one is free. */
  #lowestFree = 0;

  constructor(piece: number, length: number) {
    const units = Math.ceil(length / UNIT_BYTES);
    this.piece = piece;
    this.length = length;
    this.#asked = new Uint8Array(units);
    this.#giver = new Int32Array(units);
    this.#missing = units;
    this.#free = units;
  }

  /** Units neither received nor asked for. */
  get free(): number {
    return this.#free;
  }

  /** All blocks are here; the hash decides. */
  get received(): boolean {
    return this.#missing === 0;
  }

  /** Units that have come. */
  get come(): number {
    return this.#giver.length - this.#missing;
  }

  /** Something of it has come. */
  get started(): boolean {
    return this.come > 0;
  }

  /** Nothing has come and nothing is asked for. */
  get untouched(): boolean {
    return this.requests.size === 0 && !this.started;
  }

  /** Neighbour indices of all that gave a block. */
  get givers(): ReadonlySet<number> {
    return new Set(Array.from(this.#giver).flatMap(giver => (giver > 0 ? [giver - 1] : [])));
  }

  /** The next run of free units, of a power of two bytes and at most `maxBytes` (a shorter one only at the piece's end). */
  nextFree(maxBytes: number): BlockRange | undefined {
    if (this.#free === 0) return undefined;
    while (!this.#isFree(this.#lowestFree)) this.#lowestFree += 1;
    const first = this.#lowestFree;
    const begin = first * UNIT_BYTES;
    const most = Math.max(1, Math.floor(maxBytes / UNIT_BYTES));
    let units = 1;
    while (units < most && this.#isFree(first + units)) units += 1;
    if (begin + units * UNIT_BYTES >= this.length) return { begin, length: this.length - begin };
    return { begin, length: UNIT_BYTES * 2 ** Math.floor(Math.log2(units)) };
  }

  ask(request: BlockRequest): void {
    this.requests.add(request);
    for (let unit = firstUnit(request); unit < endUnit(request); unit += 1) {
      if (this.#isFree(unit)) this.#free -= 1;
      this.#asked[unit] = (this.#asked[unit] ?? 0) + 1;
    }
  }

  /** The request is answered, refused or given up. */
  settle(request: BlockRequest): void {
    if (!this.requests.delete(request)) return;
    for (let unit = firstUnit(request); unit < endUnit(request); unit += 1) {
      this.#asked[unit] = (this.#asked[unit] ?? 1) - 1;
      if (!this.#isFree(unit)) continue;
      this.#free += 1;
      this.#lowestFree = Math.min(this.#lowestFree, unit);
    }
  }

  /** Whether none of these bytes is here: a block that overlaps what another gave would mix the givers up. */
  lacks(range: BlockRange): boolean {
    for (let unit = firstUnit(range); unit < endUnit(range); unit += 1)
      if (this.#giver[unit] !== 0) return false;
    return true;
  }

  receive(range: BlockRange, giver: number): void {
    for (let unit = firstUnit(range); unit < endUnit(range); unit += 1) {
      if (this.#isFree(unit)) this.#free -= 1;
      if (this.#giver[unit] === 0) this.#missing -= 1;
      this.#giver[unit] = giver + 1;
    }
  }

  #isFree(unit: number): boolean {
    return this.#asked[unit] === 0 && this.#giver[unit] === 0;
  }
}

function firstUnit(range: BlockRange): number {
  return range.begin / UNIT_BYTES;
}

function endUnit(range: BlockRange): number {
  return Math.ceil((range.begin + range.length) / UNIT_BYTES);
}
