import { asPeerId, toBase64Url } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { candidatesOf, pickCandidates, pickPrune, rankOf } from './neighbour-policy.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

const PEERS = Array.from({ length: 14 }, (_, index) =>
  asPeerId(toBase64Url(new Uint8Array(16).map((__, at) => (index * 31 + at * 7) % 256))),
);
type Graph = ReadonlyMap<PeerId, ReadonlySet<PeerId>>;

const graph: fc.Arbitrary<Graph> = fc
  .tuple(fc.integer({ min: 3, max: PEERS.length }), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 60 }))
  .map(([size, pairs]) => {
    const links = new Map(PEERS.slice(0, size).map(peer => [peer, new Set<PeerId>()]));
    const join = (a: PeerId | undefined, b: PeerId | undefined): void => {
      if (a === undefined || b === undefined || a === b) return;
      links.get(a)?.add(b);
      links.get(b)?.add(a);
    };
    // A chain at least, so that the graph is connected.
    for (let at = 1; at < size; at += 1) join(PEERS[at - 1], PEERS[at]);
    for (const [a, b] of pairs) join(PEERS[a % size], PEERS[b % size]);
    return links;
  });

function facts(links: Graph, self: PeerId, target: number) {
  const claims = (of: PeerId): ReadonlyMap<PeerId, string> =>
    new Map([...(links.get(of) ?? [])].filter(peer => peer !== self).map(peer => [peer, peer]));
  return { self, neighbours: [...(links.get(self) ?? [])], claims, isIdle: () => true, target };
}

function isConnected(links: Graph): boolean {
  const [first] = links.keys();
  const seen = new Set(first === undefined ? [] : [first]);
  for (const peer of seen) for (const other of links.get(peer) ?? []) seen.add(other);
  return seen.size === links.size;
}

describe('[NB5] cutting links', () => {
  test('all cut at once, on what they know of the same moment, again and again: the graph stays connected', () => {
    fc.assert(
      fc.property(graph, fc.integer({ min: 0, max: 4 }), (links, salt) => {
        let now = links;
        // Each side may think otherwise of a link, which must not matter.
        const isIdle = (self: PeerId, peer: PeerId): boolean =>
          (PEERS.indexOf(self) * 3 + PEERS.indexOf(peer) * 5 + salt) % 4 !== 0;
        for (let round = 0; round < 40; round += 1) {
          const seen = now;
          const cuts = [...seen.keys()].map(
            self =>
              [self, pickPrune({ ...facts(seen, self, 1), isIdle: peer => isIdle(self, peer) })] as const,
          );
          if (cuts.every(([, peer]) => peer === undefined)) return;
          const gone = (a: PeerId, b: PeerId): boolean =>
            cuts.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
          now = new Map(
            [...seen].map(([self, all]) => [self, new Set([...all].filter(peer => !gone(self, peer)))]),
          );
          expect(isConnected(now)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('a full room is thinned out to the target', () => {
    let links: Graph = new Map(PEERS.map(peer => [peer, new Set(PEERS.filter(other => other !== peer))]));
    for (let round = 0; round < 200; round += 1) {
      for (const self of PEERS) {
        const cut = pickPrune(facts(links, self, 6));
        links = new Map(
          [...links].map(([peer, all]) => [
            peer,
            new Set(
              [...all].filter(
                other => !(cut === other && peer === self) && !(cut === peer && other === self),
              ),
            ),
          ]),
        );
      }
    }
    const degrees = [...links.values()].map(({ size }) => size);
    expect(Math.min(...degrees)).toBeGreaterThanOrEqual(6);
    expect(degrees.reduce((sum, degree) => sum + degree, 0) / degrees.length).toBeLessThan(8);
  });

  test('neither a link in use, nor one to a member that would have too few, nor one without a circle is cut', () => {
    const [self, ...others] = PEERS.slice(0, 8);
    if (self === undefined) throw new Error('no peers');
    const full: Graph = new Map(
      PEERS.slice(0, 8).map(peer => [peer, new Set(PEERS.slice(0, 8).filter(p => p !== peer))]),
    );
    expect(pickPrune(facts(full, self, 3))).toBeDefined();
    expect(pickPrune({ ...facts(full, self, 3), isIdle: () => false })).toBeUndefined();
    expect(pickPrune(facts(full, self, 7))).toBeUndefined();
    const star: Graph = new Map([
      [self, new Set(others)],
      ...others.map(peer => [peer, new Set([self])] as const),
    ]);
    expect(pickPrune(facts(star, self, 0))).toBeUndefined();
  });

  test('a neighbour that alone claims a link to another is not believed: a triangle needs both', () => {
    // All roles, so that the link to be cut is the highest ranked in some of them.
    for (const self of PEERS) {
      for (const liar of PEERS) {
        for (const honest of PEERS) {
          if (new Set([self, liar, honest]).size < 3) continue;
          const claims = (of: PeerId): ReadonlyMap<PeerId, string> =>
            of === liar ? new Map([[honest, 'seat']]) : new Map();
          const neighbours = [liar, honest];
          expect(pickPrune({ self, neighbours, claims, isIdle: () => true, target: 0 })).toBeUndefined();
        }
      }
    }
  });

  test('both ends rank a link alike, and ranks of different links differ', () => {
    const pairs = PEERS.flatMap((a, at) => PEERS.slice(at + 1).map(b => [a, b] as const));
    for (const [a, b] of pairs) expect(rankOf(a, b)).toBe(rankOf(b, a));
    expect(new Set(pairs.map(([a, b]) => rankOf(a, b))).size).toBe(pairs.length);
  });
});

describe('[NB3] whom to meet', () => {
  const [self, b, c, d, e] = PEERS;
  if (self === undefined || b === undefined || c === undefined || d === undefined || e === undefined) {
    throw new Error('no peers');
  }
  const claims = (of: PeerId): ReadonlyMap<PeerId, string> =>
    new Map(
      of === b
        ? [
            [self, 's'],
            [c, 'c'],
            [d, 'd'],
          ]
        : [
            [d, 'd'],
            [e, 'e'],
            [b, 'b'],
          ],
    );

  test('those at a distance of two, never oneself or a neighbour', () => {
    const found = candidatesOf(self, [b, c], claims);
    expect(found.map(({ peer, ways }) => [peer, ways.length])).toEqual([
      [d, 2],
      [e, 1],
    ]);
  });

  test('whom the fewest know comes first, and never more than asked for', () => {
    const found = candidatesOf(self, [b, c], claims);
    expect(pickCandidates(found, 1, () => 0.5).map(({ peer }) => peer)).toEqual([e]);
    expect(pickCandidates(found, 5, () => 0.5)).toHaveLength(2);
    expect(pickCandidates(found, -1, () => 0.5)).toEqual([]);
  });

  test('a neighbour that names many who do not exist gets its turns and no more', () => {
    const invented = PEERS.slice(5).map(peer => ({ peer, seat: 's', ways: [b] }));
    const real = { peer: e, seat: 'e', ways: [c] };
    for (let seed = 0; seed < 20; seed += 1)
      expect(pickCandidates([...invented, real], 2, () => (seed * 0.049) % 1)).toContainEqual(real);
  });
});
