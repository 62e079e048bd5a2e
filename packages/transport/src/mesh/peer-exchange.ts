import { MAX_PEERS_PER_MESSAGE, encodeMessage } from '@shoal/protocol';
import type { MemberAddress, PeerId, PeerMessage, SeatedPeer } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';
import { Claims } from './claims.ts';
import type { Neighbour } from './events.ts';
import { PEERS_FEATURE, PEERS_IN } from './neighbour-limits.ts';
import { TokenBucket } from './token-bucket.ts';

export type PeersMessage = Extract<PeerMessage, { type: 'peers' }>;

export interface PeerExchangeOptions {
  readonly self: MemberAddress;
  readonly scheduler: Scheduler;
  /** Milliseconds in which changes are collected: at most one message per neighbour in that time. */
  readonly collectMs: number;
  /** Somebody's word about its links has changed. */
  readonly onChange: () => void;
  readonly onFlood: (neighbour: Neighbour) => void;
}

interface Partner {
  readonly neighbour: Neighbour;
  readonly bucket: TokenBucket;
  /** What it was told, so that only changes are. */
  readonly told: Map<PeerId, string>;
  /** Where it sits; known from its first message on, and only then passed on. */
  seat: string | undefined;
}

/** Neighbours tell each other whom they are linked to (after BEP 11): all at first, then changes. */
export class PeerExchange {
  readonly claims = new Claims();
  readonly #options: PeerExchangeOptions;
  readonly #partners = new Map<PeerId, Partner>();
  #cancel: (() => void) | undefined;

  constructor(options: PeerExchangeOptions) {
    this.#options = options;
  }

  /** The neighbour, if it takes part. */
  partner(peer: PeerId): Neighbour | undefined {
    return this.#partners.get(peer)?.neighbour;
  }

  seatOf(peer: PeerId): string | undefined {
    return this.#partners.get(peer)?.seat;
  }

  /**
   * Whether `peer` knows `other` by an earlier seat (`other` has reloaded, and `peer` was not told yet): what it seals for that
   * opens nowhere, and would look forged.
   */
  isStale(peer: PeerId, other: PeerId): boolean {
    const told = this.#partners.get(peer)?.told.get(other);
    return told !== undefined && told !== this.seatOf(other);
  }

  joined(neighbour: Neighbour): void {
    if (!neighbour.features.includes(PEERS_FEATURE)) return;
    const { scheduler } = this.#options;
    const bucket = new TokenBucket(PEERS_IN, () => scheduler.now);
    const partner: Partner = { neighbour, bucket, told: new Map(), seat: undefined };
    this.#partners.set(neighbour.peer, partner);
    this.#tell(partner);
  }

  left(peer: PeerId): void {
    this.#partners.delete(peer);
    this.claims.forget(peer);
    this.#changed();
  }

  receive(peer: PeerId, { added, dropped }: PeersMessage): void {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    if (!partner.bucket.take()) {
      this.#options.onFlood(partner.neighbour);
      return;
    }
    const own = added.find(([named]) => named === peer);
    if (own !== undefined && partner.seat === undefined) {
      partner.seat = own[1];
      this.#changed();
    }
    const { self, onChange } = this.#options;
    this.claims.apply(
      peer,
      added.filter(([named]) => named !== peer && named !== self.peer),
      dropped,
    );
    onChange();
  }

  close(): void {
    this.#cancel?.();
    this.#partners.clear();
    this.claims.clear();
  }

  #changed(): void {
    const { scheduler, collectMs } = this.#options;
    this.#cancel ??= scheduler.after(collectMs, () => {
      this.#cancel = undefined;
      for (const partner of this.#partners.values()) this.#tell(partner);
    });
  }

  #tell({ neighbour, told }: Partner): void {
    const { self } = this.#options;
    const now = new Map<PeerId, string>([[self.peer, self.seat]]);
    for (const [peer, { seat }] of this.#partners) {
      if (peer !== neighbour.peer && seat !== undefined && now.size < MAX_PEERS_PER_MESSAGE)
        now.set(peer, seat);
    }
    const added: SeatedPeer[] = [...now].filter(([peer, seat]) => told.get(peer) !== seat);
    const dropped = [...told.keys()].filter(peer => !now.has(peer));
    if (added.length + dropped.length === 0) return;
    neighbour.send(encodeMessage({ type: 'peers', added, dropped }));
    for (const peer of dropped) told.delete(peer);
    for (const [peer, seat] of added) told.set(peer, seat);
  }
}
