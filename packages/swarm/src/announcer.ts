import { Bitfield } from '@shoal/protocol';
import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** Pieces beyond which a bitfield is sent instead of a list. */
const MAX_LIST = 1024;

/** Tells neighbours what we have and whether we want something of theirs. */
export class Announcer {
  readonly #core: SwarmCore;

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  /** What we have of an offer, in full. */
  greet(neighbour: Neighbour, torrent: Torrent): void {
    const { offer, have } = torrent;
    if (have.count === 0) return;
    this.#core.emit({
      type: 'send',
      peer: neighbour.peer,
      message: have.complete
        ? { type: 'have-all', offer }
        : { type: 'bitfield', offer, bits: have.toBytes() },
    });
  }

  /** Nothing of the offer can be had from us any more, or not what it was: what we have now, if anything, is said anew. */
  retract(neighbour: Neighbour, { offer, have, geometry }: Torrent): void {
    if (have.count === 0) return;
    const bits = new Bitfield(geometry.pieceCount).toBytes();
    this.#core.emit({ type: 'send', peer: neighbour.peer, message: { type: 'bitfield', offer, bits } });
  }

  /** New pieces: at once to those that lack them, with the next tick to those that only want to know. */
  haves(torrent: Torrent): void {
    const pieces = torrent.freshHaves;
    if (pieces.length === 0) return;
    torrent.freshHaves = [];
    for (const neighbour of this.#core.neighbours.values()) {
      const bits = neighbour.holdings.get(torrent.offer)?.bits;
      const news = pieces.filter(piece => !(bits?.has(piece) ?? false));
      this.#send(neighbour, torrent, news);
      if (news.length === pieces.length) continue;
      const lazy = neighbour.lazyHaves.get(torrent.offer) ?? [];
      lazy.push(...pieces.filter(piece => bits?.has(piece) ?? false));
      neighbour.lazyHaves.set(torrent.offer, lazy);
    }
  }

  /** The announcements nobody waits for. */
  tick(neighbour: Neighbour): void {
    for (const [offer, pieces] of neighbour.lazyHaves) {
      const torrent = this.#core.torrents.get(offer);
      if (torrent !== undefined) this.#send(neighbour, torrent, pieces);
    }
    neighbour.lazyHaves.clear();
  }

  /** Keeps `interested` exact. */
  interest(neighbour: Neighbour): void {
    let interested = false;
    for (const holdings of neighbour.holdings.values()) interested ||= holdings.useful > 0;
    if (interested === neighbour.interested) return;
    neighbour.interested = interested;
    this.#core.emit({
      type: 'send',
      peer: neighbour.peer,
      message: { type: interested ? 'interested' : 'not-interested' },
    });
  }

  #send(neighbour: Neighbour, torrent: Torrent, pieces: readonly number[]): void {
    if (pieces.length === 0) return;
    // After a long sleep of a background tab there may be thousands.
    if (pieces.length > MAX_LIST) return this.greet(neighbour, torrent);
    this.#core.emit({
      type: 'send',
      peer: neighbour.peer,
      message: { type: 'have', offer: torrent.offer, pieces: [...pieces] },
    });
  }
}
