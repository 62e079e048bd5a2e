import type { PeerId } from '@shoal/protocol';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** A number that stands for a peer (FNV-1a); the same on every machine. */
export function hashOf(peer: PeerId): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < peer.length; at += 1) hash = Math.imul(hash ^ peer.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * How many of those that lack a piece come before us for it: each extent orders the members by their hash with it (rendezvous
 * hashing). All who see the same members agree without a word, so that they do not fetch the same rare piece from the only
 * one that has it. Who sees others is wrong now and then, which costs what a random choice costs.
 */
export function rankFor(
  self: number,
  neighbours: Iterable<Neighbour>,
  torrent: Torrent,
  piece: number,
): number {
  const extent = torrent.extentOf(piece);
  const mine = score(self, extent);
  let rank = 0;
  for (const neighbour of neighbours) {
    if (score(neighbour.hash, extent) <= mine) continue;
    if (!(torrent.holders.get(neighbour)?.bits.has(piece) ?? false)) rank += 1;
  }
  return rank;
}

function score(peer: number, extent: number): number {
  let mixed = peer ^ Math.imul(extent + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
