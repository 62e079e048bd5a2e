import { sha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '../bytes.ts';
import { owned } from '../bytes.ts';
import { HASH_BYTES } from '../limits.ts';

/** Roots of all-zero subtrees by height; 0 is the padding leaf (BEP 52). Grows on demand, never beyond some 40. */
const zeroRoots: Bytes[] = [new Uint8Array(HASH_BYTES)];

/** SHA-256 of a node's two children, each 32 bytes, lying one after the other. */
export function hashPair(pair: Uint8Array): Bytes {
  return owned(sha256(pair));
}

/** Root of the tree of 2^height leaves of 32 zero bytes. */
export function zeroRoot(height: number): Bytes {
  let root = zeroRoots.at(-1) ?? new Uint8Array(HASH_BYTES);
  while (zeroRoots.length <= height) {
    const pair = new Uint8Array(2 * HASH_BYTES);
    pair.set(root, 0);
    pair.set(root, HASH_BYTES);
    root = hashPair(pair);
    zeroRoots.push(root);
  }
  return zeroRoots[height] ?? root;
}

/** Smallest h with 2^h >= count. */
export function heightFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** The layer above: half as many hashes, a missing right sibling being `padding`. */
function layerAbove(layer: Uint8Array, padding: Uint8Array): Bytes {
  const pairBytes = 2 * HASH_BYTES;
  const parents = Math.ceil(layer.length / pairBytes);
  const above = new Uint8Array(parents * HASH_BYTES);
  for (let parent = 0; parent < parents; parent += 1) {
    let pair = layer.subarray(parent * pairBytes, (parent + 1) * pairBytes);
    if (pair.length < pairBytes) {
      const padded = new Uint8Array(pairBytes);
      padded.set(pair);
      padded.set(padding, HASH_BYTES);
      pair = padded;
    }
    above.set(sha256(pair), parent * HASH_BYTES);
  }
  return above;
}

/** Root over hashes at `baseHeight`, padded with all-zero subtrees to 2^levels of them. No hashes: the all-zero root. */
export function rootOf(hashes: Bytes, baseHeight: number, levels: number): Bytes {
  if (hashes.length === 0) return zeroRoot(baseHeight + levels);
  let layer = hashes;
  for (let level = 0; level < levels; level += 1) layer = layerAbove(layer, zeroRoot(baseHeight + level));
  return layer;
}
