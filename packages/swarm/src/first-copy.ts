import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** A receiver that lacks more than this part of the offer is not kept up by the others: our uplink is what it needs. */
const KEPT_UP = 1 / 3;

/** Pieces that a receiver may hold that nobody else has yet, before it is compared with the others. */
const HOARD_MIN = 8;
/** It may hold so many times as many as the others do in the mean, */
const HOARD_FACTOR = 2;
/** among those that have at least this part of what it has, */
const PEER_PART = 1 / 2;
/** as long as one of the others was given something new within so many ms: our uplink then has better to do. */
const BUSY_MS = 1_000;

interface Ledger {
  /** By receiver: pieces that it was given first and that nobody else had when we last looked. */
  readonly hoards: Map<Neighbour, { readonly pieces: Set<number>; at: number }>;
  /** Piece to whom it was given first. */
  readonly given: Map<number, Neighbour>;
  /** When each neighbour was first refused a piece; ms. */
  readonly refused: Map<Neighbour, Map<number, number>>;
}

/**
 * What the sharer gives while the only copy is its own: each piece once, to whoever asks first, and the others are turned away to take
 * it from there. What a later asker is refused it will not ask for again soon, so it asks for something that nobody has yet.
 */
export class FirstCopy {
  readonly #core: SwarmCore;
  readonly #ledgers = new WeakMap<Torrent, Ledger>();

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  /** The neighbour takes its request back, or is choked: whoever asks next gets the piece. */
  revoke(torrent: Torrent, piece: number, asker: Neighbour): void {
    const ledger = this.#ledgers.get(torrent);
    if (torrent.holders.get(asker)?.bits.has(piece) === true) return;
    ledger?.hoards.get(asker)?.pieces.delete(piece);
    if (ledger?.given.get(piece) === asker && torrent.availability[piece] === 0) ledger.given.delete(piece);
  }

  /** The neighbour is gone. */
  release(torrent: Torrent, neighbour: Neighbour): void {
    const ledger = this.#ledgers.get(torrent);
    ledger?.refused.delete(neighbour);
    ledger?.hoards.delete(neighbour);
  }

  /** Whether a piece that we have is kept from a neighbour; if not, it counts as given to it. */
  refuses(torrent: Torrent, piece: number, asker: Neighbour): boolean {
    if (!torrent.origin) return false;
    const ledger = this.#ledgers.get(torrent) ?? { given: new Map(), refused: new Map(), hoards: new Map() };
    this.#ledgers.set(torrent, ledger);
    if (!this.#isElsewhere(torrent, ledger, piece, asker)) {
      if (ledger.given.get(piece) === asker) return false;
      if (this.#hoards(torrent, ledger, asker)) return !this.#despairs(ledger, piece, asker);
      ledger.given.set(piece, asker);
      const hoard = ledger.hoards.get(asker) ?? { pieces: new Set(), at: 0 };
      hoard.pieces.add(piece);
      hoard.at = this.#core.now();
      ledger.hoards.set(asker, hoard);
      return false;
    }
    // While there is something new to give, a copy more is a copy too many.
    const allOut = ledger.given.size >= torrent.geometry.pieceCount;
    if (allOut && !(keptUp(torrent, asker) && hasSpread(torrent, piece, asker))) return false;
    return !this.#despairs(ledger, piece, asker);
  }

  /** It was given more than the others, and passes it on slower: what is new goes to them, and through them to it. */
  #hoards(torrent: Torrent, { hoards }: Ledger, asker: Neighbour): boolean {
    const now = this.#core.now();
    // Who has much less is held back by its own line and takes no more for our sparing it: nor does it tell what the asker could pass on.
    const least = PEER_PART * piecesOf(torrent, asker);
    const others = [...hoards].filter(
      ([neighbour]) => neighbour !== asker && piecesOf(torrent, neighbour) >= least,
    );
    // First what costs nothing: a lone receiver of 10,000 small files holds thousands of such pieces.
    if (!others.some(([, { at }]) => now - at < BUSY_MS)) return false;
    for (const { pieces } of hoards.values())
      for (const piece of pieces) if ((torrent.availability[piece] ?? 0) >= 2) pieces.delete(piece);
    const mine = hoards.get(asker)?.pieces.size ?? 0;
    // The better half: where many are slow, their mean would make each of them look like the others.
    const better = others
      .map(([, { pieces }]) => pieces.size)
      .sort((a, b) => a - b)
      .slice(0, Math.ceil(others.length / 2));
    const mean = better.reduce((sum, held) => sum + held, 0) / better.length;
    return mine >= HOARD_MIN && mine > HOARD_FACTOR * mean;
  }

  /** Given to somebody else, who still has it or is about to. */
  #isElsewhere(torrent: Torrent, { given }: Ledger, piece: number, asker: Neighbour): boolean {
    const first = given.get(piece);
    if (first === undefined || first === asker) return false;
    return othersWith(torrent, piece, asker) > 0 || this.#core.neighbours.get(first.peer) === first;
  }

  /** Refused long ago and asked for again: those that have it keep it to themselves, or are nobody's neighbours but ours. */
  #despairs({ refused }: Ledger, piece: number, asker: Neighbour): boolean {
    const now = this.#core.now();
    const since = refused.get(asker) ?? new Map<number, number>();
    refused.set(asker, since);
    const first = since.get(piece);
    if (first === undefined) since.set(piece, now);
    return first !== undefined && now - first >= this.#core.limits.firstCopyMs;
  }
}

/** More than its first receiver have it, whose uplink may be a slow one. */
function hasSpread(torrent: Torrent, piece: number, asker: Neighbour): boolean {
  return othersWith(torrent, piece, asker) > 1;
}

function othersWith(torrent: Torrent, piece: number, asker: Neighbour): number {
  const own = torrent.holders.get(asker)?.bits.has(piece) === true ? 1 : 0;
  return (torrent.availability[piece] ?? 0) - own;
}

function piecesOf(torrent: Torrent, neighbour: Neighbour): number {
  return torrent.holders.get(neighbour)?.bits.count ?? 0;
}

/** The others supply it about as fast as we gave the first copy out: it will get the rest from them. */
function keptUp(torrent: Torrent, asker: Neighbour): boolean {
  return piecesOf(torrent, asker) >= (1 - KEPT_UP) * torrent.geometry.pieceCount;
}
