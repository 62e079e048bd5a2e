import type { SwarmCore } from './core.ts';
import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** Hash requests grow by this factor with every answer. */
const RUN_GROWTH = 4;
/** Unanswered runs in a row beyond which the time until the next try is not doubled any more: with 5 s at first, 160 s. */
const MOST_SILENT = 6;

interface HashRun {
  readonly neighbour: Neighbour;
  readonly torrent: Torrent;
  readonly first: number;
  readonly count: number;
  /** Clock in ms of the request or of its last partial answer. */
  at: number;
}

/** Asks for piece hashes ahead of need: a piece is asked for only when its expected hash is known. */
export class HashRequester {
  readonly #core: SwarmCore;
  /** They may overlap where runs have grown meanwhile. */
  readonly #runs = new Set<HashRun>();
  /** Beginnings of runs that a neighbour did not answer, with the time until which they are not asked of it. */
  readonly #refused = new Map<string, number>();

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  /** Sends what keeps the neighbour's pipeline supplied. */
  fill(neighbour: Neighbour): void {
    const { limits } = this.#core;
    for (const [offer, holdings] of neighbour.holdings) {
      const torrent = this.#core.torrents.get(offer);
      if (torrent === undefined) continue;
      const ready = this.#alone ? limits.hashAloneBytes : limits.hashAheadBytes;
      const ahead = ready + 2 * neighbour.window.bytes;
      while (
        holdings.hashable > 0 &&
        holdings.startable * torrent.geometry.pieceLength < ahead &&
        neighbour.hashRuns < limits.hashRunsPerNeighbour
      )
        if (!this.#ask(neighbour, torrent)) break;
    }
  }

  /** Hashes came, from whomever. */
  known(torrent: Torrent, first: number, count: number): void {
    // Told again they are no progress: a run would never time out.
    const advanced = [...this.#runs].filter(run => run.torrent === torrent && lacksAny(run, first, count));
    torrent.learnHashes(first, count);
    for (const run of advanced) {
      run.at = this.#core.now();
      if (!torrent.hashed.hasRange(run.first, run.count)) continue;
      run.neighbour.silentRuns = 0;
      this.#end(run);
      torrent.hashRun = Math.min(this.#core.limits.hashRunMax, torrent.hashRun * RUN_GROWTH);
    }
  }

  /** The neighbour cannot answer a run: another may. */
  rejected(neighbour: Neighbour, torrent: Torrent, first: number, count: number): void {
    for (const run of this.#runs)
      if (
        run.neighbour === neighbour &&
        run.torrent === torrent &&
        run.first === first &&
        run.count === count
      )
        this.#refuse(run, this.#core.limits.refusedMs);
  }

  release(neighbour: Neighbour): void {
    for (const run of this.#runs) if (run.neighbour === neighbour) this.#end(run);
    for (const key of this.#refused.keys())
      if (key.startsWith(`${neighbour.index}:`)) this.#refused.delete(key);
  }

  forget(torrent: Torrent): void {
    for (const run of this.#runs) if (run.torrent === torrent) this.#end(run);
  }

  tick(): void {
    const now = this.#core.now();
    for (const run of this.#runs) {
      if (now - run.at <= this.#core.limits.hashTimeoutMs) continue;
      // Or the silent ones would hand it to each other for ever, each free to be asked again while another was.
      this.#refuse(
        run,
        this.#core.limits.refusedMs * 2 ** Math.min(run.neighbour.silentRuns, MOST_SILENT - 1),
      );
      run.neighbour.silentRuns += 1;
    }
    for (const [key, until] of this.#refused) if (until <= now) this.#refused.delete(key);
  }

  #ask(neighbour: Neighbour, torrent: Torrent): boolean {
    const bits = torrent.holders.get(neighbour)?.bits;
    const size = this.#runSize(torrent);
    const start = (piece: number): number => piece - (piece % size);
    const fits = (candidate: number): boolean =>
      (bits?.has(candidate) ?? false) && !this.#refused.has(keyOf(neighbour, torrent, start(candidate)));
    const piece =
      (this.#alone ? following(torrent, neighbour, fits) : undefined) ??
      torrent.hashable.pick(fits, () => this.#core.random());
    if (piece === undefined) return false;
    const first = start(piece);
    const count = Math.min(size, torrent.geometry.pieceCount - first);
    this.#runs.add({ neighbour, torrent, first, count, at: this.#core.now() });
    neighbour.hashRuns += 1;
    torrent.lastHashRun.set(neighbour, first + count);
    torrent.setHashPending(first, count, true);
    this.#core.emit({
      type: 'send',
      peer: neighbour.peer,
      message: { type: 'hash-request', offer: torrent.offer, first, count },
    });
    return true;
  }

  get #alone(): boolean {
    return this.#core.neighbours.size === 1;
  }

  #runSize(torrent: Torrent): number {
    const { hashRunBytes, hashAloneBytes, hashRunMax, hashRunFirst } = this.#core.limits;
    const bytes = this.#alone ? hashAloneBytes : hashRunBytes;
    const bySize = 2 ** Math.floor(Math.log2(Math.max(1, bytes / torrent.geometry.pieceLength)));
    return Math.min(torrent.hashRun, hashRunMax, Math.max(hashRunFirst, bySize));
  }

  #refuse(run: HashRun, ms: number): void {
    this.#refused.set(keyOf(run.neighbour, run.torrent, run.first), this.#core.now() + ms);
    this.#end(run);
  }

  #end(run: HashRun): void {
    this.#runs.delete(run);
    run.neighbour.hashRuns -= 1;
    run.torrent.setHashPending(run.first, run.count, false);
    this.#core.wakeHungry();
  }
}

/** Whether a part of a run is among these hashes and not known yet. */
function lacksAny({ torrent, ...run }: HashRun, first: number, count: number): boolean {
  const from = Math.max(first, run.first);
  const end = Math.min(first + count, run.first + run.count);
  return !torrent.hashed.hasRange(from, end - from);
}

/** The piece behind the neighbour's last run: a sharer that hashes in order reads in order. */
function following(
  torrent: Torrent,
  neighbour: Neighbour,
  fits: (piece: number) => boolean,
): number | undefined {
  const next = torrent.lastHashRun.get(neighbour);
  if (next === undefined || !torrent.hashable.has(next) || !torrent.hashable.ties(next, next - 1))
    return undefined;
  return fits(next) ? next : undefined;
}

function keyOf(neighbour: Neighbour, torrent: Torrent, first: number): string {
  return `${neighbour.index}:${torrent.offer}:${first}`;
}
