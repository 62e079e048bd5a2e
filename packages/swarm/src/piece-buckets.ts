/** Pieces that fit and tie, of which the lowest rank is sought: bounds the cost of a pick. */
const MAX_LOOKED = 64;

/**
 * A set of pieces ordered by priority class, then by availability: every change is O(1), a pick looks at the rarest first.
 * WebTorrent's rarest first re-sorted all pieces for every request and took a whole core (webtorrent#2150).
 */
export class PieceBuckets {
  /** class -> availability -> pieces, unordered. Class 0 goes first. */
  readonly #classes: number[][][] = [];
  readonly #sizes: number[] = [];
  /** Where a piece stands in its bucket, plus one; 0 = not in the set. */
  #slot = new Int32Array(0);
  #class = new Uint16Array(0);
  readonly #availability: Uint16Array;
  #size = 0;

  /** @param availability shared with the owner, who calls {@link moved} when it has changed a count */
  constructor(availability: Uint16Array) {
    this.#availability = availability;
  }

  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return (this.#slot[piece] ?? 0) > 0;
  }

  /** Whether a piece of the set is as urgent as another was when it was in the set, and as rare as that is now, or rarer. */
  ties(piece: number, other: number): boolean {
    const [availability = 0, others = 0] = [this.#availability[piece], this.#availability[other]];
    return this.#class[piece] === this.#class[other] && availability <= others;
  }

  /** True when it was not in the set. */
  add(piece: number, priorityClass: number): boolean {
    if (this.has(piece)) return false;
    // Only now: most sets of most offers stay empty.
    if (this.#slot.length === 0) {
      this.#slot = new Int32Array(this.#availability.length);
      this.#class = new Uint16Array(this.#availability.length);
    }
    this.#class[piece] = priorityClass;
    this.#sizes[priorityClass] = (this.#sizes[priorityClass] ?? 0) + 1;
    this.#size += 1;
    this.#put(piece, this.#availability[piece] ?? 0);
    return true;
  }

  /** True when it was in the set. */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false;
    const priorityClass = this.#class[piece] ?? 0;
    this.#sizes[priorityClass] = (this.#sizes[priorityClass] ?? 1) - 1;
    this.#size -= 1;
    this.#take(piece, this.#availability[piece] ?? 0);
    return true;
  }

  /** The owner has changed the availability of a piece from `before`. */
  moved(piece: number, before: number): void {
    if (!this.has(piece)) return;
    this.#take(piece, before);
    this.#put(piece, this.#availability[piece] ?? 0);
  }

  /**
   * Rarest piece of the first class that fits. Ties are broken at random, or equal neighbours would all fetch the same;
   * among the first few that tie, the one of lowest rank goes first.
   */
  pick(
    fits: (piece: number) => boolean,
    random: () => number,
    rank: (piece: number) => number = () => 0,
  ): number | undefined {
    for (const [priorityClass, buckets] of this.#classes.entries()) {
      if ((this.#sizes[priorityClass] ?? 0) === 0) continue;
      for (const bucket of buckets) {
        const found = bucket === undefined ? undefined : anyOf(bucket, fits, random, rank);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Any piece of the first class that fits, whatever its availability. */
  pickAny(fits: (piece: number) => boolean, random: () => number): number | undefined {
    for (const [priorityClass, buckets] of this.#classes.entries()) {
      if ((this.#sizes[priorityClass] ?? 0) === 0) continue;
      const found = anyOf(buckets.flat(), fits, random);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #put(piece: number, availability: number): void {
    const buckets = (this.#classes[this.#class[piece] ?? 0] ??= []);
    // Filled without holes, so that walking the buckets costs their number and no more.
    while (buckets.length <= availability) buckets.push([]);
    const bucket = buckets[availability] ?? [];
    this.#slot[piece] = bucket.push(piece);
  }

  #take(piece: number, availability: number): void {
    const bucket = this.#classes[this.#class[piece] ?? 0]?.[availability];
    const at = (this.#slot[piece] ?? 0) - 1;
    const last = bucket?.pop();
    if (bucket !== undefined && last !== undefined && last !== piece) {
      bucket[at] = last;
      this.#slot[last] = at + 1;
    }
    this.#slot[piece] = 0;
  }
}

function anyOf(
  bucket: readonly number[],
  fits: (piece: number) => boolean,
  random: () => number,
  rank: (piece: number) => number = () => 0,
): number | undefined {
  const size = bucket.length;
  const start = Math.floor(random() * size);
  let found: number | undefined;
  let lowest = Infinity;
  let looked = 0;
  for (let step = 0; step < size && looked < MAX_LOOKED && lowest > 0; step += 1) {
    const piece = bucket[(start + step) % size];
    if (piece === undefined || !fits(piece)) continue;
    looked += 1;
    const ranked = rank(piece);
    if (ranked >= lowest) continue;
    found = piece;
    lowest = ranked;
  }
  return found;
}
