import type { PeerId } from '@shoal/protocol';
import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** Peers remembered as liars or suspects; beyond that the oldest are forgotten. */
const MAX_REMEMBERED = 1024;

/**
 * Finds out who gave bad blocks. The only giver of a bad piece is convicted. Of several, each gives whole pieces alone from then on, so that the
 * next lie convicts its author and nobody else; honest ones lose nothing but company.
 */
export class Suspects {
  readonly #core: SwarmCore;
  readonly #banned = new Set<PeerId>();
  readonly #suspected = new Set<PeerId>();
  /** Who has left, by index: a piece may be judged after that, and its giver come back. */
  readonly #gone = new Map<number, PeerId>();

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  joined(neighbour: Neighbour): void {
    neighbour.alone = this.#suspected.has(neighbour.peer);
    if (this.#banned.has(neighbour.peer))
      this.#core.drop(neighbour, 'banned', 'This peer gave wrong data before.');
  }

  left({ index, peer }: Neighbour): void {
    this.#gone.set(index, peer);
    for (const oldest of this.#gone.keys()) {
      if (this.#gone.size <= MAX_REMEMBERED) return;
      this.#gone.delete(oldest);
    }
  }

  failed(torrent: Torrent, piece: number): void {
    const progress = torrent.progress.get(piece);
    if (progress === undefined) return torrent.lost(piece);
    const { givers } = progress;
    torrent.failed(piece, givers.size > 1);
    const present = [...this.#core.neighbours.values()].map(({ index, peer }) => [index, peer] as const);
    const known = new Map([...this.#gone, ...present]);
    for (const index of givers) {
      const peer = known.get(index);
      if (peer === undefined) continue;
      remember(givers.size === 1 ? this.#banned : this.#suspected, peer);
      const neighbour = this.#core.neighbours.get(peer);
      if (neighbour === undefined) continue;
      if (givers.size > 1) neighbour.alone = true;
      else this.#core.drop(neighbour, 'bad-piece', `All of piece ${piece} came from this peer and is wrong.`);
    }
  }
}

function remember(set: Set<PeerId>, peer: PeerId): void {
  set.add(peer);
  if (set.size <= MAX_REMEMBERED) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
