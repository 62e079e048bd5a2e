import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { BlockRange, PieceProgress } from './piece-progress.ts';
import { rankFor } from './shares.ts';
import type { Torrent } from './torrent.ts';

/** A block worth asking for. */
export interface Work {
  readonly torrent: Torrent;
  readonly progress: PieceProgress;
  readonly range: BlockRange;
}

/** A begun piece that nobody here can go on with. */
interface Stuck {
  readonly torrent: Torrent;
  readonly progress: PieceProgress;
}

/**
 * What to ask this neighbour for next. A piece it has begun goes first (a whole piece can be verified and passed on, halves cannot),
 * then one that its helper has left, then a new one, rarest first, and only then a share of what others are at.
 */
export function pickWork(core: SwarmCore, neighbour: Neighbour, maxBytes: number): Work | undefined {
  for (const choose of [own, orphan, fresh, shared, inherited]) {
    for (const offer of neighbour.holdings.keys()) {
      const torrent = core.torrents.get(offer);
      const progress = torrent === undefined ? undefined : choose(core, torrent, neighbour);
      const range = progress?.nextFree(maxBytes);
      if (torrent !== undefined && progress !== undefined && range !== undefined)
        return { torrent, progress, range };
    }
  }
  return undefined;
}

function gives(torrent: Torrent, neighbour: Neighbour, piece: number): boolean {
  return (
    (torrent.holders.get(neighbour)?.bits.has(piece) ?? false) && !neighbour.refuses(torrent.offer, piece)
  );
}

/** Somebody who serves us and is not silent has it to give. */
function atHand(torrent: Torrent, piece: number): boolean {
  for (const holder of torrent.holders.keys())
    if (!holder.choked && !holder.snubbed && gives(torrent, holder, piece)) return true;
  return false;
}

/** A silent one leaves it to those that are not: two of them would hand it to each other for ever. */
function leaves(torrent: Torrent, neighbour: Neighbour, piece: number): boolean {
  return neighbour.snubbed && atHand(torrent, piece);
}

function own(_core: SwarmCore, torrent: Torrent, neighbour: Neighbour): PieceProgress | undefined {
  for (const progress of torrent.open)
    if (progress.owner === neighbour && gives(torrent, neighbour, progress.piece)) return progress;
  return undefined;
}

function orphan(_core: SwarmCore, torrent: Torrent, neighbour: Neighbour): PieceProgress | undefined {
  for (const progress of torrent.open) {
    if (progress.owner !== undefined || !gives(torrent, neighbour, progress.piece)) continue;
    if (leaves(torrent, neighbour, progress.piece)) continue;
    // One that gives whole pieces only cannot be convicted of a piece that another began.
    if (neighbour.alone && progress.givers.size > 0 && !progress.exclusive) continue;
    progress.owner = neighbour;
    progress.exclusive ||= neighbour.alone;
    return progress;
  }
  return undefined;
}

function fresh(core: SwarmCore, torrent: Torrent, neighbour: Neighbour): PieceProgress | undefined {
  const holdings = torrent.holders.get(neighbour);
  if (holdings === undefined || holdings.startable <= 0) return undefined;
  if (neighbour.snubbed && neighbour.requests.size > 0) return undefined;
  const begun = begunBytes(core);
  const full = begun >= core.limits.maxProgressBytes;
  const stuck = full ? leastStuck(core, begun) : undefined;
  if (full && stuck === undefined) return undefined;
  const piece = startablePiece(core, torrent, neighbour);
  if (piece === undefined) return undefined;
  if (stuck !== undefined) startOver(core, stuck);
  return torrent.begin(piece, neighbour);
}

function startablePiece(core: SwarmCore, torrent: Torrent, neighbour: Neighbour): number | undefined {
  const fits = (piece: number): boolean =>
    gives(torrent, neighbour, piece) && !(torrent.isExclusive(piece) && leaves(torrent, neighbour, piece));
  const next = successor(core, torrent, neighbour);
  if (next !== undefined && fits(next)) return next;
  const random = (): number => core.random();
  const rank = (piece: number): number => rankFor(core.selfHash, core.neighbours.values(), torrent, piece);
  // The first piece is a random one: rare pieces come slowly, and who has nothing can give nothing back.
  const first = torrent.have.count === 0 && torrent.progress.size === 0;
  const piece = first ? torrent.startable.pickAny(fits, random) : torrent.startable.pick(fits, random, rank);
  if (piece === undefined) return undefined;
  return alone(core) && !first ? beginningOf(torrent, neighbour, piece) : piece;
}

/**
 * What nobody here can go on with must not use up the bound: others would never begin anything. Of these pieces, the one of which least has
 * come, if its end makes room.
 */
function leastStuck(core: SwarmCore, begun: number): Stuck | undefined {
  let least: Stuck | undefined;
  for (const torrent of core.torrents.values())
    for (const progress of torrent.open) {
      if (progress.owner !== undefined || progress.requests.size > 0) continue;
      if (begun - progress.length >= core.limits.maxProgressBytes) continue;
      if (least !== undefined && progress.come >= least.progress.come) continue;
      if (!atHand(torrent, progress.piece)) least = { torrent, progress };
    }
  return least;
}

function startOver(core: SwarmCore, { torrent, progress }: Stuck): void {
  torrent.failed(progress.piece, false);
  if (progress.started) core.emit({ type: 'discard', offer: torrent.offer, piece: progress.piece });
}

/** Nobody but one neighbour is there: order costs no diversity, since there is nobody to give other pieces to. */
function alone(core: SwarmCore): boolean {
  return core.neighbours.size === 1;
}

/** The first of the pieces that could be asked for in one go up to this one: begun in its middle, an extent would be read twice. */
function beginningOf(torrent: Torrent, neighbour: Neighbour, piece: number): number {
  let begin = piece;
  while (follows(torrent, neighbour, begin - 1, begin)) begin -= 1;
  return begin;
}

/** Both lie in one extent, and the first is free to be begun and no less rare than the second. */
function follows(torrent: Torrent, neighbour: Neighbour, piece: number, other: number): boolean {
  return torrent.extentOf(piece) === torrent.extentOf(other) && free(torrent, neighbour, piece, other);
}

function free(torrent: Torrent, neighbour: Neighbour, piece: number, other: number): boolean {
  return (
    torrent.startable.has(piece) && torrent.startable.ties(piece, other) && gives(torrent, neighbour, piece)
  );
}

/**
 * The piece after the one that the neighbour began last, no less rare, in the same extent (or in the next when there is nobody else):
 * a sharer that is asked in the order of the file reads it in order, which costs its browser a fraction of the CPU that jumps cost.
 */
function successor(core: SwarmCore, torrent: Torrent, neighbour: Neighbour): number | undefined {
  const last = torrent.lastBegun.get(neighbour);
  if (last === undefined) return undefined;
  const next = last + 1;
  if (follows(torrent, neighbour, next, last)) return next;
  return alone(core) && free(torrent, neighbour, next, last) ? next : undefined;
}

function shared(_core: SwarmCore, torrent: Torrent, neighbour: Neighbour): PieceProgress | undefined {
  if (neighbour.alone) return undefined;
  let best: PieceProgress | undefined;
  for (const progress of torrent.open) {
    if (progress.exclusive || !gives(torrent, neighbour, progress.piece)) continue;
    if (best === undefined || progress.free > best.free) best = progress;
  }
  return best;
}

/** Nobody else is there to finish it: taken even by one that should give whole pieces only. */
function inherited(_core: SwarmCore, torrent: Torrent, neighbour: Neighbour): PieceProgress | undefined {
  for (const progress of torrent.open) {
    if (progress.owner !== undefined || !gives(torrent, neighbour, progress.piece)) continue;
    if (leaves(torrent, neighbour, progress.piece)) continue;
    progress.owner = neighbour;
    return progress;
  }
  return undefined;
}

function begunBytes(core: SwarmCore): number {
  let bytes = 0;
  for (const torrent of core.torrents.values()) bytes += torrent.progressBytes;
  return bytes;
}
