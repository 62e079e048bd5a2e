import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** A receiver that lacks more than this part of the offer is not kept up by the others: our uplink is what it needs. */
const KEPT_UP = 1 / 3;
/** Of what a receiver has, the part that must have come from others before we count on them. */
const FROM_OTHERS = 1 / 4;

interface Grant {
  readonly to: Neighbour;
  readonly at: number;
}

/**
 * What the sharer gives while the only copy is its own: each piece once, to whoever asks first, and the others are turned away to take
 * it from there. What a later asker is refused it will not ask for again soon, so it asks for something that nobody has yet.
 */
export class FirstCopy {
  readonly #core: SwarmCore;
  readonly #grants = new Map<Torrent, Map<number, Grant>>();

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  forget(torrent: Torrent): void {
    this.#grants.delete(torrent);
  }

  /** Whether a piece that we have is kept from a neighbour; if not, it counts as given to it. */
  refuses(torrent: Torrent, piece: number, asker: Neighbour): boolean {
    if (!torrent.origin) return false;
    const grants = this.#grants.get(torrent) ?? new Map<number, Grant>();
    this.#grants.set(torrent, grants);
    const grant = grants.get(piece);
    if (grant === undefined) {
      grants.set(piece, { to: asker, at: this.#core.now() });
      return false;
    }
    if (grant.to === asker) return false;
    if (!this.#spreads(torrent, piece, grant, asker)) {
      grants.set(piece, { to: asker, at: this.#core.now() });
      return false;
    }
    if (grants.size < torrent.geometry.pieceCount) return true;
    return this.#keptUp(torrent, grants, asker);
  }

  /** Others than the asker have it, or are about to. */
  #spreads(torrent: Torrent, piece: number, grant: Grant, asker: Neighbour): boolean {
    const own = torrent.holders.get(asker)?.bits.has(piece) === true ? 1 : 0;
    if ((torrent.availability[piece] ?? 0) > own) return true;
    const there = this.#core.neighbours.get(grant.to.peer) === grant.to;
    return there && this.#core.now() - grant.at < this.#core.limits.requestTimeoutMs;
  }

  #keptUp(torrent: Torrent, grants: ReadonlyMap<number, Grant>, asker: Neighbour): boolean {
    const bits = torrent.holders.get(asker)?.bits;
    if (bits === undefined || bits.count < (1 - KEPT_UP) * torrent.geometry.pieceCount) return false;
    return true;
  }
}
