import type { SwarmCore } from './core.ts';
import type { Torrent } from './torrent.ts';

/** Between two wishes, ms: a new neighbour needs some seconds to show what it is worth. */
const SEEK_MS = 4_000;
/** Not before the median neighbour has this part of an offer: the first pieces come as chance has it. */
const EARLY_PART = 1 / 16;
/** Whoever has less than this part of what the median neighbour has lags behind. */
const LAG_PART = 0.92;
/** Without a block from anybody for so long, ms, our neighbours will not help, however little is missing. */
const STARVED_MS = 30_000;

/** Notices that our neighbours give us less than they and others get, and asks for one more. */
export class Seeker {
  readonly #core: SwarmCore;
  #nextAt = -Infinity;

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  tick(): void {
    const now = this.#core.now();
    if (now < this.#nextAt) return;
    const torrents = [...this.#core.torrents.values()];
    if (torrents.some(lags)) this.#nextAt = now + SEEK_MS;
    else if (this.#starves(torrents, now)) this.#nextAt = now + STARVED_MS;
    else return;
    this.#core.emit({ type: 'seek' });
  }

  #starves(torrents: readonly Torrent[], now: number): boolean {
    const neighbours = [...this.#core.neighbours.values()];
    if (neighbours.length === 0 || torrents.every(torrent => torrent.satisfied)) return false;
    return neighbours.every(({ lastBlockAt }) => now - lastBlockAt >= STARVED_MS);
  }
}

function lags(torrent: Torrent): boolean {
  // Who wants a part of it has less than others, and is not behind.
  if (torrent.satisfied || torrent.wantedBytes < torrent.geometry.totalBytes) return false;
  const counts = [...torrent.holders.values()].map(({ bits }) => bits.count).sort((a, b) => a - b);
  const median = counts[Math.floor(counts.length / 2)] ?? 0;
  return median >= EARLY_PART * torrent.geometry.pieceCount && torrent.have.count < LAG_PART * median;
}
