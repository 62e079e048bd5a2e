interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: what is due first runs first, and of what is due at once, what was planned first. */
export class EventQueue {
  readonly #heap: Entry[] = [];
  #order = 0;
  #now = 0;

  /** ms */
  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Plans `run` for `delay` ms from now. */
  after(delay: number, run: () => void): void {
    const heap = this.#heap;
    const entry: Entry = { at: this.#now + Math.max(0, delay), order: this.#order, run };
    this.#order += 1;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const first = this.#pop();
    if (first === undefined) return false;
    this.#now = first.at;
    first.run();
    return true;
  }

  /** Runs all that is due up to `time` and stands at `time` then. */
  runUntil(time: number): void {
    while ((this.#heap[0]?.at ?? Infinity) <= time) this.step();
    this.#now = Math.max(this.#now, time);
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const a = heap[left];
      const b = heap[left + 1];
      if (a === undefined) break;
      const child = b !== undefined && before(b, a) ? left + 1 : left;
      const below = child === left ? a : b;
      if (below === undefined || !before(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
