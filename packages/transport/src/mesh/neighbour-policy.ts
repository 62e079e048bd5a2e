import type { PeerId } from '@shoal/protocol';

/** Whom a neighbour says it is linked to, with the seat of each. */
export type ClaimsOf = (neighbour: PeerId) => ReadonlyMap<PeerId, string>;

/** A member that can be reached over a neighbour. */
export interface Candidate {
  readonly peer: PeerId;
  readonly seat: string;
  /** Neighbours that say they are linked to it. */
  readonly ways: readonly PeerId[];
}

/** Everybody at a distance of two, as far as the neighbours tell; the last word on a seat counts. */
export function candidatesOf(self: PeerId, neighbours: readonly PeerId[], claims: ClaimsOf): Candidate[] {
  const linked = new Set(neighbours);
  const found = new Map<PeerId, Candidate>();
  for (const neighbour of neighbours) {
    for (const [peer, seat] of claims(neighbour)) {
      if (peer === self || linked.has(peer)) continue;
      found.set(peer, { peer, seat, ways: [...(found.get(peer)?.ways ?? []), neighbour] });
    }
  }
  return [...found.values()];
}

/**
 * Whom to dial over a neighbour: those whom the fewest of our neighbours know first, at random among equals. A link to somebody
 * whom all know only thickens the clump that we are in; one to somebody whom one of them knows reaches out of it, and
 * keeps the graph from falling apart into clumps when members leave. The neighbours take turns, so that one who names
 * many that do not exist cannot keep us from those whom the others name.
 * @param random in [0, 1)
 */
export function pickCandidates(
  candidates: readonly Candidate[],
  count: number,
  random: () => number,
): Candidate[] {
  const sorted = candidates
    .map(candidate => ({ candidate, lot: random() }))
    .toSorted((a, b) => a.candidate.ways.length - b.candidate.ways.length || a.lot - b.lot);
  const turns = new Map<PeerId | undefined, number>();
  return sorted
    .map(({ candidate }, place) => {
      const via = candidate.ways[Math.floor(random() * candidate.ways.length)];
      const turn = turns.get(via) ?? 0;
      turns.set(via, turn + 1);
      return { candidate, turn, place };
    })
    .toSorted((a, b) => a.turn - b.turn || a.place - b.place)
    .slice(0, Math.max(0, count))
    .map(({ candidate }) => candidate);
}

export interface PruneFacts {
  readonly self: PeerId;
  readonly neighbours: readonly PeerId[];
  readonly claims: ClaimsOf;
  /** No block has gone either way for a while. */
  readonly isIdle: (peer: PeerId) => boolean;
  /** Links below which nobody may fall by a cut: neither we nor the other side. */
  readonly target: number;
}

/**
 * The link to cut, if one may be cut at all: an idle one that is the highest ranked in some circle of three or four links.
 *
 * Why the graph stays connected, whoever cuts at the same time: everybody ranks links alike ({@link rankOf}), without ties.
 * Take the minimum spanning tree under that rank. A link that is the highest of a circle is in no such tree, so that all cuts together,
 * however simultaneous, leave the tree whole. That needs no agreement, only circles that exist: in a triangle
 * both ends have said so; in a square the far corner is taken at the word of its two neighbours, who could at worst
 * have a link cut between two members that keep at least `target` others.
 */
export function pickPrune({ self, neighbours, claims, isIdle, target }: PruneFacts): PeerId | undefined {
  if (neighbours.length <= target) return undefined;
  const mine = neighbours.map(peer => ({ peer, rank: rankOf(self, peer) }));
  // The highest rank first: it is in a circle below it most likely, and both ends agree on what goes first.
  for (const { peer, rank } of mine.toSorted((a, b) => b.rank - a.rank)) {
    const theirs = claims(peer);
    // They name all their neighbours but us.
    if (!isIdle(peer) || theirs.size < target) continue;
    const below = (a: PeerId, b: PeerId): boolean => rankOf(a, b) < rank;
    for (const { peer: over, rank: first } of mine) {
      if (over === peer || first >= rank) continue;
      const further = claims(over);
      if (theirs.has(over) && further.has(peer) && below(over, peer)) return peer;
      for (const corner of further.keys()) {
        if (corner === self || corner === peer || !theirs.has(corner)) continue;
        if (below(over, corner) && below(corner, peer)) return peer;
      }
    }
  }
  return undefined;
}

/** FNV-1a, 32 bits, and murmur3's finish: a rank must tell nothing of how near two ids are, or near ones would clump. */
export function rankOf(a: PeerId, b: PeerId): number {
  const text = a < b ? a + b : b + a;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
