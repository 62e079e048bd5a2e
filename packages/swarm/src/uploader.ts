import { MAX_BLOCK_BYTES } from '@shoal/protocol';
import type { OfferId } from '@shoal/protocol';
import type { SwarmCore } from './core.ts';
import type { DropCode } from './events.ts';
import { FirstCopy } from './first-copy.ts';
import type { Neighbour, UploadJob } from './neighbour.ts';
import { UNIT_BYTES } from './piece-progress.ts';
import type { Torrent } from './torrent.ts';

type WantedBlock = readonly [id: number, piece: number, begin: number, length: number];

/** The serving side: every request is answered exactly once, by its block or by a reject. */
export class Uploader {
  readonly #core: SwarmCore;
  readonly #firstCopy: FirstCopy;
  /** Neighbours with queued requests and room, in the order of their turns. */
  readonly #turns = new Set<Neighbour>();
  #readingBytes = 0;

  constructor(core: SwarmCore) {
    this.#core = core;
    this.#firstCopy = new FirstCopy(core);
  }

  request(neighbour: Neighbour, offer: OfferId, blocks: readonly WantedBlock[]): void {
    const torrent = this.#core.torrents.get(offer);
    const refused: number[] = [];
    for (const [id, piece, begin, length] of blocks) {
      const fault = faultOf(
        neighbour,
        torrent,
        [id, piece, begin, length],
        this.#core.limits.maxQueuedRequests,
      );
      if (fault !== undefined)
        return this.#core.drop(neighbour, fault, `Request ${id} for piece ${piece} (${begin}+${length}).`);
      if (neighbour.choking || torrent === undefined || !torrent.have.has(piece)) refused.push(id);
      else if (this.#firstCopy.refuses(torrent, piece, neighbour)) refused.push(id);
      else neighbour.uploads.set(id, { id, offer, piece, begin, length });
    }
    this.#reject(neighbour, refused);
    this.#queue(neighbour);
  }

  /** A queued request is refused, one being read is answered. */
  cancel(neighbour: Neighbour, ids: readonly number[]): void {
    this.#withdraw(
      neighbour,
      ids.flatMap(id => neighbour.uploads.get(id) ?? []),
    );
  }

  /** Refuses what is queued: we choke the neighbour, or the offer is gone. */
  refuse(neighbour: Neighbour, offer?: OfferId): void {
    this.#withdraw(
      neighbour,
      [...neighbour.uploads.values()].filter(job => offer === undefined || job.offer === offer),
    );
  }

  sent(neighbour: Neighbour, id: number, room: number | undefined): void {
    const job = this.#finish(neighbour, id);
    if (job === undefined) return;
    const now = this.#core.now();
    neighbour.servedAt = now;
    neighbour.up.add(job.length, now);
    neighbour.upBytes += job.length;
    neighbour.room = room ?? Math.max(0, neighbour.room - job.length);
    this.#queue(neighbour);
  }

  failed(neighbour: Neighbour, id: number): void {
    if (this.#finish(neighbour, id) !== undefined) this.#reject(neighbour, [id]);
    this.#queue(neighbour);
  }

  room(neighbour: Neighbour, bytes: number): void {
    neighbour.room = bytes;
    this.#queue(neighbour);
  }

  release(neighbour: Neighbour): void {
    for (const torrent of this.#core.torrents.values()) this.#firstCopy.release(torrent, neighbour);
    this.#turns.delete(neighbour);
    this.#readingBytes -= neighbour.readingBytes;
    neighbour.readingBytes = 0;
  }

  /**
   * Starts reads, one block per neighbour and turn, as far as links and memory take them.
   * The place where a seed may choose what to send first; the order inside a neighbour's queue is its own.
   */
  serve(): void {
    const { up } = this.#core.caps;
    for (const neighbour of this.#turns) {
      if (this.#readingBytes >= this.#core.limits.maxReadBytes) return;
      const wait = up.waitMs(this.#core.now());
      if (wait > 0) return this.#core.wait(wait);
      this.#turns.delete(neighbour);
      const job = neighbour.uploads.values().next().value;
      if (job === undefined || !fits(neighbour, job)) continue;
      neighbour.uploads.delete(job.id);
      neighbour.reading.set(job.id, job);
      neighbour.readingBytes += job.length;
      this.#readingBytes += job.length;
      up.take(job.length);
      const { id, offer, piece, begin, length } = job;
      this.#core.emit({ type: 'read', peer: neighbour.peer, request: id, offer, piece, begin, length });
      // A set visits what is added during the walk: this is the round robin.
      this.#turns.add(neighbour);
    }
  }

  #withdraw(neighbour: Neighbour, jobs: readonly UploadJob[]): void {
    for (const { id, offer, piece } of jobs) {
      neighbour.uploads.delete(id);
      const torrent = this.#core.torrents.get(offer);
      if (torrent !== undefined) this.#firstCopy.revoke(torrent, piece, neighbour);
    }
    this.#reject(
      neighbour,
      jobs.map(job => job.id),
    );
  }

  #queue(neighbour: Neighbour): void {
    if (neighbour.uploads.size > 0) this.#turns.add(neighbour);
  }

  #finish(neighbour: Neighbour, id: number): UploadJob | undefined {
    const job = neighbour.reading.get(id);
    if (job === undefined) return undefined;
    neighbour.reading.delete(id);
    neighbour.readingBytes -= job.length;
    this.#readingBytes -= job.length;
    return job;
  }

  #reject(neighbour: Neighbour, ids: readonly number[]): void {
    if (ids.length > 0)
      this.#core.emit({ type: 'send', peer: neighbour.peer, message: { type: 'reject', ids: [...ids] } });
  }
}

/** Reads in progress have their room already. */
function fits(neighbour: Neighbour, job: UploadJob): boolean {
  return neighbour.room - neighbour.readingBytes >= job.length;
}

function faultOf(
  neighbour: Neighbour,
  torrent: Torrent | undefined,
  [id, piece, begin, length]: WantedBlock,
  most: number,
): DropCode | undefined {
  if (neighbour.uploads.has(id) || neighbour.reading.has(id)) return 'duplicate-request';
  if (neighbour.uploads.size + neighbour.reading.size >= most) return 'too-many-requests';
  if (length <= 0 || length > MAX_BLOCK_BYTES || begin < 0 || begin % UNIT_BYTES !== 0) return 'bad-request';
  // An offer withdrawn or not yet known is no fault: the log entry may be under way.
  if (torrent === undefined) return undefined;
  if (!Number.isInteger(piece) || piece < 0 || piece >= torrent.geometry.pieceCount) return 'bad-request';
  const end = begin + length;
  const pieceLength = torrent.pieceLength(piece);
  return end > pieceLength || (end < pieceLength && length % UNIT_BYTES !== 0) ? 'bad-request' : undefined;
}
