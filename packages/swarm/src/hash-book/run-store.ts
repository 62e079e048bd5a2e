import { MAX_HASHES_PER_MESSAGE } from '@shoal/protocol';
import type { HashesAuth } from '@shoal/protocol';

/** A run of known piece hashes and why others may believe it. The hashes themselves are in the book, once. */
export interface HashRun {
  readonly first: number;
  readonly count: number;
  readonly auth: HashesAuth;
}

/** Runs kept for passing on, sorted by `first`, none inside another. */
export class RunStore {
  readonly #cap: number;
  readonly #runs: HashRun[] = [];

  /** @param cap most runs kept */
  constructor(cap: number) {
    this.#cap = cap;
  }

  /** Keeps a run, and forgets those that lie inside it. False when there is no room. */
  add(run: HashRun): boolean {
    const start = this.#lowerBound(run.first);
    let end = start;
    while (end < this.#runs.length && inside(this.#runs[end], run)) end += 1;
    if (end === start && this.#runs.length >= this.#cap) return false;
    this.#runs.splice(start, end - start, run);
    return true;
  }

  /** Few runs, in order, that cover what they can of the range. */
  cover(first: number, count: number, most: number): readonly HashRun[] {
    const cover: HashRun[] = [];
    let piece = first;
    while (piece < first + count && cover.length < most) {
      const next = this.#farthestOver(piece) ?? this.#runs[this.#lowerBound(piece)];
      if (next === undefined || next.first >= first + count) break;
      cover.push(next);
      piece = next.first + next.count;
    }
    return cover;
  }

  clear(): void {
    this.#runs.length = 0;
  }

  /** Of the runs that hold the piece, the one that reaches farthest. */
  #farthestOver(piece: number): HashRun | undefined {
    let farthest: HashRun | undefined;
    // A run is one message long at most, so none that begins earlier can reach the piece.
    for (let i = this.#lowerBound(piece - MAX_HASHES_PER_MESSAGE + 1); i < this.#runs.length; i += 1) {
      const run = this.#runs[i];
      if (run === undefined || run.first > piece) break;
      const reach = run.first + run.count;
      if (reach > piece && reach > (farthest === undefined ? 0 : farthest.first + farthest.count))
        farthest = run;
    }
    return farthest;
  }

  /** Index of the first run that begins at or after the piece. */
  #lowerBound(piece: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#runs[middle]?.first ?? 0) < piece) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function inside(inner: HashRun | undefined, outer: HashRun): boolean {
  if (inner === undefined) return false;
  return inner.first >= outer.first && inner.first + inner.count <= outer.first + outer.count;
}
