import { Bitfield } from '../bitfield.ts';
import { concatBytes, type Bytes } from '../bytes.ts';
import { HashTable } from './hash-table.ts';
import { hashPair, heightFor, zeroRoot } from './tree.ts';

/**
 * A tree that grows with its hashes, in whatever order they come: each inner node is made as soon as both its children are there,
 * so the work comes in small parts and is done when the last hash is in. Missing hashes on the right are roots of all-zero subtrees
 * (BEP 52), and are not held. Takes 64 bytes per hash.
 */
export class GrowingTree {
  readonly levels: number;
  readonly #baseHeight: number;
  /** Real nodes of each layer, from the given hashes up to the root. */
  readonly #sizes: readonly number[];
  /** Where each layer begins among all nodes. */
  readonly #starts: readonly number[];
  readonly #nodes: HashTable;
  readonly #known: Bitfield;

  /**
   * @param count of hashes, at least 1
   * @param baseHeight of the hashes over the leaves
   */
  constructor(count: number, baseHeight: number) {
    this.levels = heightFor(count);
    this.#baseHeight = baseHeight;
    const sizes = [count];
    const starts = [0];
    let nodes = count;
    for (let level = 1; level <= this.levels; level += 1) {
      const size = Math.ceil(count / 2 ** level);
      sizes.push(size);
      starts.push(nodes);
      nodes += size;
    }
    this.#sizes = sizes;
    this.#starts = starts;
    this.#nodes = new HashTable(nodes);
    this.#known = new Bitfield(nodes);
  }

  /** 32 bytes, once all hashes are there. */
  get root(): Bytes | undefined {
    return this.node(this.levels, 0);
  }

  /** Takes one of the hashes, which is copied. One that is there already is kept as it is. */
  set(index: number, hash: Uint8Array): void {
    let node: Uint8Array = hash;
    let at = index;
    for (let level = 0; this.#put(level, at, node) && level < this.levels; level += 1) {
      const [left, right] = [this.node(level, at & ~1), this.node(level, at | 1)];
      if (left === undefined || right === undefined) return;
      node = hashPair(concatBytes(left, right));
      at >>= 1;
    }
  }

  /** A copy of a node, 32 bytes: undefined while it is not known; the all-zero root where there are no hashes. */
  node(level: number, index: number): Bytes | undefined {
    if (index >= (this.#sizes[level] ?? 0)) return zeroRoot(this.#baseHeight + level);
    const at = (this.#starts[level] ?? 0) + index;
    return this.#known.has(at) ? this.#nodes.slice(at, 1) : undefined;
  }

  #put(level: number, index: number, hash: Uint8Array): boolean {
    const at = (this.#starts[level] ?? 0) + index;
    if (!this.#known.set(at)) return false;
    this.#nodes.set(at, hash);
    return true;
  }
}
