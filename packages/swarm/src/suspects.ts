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

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  joined(neighbour: Neighbour): void {
    neighbour.alone = this.#suspected.has(neighbour.peer);
    if (this.#banned.has(neighbour.peer))
      this.#core.drop(neighbour, 'banned', 'This peer gave wrong data before.');
  }

  failed(torrent: Torrent, piece: number): void {
    const progress = torrent.progress.get(piece);
    if (progress === undefined) return torrent.lost(piece);
    const { givers } = progress;
    torrent.failed(piece, givers.size > 1);
    for (const neighbour of this.#core.neighbours.values()) {
      if (!givers.has(neighbour.index)) continue;
      if (givers.size === 1) {
        remember(this.#banned, neighbour.peer);
        this.#core.drop(neighbour, 'bad-piece', `All of piece ${piece} came from this peer and is wrong.`);
      } else {
        remember(this.#suspected, neighbour.peer);
        neighbour.alone = true;
      }
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
