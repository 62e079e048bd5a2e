import type { PeerId } from '@shoal/protocol';
import type { Mesh, MeshEvent } from '@shoal/transport';
import type { IndirectView } from './snapshot.ts';

/** No connection came about, whoever is to blame. */
const NO_WAY: ReadonlySet<string> = new Set(['connect-timeout', 'connection-failed', 'turn-refused']);

/**
 * Members without a connection to us: no way there was found, or the room is larger than anybody connects to. Who shares a neighbour with
 * us still gets us everything, through it.
 */
export class Unreached {
  readonly #mesh: Pick<Mesh, 'isNearby'>;
  readonly #isLinked: (peer: PeerId) => boolean;
  readonly #peers = new Set<PeerId>();

  constructor(mesh: Pick<Mesh, 'isNearby'>, isLinked: (peer: PeerId) => boolean) {
    this.#mesh = mesh;
    this.#isLinked = isLinked;
  }

  /** @returns false when the person must be told: it is about nobody whom we reach through others */
  takes({ code, peer }: Pick<Extract<MeshEvent, { type: 'failure' }>, 'code' | 'peer'>): boolean {
    if (!NO_WAY.has(code) || peer === undefined || !this.#mesh.isNearby(peer)) return false;
    this.#peers.add(peer);
    return true;
  }

  joined(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  /** Those that a neighbour reaches at this moment, and we cannot. */
  views(nameOf: (peer: PeerId) => string): IndirectView[] {
    return [...this.#peers].filter(this.#isApart).map(peer => ({ id: peer, name: nameOf(peer) }));
  }

  /** Of these members those that a neighbour reaches at this moment, and we need not. */
  further(members: Iterable<PeerId>, nameOf: (peer: PeerId) => string): IndirectView[] {
    return [...members]
      .filter(peer => !this.#peers.has(peer) && this.#isApart(peer))
      .map(peer => ({ id: peer, name: nameOf(peer) }));
  }

  readonly #isApart = (peer: PeerId): boolean => !this.#isLinked(peer) && this.#mesh.isNearby(peer);
}
