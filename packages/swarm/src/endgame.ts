import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Work } from './picker.ts';
import type { BlockRequest } from './piece-progress.ts';
import type { Torrent } from './torrent.ts';

/** Askers of one block at a time, the first included. */
const MAX_ASKERS = 2;
/** A second copy is asked for only when it should come in less than this part of the time that the first still needs. */
const GAIN = 0.5;
/** Remaining time below which a second copy is not worth its bytes, ms. */
const WORTH_MS = 500;

/**
 * When everything wanted is asked for and a neighbour has nothing left to give, it may be asked for the block that a slow one
 * owes longest: the last blocks of a transfer otherwise wait for the slowest neighbour.
 */
export function endgamePick(core: SwarmCore, neighbour: Neighbour): Work | undefined {
  if (neighbour.alone || neighbour.snubbed || !mayHelp(core, neighbour)) return undefined;
  const now = core.now();
  let best: BlockRequest | undefined;
  let longest = Math.max(WORTH_MS, ownWait(neighbour, now) / GAIN);
  for (const rival of core.neighbours.values()) {
    if (rival === neighbour) continue;
    const rate = rival.down.read(now) / 1000;
    let ahead = 0;
    for (const request of rival.requests.values()) {
      ahead += request.length;
      const age = now - request.sentAt;
      const overdue = age > 2 * rival.window.rtt ? age : 0;
      const wait = Math.max(overdue, rate > 0 ? ahead / rate : 0);
      if (wait <= longest || !canGive(neighbour, request)) continue;
      best = request;
      longest = wait;
    }
  }
  if (best === undefined) return undefined;
  return {
    torrent: best.torrent,
    progress: best.progress,
    range: { begin: best.begin, length: best.length },
  };
}

function mayHelp(core: SwarmCore, neighbour: Neighbour): boolean {
  for (const offer of neighbour.holdings.keys()) {
    const torrent = core.torrents.get(offer);
    if (torrent !== undefined && torrent.progress.size > 0 && lastBlocks(torrent)) return true;
  }
  return false;
}

function lastBlocks(torrent: Torrent): boolean {
  return torrent.startable.size === 0 && torrent.hashable.size === 0 && torrent.open.size === 0;
}

function canGive(neighbour: Neighbour, { torrent, progress, begin, length }: BlockRequest): boolean {
  if (progress.exclusive || !lastBlocks(torrent)) return false;
  if (!(torrent.holders.get(neighbour)?.bits.has(progress.piece) ?? false)) return false;
  if (neighbour.refuses(torrent.offer, progress.piece)) return false;
  let askers = 0;
  for (const other of progress.requests) {
    if (other.begin >= begin + length || begin >= other.begin + other.length) continue;
    if (other.neighbour === neighbour) return false;
    askers += 1;
  }
  return askers < MAX_ASKERS;
}

/** How long one more request would take at a neighbour, ms. */
function ownWait(neighbour: Neighbour, now: number): number {
  const rate = neighbour.down.read(now) / 1000;
  return neighbour.window.rtt + (rate > 0 ? neighbour.outstanding / rate : 0);
}
