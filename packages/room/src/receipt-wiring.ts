import type { OfferId, PeerId } from '@shoal/protocol';
import type { Swarm, SwarmEvent } from '@shoal/swarm';
import type { GossipDriver } from './gossip-driver.ts';
import { ReceiptKeeper } from './receipts.ts';
import type { NeighbourCounts } from './receipts.ts';

export interface ReceiptWiring {
  readonly self: PeerId;
  readonly clock: () => number;
  readonly swarm: Pick<Swarm, 'peerStats' | 'offerStats'>;
  readonly peers: () => Iterable<PeerId>;
  readonly gossip: Pick<GossipDriver, 'catalogue' | 'author'>;
  readonly tell: (event: SwarmEvent) => void;
}

/** A {@link ReceiptKeeper} between the swarm, which counts and serves by standing, and the room log, which holds receipts. */
export class RoomReceipts {
  readonly #wiring: ReceiptWiring;
  readonly #keeper: ReceiptKeeper;

  constructor(wiring: ReceiptWiring) {
    this.#wiring = wiring;
    const { self, clock, gossip, tell } = wiring;
    this.#keeper = new ReceiptKeeper({
      self,
      clock,
      neighbours: () => this.#counts(),
      receipts: () => gossip.catalogue.receipts,
      members: () => gossip.catalogue.members.size,
      author: async body => await gossip.author(body),
      standing: (peer, standing) => tell({ type: 'standing', peer, standing }),
    });
  }

  tick(): void {
    this.#keeper.tick();
  }

  /** To be called before the swarm hears that a neighbour has left, and with it forgets what it counted. */
  left(peer: PeerId): void {
    this.#keeper.left(peer, this.#countsOf(peer));
  }

  /** Pieces of an offer were verified: when it has all that is wanted of it, the download has ended. */
  verified(offer: OfferId): void {
    const stats = this.#wiring.swarm.offerStats(offer);
    if (stats !== undefined && stats.wantedBytes > 0 && stats.wantedVerifiedBytes >= stats.wantedBytes)
      this.#keeper.downloadEnded();
  }

  cancelled(): void {
    this.#keeper.downloadEnded();
  }

  #countsOf(peer: PeerId): NeighbourCounts | undefined {
    const stats = this.#wiring.swarm.peerStats(peer);
    return stats && { peer, downBytes: stats.downBytes, upBytes: stats.upBytes };
  }

  *#counts(): Iterable<NeighbourCounts> {
    for (const peer of this.#wiring.peers()) {
      const counts = this.#countsOf(peer);
      if (counts !== undefined) yield counts;
    }
  }
}
