import type { SwarmCore } from './core.ts';
import type { Torrent } from './torrent.ts';

/** Between two wishes, ms: a new neighbour needs some seconds to show what it is worth. */
const SEEK_MS = 4_000;
/** Not before the median neighbour has this part of an offer: the first pieces come as chance has it. */
const EARLY_PART = 1 / 16;
/** Whoever has less than this part of what the median neighbour has lags behind. */
const LAG_PART = 0.92;

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
    for (const torrent of this.#core.torrents.values()) {
      if (!lags(torrent)) continue;
      this.#nextAt = now + SEEK_MS;
      this.#core.emit({ type: 'seek' });
      return;
    }
  }
}

function lags(torrent: Torrent): boolean {
  // Who wants a part of it has less than others, and is not behind.
  if (torrent.satisfied || torrent.wantedBytes < torrent.geometry.totalBytes) return false;
  const counts = [...torrent.holders.values()].map(({ bits }) => bits.count).sort((a, b) => a - b);
  const median = counts[Math.floor(counts.length / 2)] ?? 0;
  return median >= EARLY_PART * torrent.geometry.pieceCount && torrent.have.count < LAG_PART * median;
}
