import { Bitfield, ProtocolError } from '@shoal/protocol';
import type { Bytes, OfferId } from '@shoal/protocol';
import type { SwarmCore } from './core.ts';
import type { Neighbour, UnknownHoldings } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** Memory charged for an unknown offer, and for each piece number remembered of it. */
const OFFER_COST = 256;
const PIECE_COST = 32;

/** `bitfield` or `have-all` (no bits): replaces what was known of the neighbour and this offer. */
export function learnBitfield(
  core: SwarmCore,
  neighbour: Neighbour,
  offer: OfferId,
  bits: Bytes | undefined,
): void {
  const torrent = core.torrents.get(offer);
  if (torrent === undefined) {
    const unknown = unknownOf(core, neighbour, offer, OFFER_COST + (bits?.length ?? 0));
    if (unknown === undefined) return;
    unknown.bits = bits;
    unknown.all = bits === undefined;
    unknown.pieces.clear();
    return;
  }
  if (bits === undefined && torrent.holders.get(neighbour)?.bits.complete === true) return;
  const field = fieldOf(torrent, bits);
  if (field === undefined)
    return core.drop(
      neighbour,
      'bad-bitfield',
      `A bitfield does not fit ${torrent.geometry.pieceCount} pieces.`,
    );
  neighbour.holdings.set(offer, torrent.join(neighbour, field));
}

/** `have`: more pieces of an offer. */
export function learnHaves(
  core: SwarmCore,
  neighbour: Neighbour,
  offer: OfferId,
  pieces: readonly number[],
): void {
  const torrent = core.torrents.get(offer);
  if (torrent === undefined) {
    const known = neighbour.unknown.get(offer);
    const more = new Set(pieces.filter(piece => known?.pieces.has(piece) !== true));
    const unknown = unknownOf(core, neighbour, offer, (known?.cost ?? OFFER_COST) + more.size * PIECE_COST);
    if (unknown !== undefined) for (const piece of more) unknown.pieces.add(piece);
    return;
  }
  if (!pieces.every(piece => exists(torrent, piece)))
    return core.drop(neighbour, 'bad-have', `A have names a piece beyond ${torrent.geometry.pieceCount}.`);
  let holdings = neighbour.holdings.get(offer);
  if (holdings === undefined) {
    holdings = torrent.join(neighbour, new Bitfield(torrent.geometry.pieceCount));
    neighbour.holdings.set(offer, holdings);
  }
  for (const piece of pieces) torrent.gain(holdings, piece);
}

/** The offer's log entry has come: what the neighbour said before counts now. */
export function adoptUnknown(core: SwarmCore, neighbour: Neighbour, torrent: Torrent): void {
  const unknown = neighbour.unknown.get(torrent.offer);
  if (unknown === undefined) return;
  neighbour.unknown.delete(torrent.offer);
  neighbour.unknownBytes -= unknown.cost;
  if (unknown.all || unknown.bits !== undefined) learnBitfield(core, neighbour, torrent.offer, unknown.bits);
  if (core.neighbours.has(neighbour.peer) && unknown.pieces.size > 0)
    learnHaves(core, neighbour, torrent.offer, [...unknown.pieces]);
}

/** The offer is removed: should it be added again, the neighbour will not say anew what it has. */
export function keepAsUnknown(core: SwarmCore, neighbour: Neighbour, offer: OfferId): void {
  const bits = neighbour.holdings.get(offer)?.bits.toBytes();
  neighbour.holdings.delete(offer);
  const unknown =
    bits === undefined ? undefined : unknownOf(core, neighbour, offer, OFFER_COST + bits.length);
  if (unknown !== undefined) unknown.bits = bits;
}

function fieldOf(torrent: Torrent, bits: Bytes | undefined): Bitfield | undefined {
  const { pieceCount } = torrent.geometry;
  if (bits === undefined) return Bitfield.full(pieceCount);
  try {
    return Bitfield.fromBytes(pieceCount, bits);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function exists(torrent: Torrent, piece: number): boolean {
  return Number.isInteger(piece) && piece >= 0 && piece < torrent.geometry.pieceCount;
}

/** The place to remember what is known of an unknown offer, which then costs so much in all; nothing when the neighbour has used up its share of our memory. */
function unknownOf(
  core: SwarmCore,
  neighbour: Neighbour,
  offer: OfferId,
  cost: number,
): UnknownHoldings | undefined {
  const { maxUnknownOffers, maxUnknownBytes } = core.limits;
  const known = neighbour.unknown.get(offer);
  const more = cost - (known?.cost ?? 0);
  if (more > 0 && neighbour.unknownBytes + more > maxUnknownBytes) return undefined;
  if (known === undefined && neighbour.unknown.size >= maxUnknownOffers) return undefined;
  const unknown = known ?? { bits: undefined, all: false, pieces: new Set<number>(), cost: 0 };
  unknown.cost = cost;
  neighbour.unknown.set(offer, unknown);
  neighbour.unknownBytes += more;
  return unknown;
}
