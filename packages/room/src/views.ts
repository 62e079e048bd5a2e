import type { PeerId } from '@shoal/protocol';
import type { Catalogue } from '@shoal/gossip';
import type { Swarm } from '@shoal/swarm';
import type { Neighbour } from '@shoal/transport';
import type { HashDriver } from './hash-driver.ts';
import type { OfferState } from './offer-state.ts';
import type { Sharing } from './sharing.ts';
import type { NeighbourView, OfferView } from './snapshot.ts';

type NameOf = (peer: PeerId) => string;

export function offerViews(
  states: Iterable<OfferState>,
  self: PeerId,
  nameOf: NameOf,
  swarm: Swarm,
  hashes: HashDriver,
  sharing: Sharing,
): OfferView[] {
  return [...states].map((state): OfferView => {
    const { offer, own } = state;
    const stats = swarm.offerStats(offer.id);
    const downRate = stats?.downRate ?? 0;
    const missing = state.missingBytes();
    const known = hashes.book(offer.id)?.known;
    return {
      id: offer.id,
      author: offer.author,
      authorName: nameOf(offer.author),
      mine: offer.author === self,
      files: state.views(),
      totalBytes: state.totalBytes,
      verifiedBytes: state.verifiedBytes,
      downRate,
      etaSeconds: missing > 0 && downRate > 0 ? missing / downRate : undefined,
      again: sharing.again(state),
      seeds: stats?.seeds ?? 0,
      hashed: own && known !== undefined && known.length > 0 ? known.count / known.length : 1,
    };
  });
}

export function neighbourViews(
  neighbours: Iterable<Neighbour>,
  catalogue: Catalogue,
  nameOf: NameOf,
  swarm: Swarm,
): NeighbourView[] {
  return [...neighbours].map(({ peer, path, protocol, connections, rttMs }): NeighbourView => {
    const stats = swarm.peerStats(peer);
    return {
      id: peer,
      name: nameOf(peer),
      device: catalogue.members.get(peer)?.device ?? '',
      path,
      protocol,
      connections,
      downRate: stats?.downRate ?? 0,
      upRate: stats?.upRate ?? 0,
      downBytes: stats?.downBytes ?? 0,
      upBytes: stats?.upBytes ?? 0,
      // What blocks take says more than ICE's checks, but there may have been none.
      rttMs: stats === undefined || stats.rttMs === 0 ? rttMs : stats.rttMs,
    };
  });
}
