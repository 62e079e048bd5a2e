import { MAX_PEERS_PER_MESSAGE } from '@shoal/protocol';
import type { PeerId, SeatedPeer } from '@shoal/protocol';

const NOBODY: ReadonlyMap<PeerId, string> = new Map();

/** What the neighbours say of their own links: a few dozen members each, and only while they are neighbours. Hearsay, not truth. */
export class Claims {
  readonly #byNeighbour = new Map<PeerId, Map<PeerId, string>>();

  /** Takes changes; beyond {@link MAX_PEERS_PER_MESSAGE} members of one neighbour, new ones are not believed. */
  apply(neighbour: PeerId, added: readonly SeatedPeer[], dropped: readonly PeerId[]): void {
    const known = this.#byNeighbour.get(neighbour) ?? new Map<PeerId, string>();
    this.#byNeighbour.set(neighbour, known);
    for (const peer of dropped) known.delete(peer);
    for (const [peer, seat] of added) {
      if (known.has(peer) || known.size < MAX_PEERS_PER_MESSAGE) known.set(peer, seat);
    }
  }

  forget(neighbour: PeerId): void {
    this.#byNeighbour.delete(neighbour);
  }

  clear(): void {
    this.#byNeighbour.clear();
  }

  of(neighbour: PeerId): ReadonlyMap<PeerId, string> {
    return this.#byNeighbour.get(neighbour) ?? NOBODY;
  }

  /** Whether any neighbour says so. */
  names(peer: PeerId): boolean {
    return [...this.#byNeighbour.values()].some(known => known.has(peer));
  }

  /** Neighbours that say they are linked to this member, under this seat. */
  ways(peer: PeerId, seat: string): PeerId[] {
    const found: PeerId[] = [];
    for (const [neighbour, known] of this.#byNeighbour) if (known.get(peer) === seat) found.push(neighbour);
    return found;
  }
}
