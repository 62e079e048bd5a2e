import type { OfferId } from '@shoal/protocol';
import type { SwarmCore } from './core.ts';
import { endgamePick } from './endgame.ts';
import type { Neighbour } from './neighbour.ts';
import { pickWork } from './picker.ts';
import { UNIT_BYTES } from './piece-progress.ts';
import type { BlockRequest, PieceProgress } from './piece-progress.ts';
import type { Torrent } from './torrent.ts';

/**
 * How requests are cut: `batch`: part of the window that is free before more is asked for; `blocks`: fewest in a window; `ms`: a block on the line; `enough`: so many
 * blocks in a window at any rate.
 */
interface Cut {
  readonly batch: number;
  readonly blocks: number;
  readonly ms: number;
  readonly enough: number;
}
/** Small enough that one block's own time on the line stays below a tenth of the round trip. */
const ENOUGH = 12;
/** One block a batch, as long as it is on the line for so many ms at most: on a fast path each message costs CPU. */
const ANY_PATH: Cut = { batch: 1 / 8, blocks: 8, ms: 8, enough: ENOUGH };
/** Where the CPU is the bound, it is spent on messages, and on waking up for them: what comes in lumps costs an eighth less (loopback, Chromium 156). */
const SHORT_PATH: Cut = { batch: 1 / 2, blocks: 2, ms: 20, enough: ENOUGH };
/** Lanes come with the first blocks there, and each one needs a block to send and one that waits, or SCTP's window does not grow. */
const FAR_PATH: Cut = { batch: 1 / 8, blocks: 2 * ENOUGH, ms: 8, enough: 2 * ENOUGH };
/** So many connections may share a window that is cut like that: more of them need more blocks. */
const CUT_CONNECTIONS = 8;
/** The smallest without lanes: the last packet of a message is half empty, which costs 0.006 of a line with blocks of 16 KiB and 0.012 with 4. */
const SMALL_BLOCK = 16 * 1024;
/**
 * The windows of all neighbours together need not be smaller, bytes: a lone block takes SCTP several round trips once loss has cut its own window, which a
 * window of one block takes for a queue for ever. With three of them the sender always has one waiting, and opens lanes ([LN2]).
 */
const LEAST_WINDOWS = 3 * SMALL_BLOCK;
/** Of what may be begun, the part that is kept for pieces not wanted any more, should they be wanted again. */
const UNWANTED_PART = 1 / 4;
/** Patience with a silent neighbour ends here however long its round trips are, ms: it makes them. */
const PATIENCE_MOST_MS = 60_000;
/** A request is lost by itself, while others flow, after this many timeouts. */
const LOST_FACTOR = 3;

type Batch = [id: number, piece: number, begin: number, length: number][];

/** The receiving side: keeps each neighbour's window filled and accounts for every block that comes. */
export class Downloader {
  readonly #core: SwarmCore;

  constructor(core: SwarmCore) {
    this.#core = core;
  }

  /** Asks for as much as the window takes. */
  fill(neighbour: Neighbour): void {
    if (neighbour.choked) return;
    const { idleMs, maxRequests } = this.#core.limits;
    if (neighbour.outstanding === 0 && this.#core.now() - neighbour.lastBlockAt > idleMs)
      neighbour.window.reset();
    const others = this.#othersAsked(neighbour);
    neighbour.window.alone = others === 0;
    neighbour.window.floor = LEAST_WINDOWS / (1 + others);
    const window = neighbour.snubbed ? SMALL_BLOCK : neighbour.window.bytes;
    let room = window - neighbour.outstanding;
    if (neighbour.outstanding > 0 && room < batchOf(neighbour, window)) return neighbour.window.full();
    const least = leastBlock(neighbour);
    this.#chooseBlockSize(neighbour, window, least);
    const batches = new Map<Torrent, Batch>();
    neighbour.hungry = undefined;
    for (;;) {
      if (room < least && neighbour.outstanding > 0) {
        neighbour.window.full();
        break;
      }
      // Held back by the number of requests, a larger window would be of no use.
      if (neighbour.requests.size >= maxRequests) break;
      const wait = this.#core.caps.down.waitMs(this.#core.now());
      if (wait > 0) {
        neighbour.hungry = 'for leave';
        this.#core.wait(wait);
        break;
      }
      const request = this.#next(neighbour, Math.min(neighbour.blockBytes, Math.max(room, least)));
      if (request === undefined) {
        neighbour.hungry = 'for pieces';
        break;
      }
      room -= request.length;
      if (!neighbour.snubbed) this.#core.caps.down.take(request.length);
      const batch = batches.get(request.torrent) ?? [];
      batch.push([request.id, request.progress.piece, request.begin, request.length]);
      batches.set(request.torrent, batch);
    }
    for (const [torrent, blocks] of batches)
      this.#core.emit({
        type: 'send',
        peer: neighbour.peer,
        message: { type: 'request', offer: torrent.offer, blocks },
      });
  }

  /** A block frame came in: exactly one of `write`, `ignore`, `drop`. */
  block(neighbour: Neighbour, id: number, length: number): void {
    const core = this.#core;
    const live = neighbour.requests.get(id);
    const request = live ?? neighbour.late.get(id);
    if (request === undefined) {
      if (id < neighbour.forgottenBelow) return core.emit({ type: 'ignore' });
      return core.drop(neighbour, 'unsolicited-block', `A block came for request ${id}, which is not open.`);
    }
    if (length !== request.length)
      return core.drop(neighbour, 'bad-block-length', `Asked for ${request.length} bytes, got ${length}.`);
    const now = core.now();
    if (neighbour.snubbed) core.caps.down.take(neighbour.outstanding);
    if (live === undefined) {
      neighbour.late.delete(id);
      core.caps.down.take(length);
    } else {
      neighbour.window.sample(request.sentAt, now, length);
      this.#settle(request);
    }
    neighbour.lastBlockAt = now;
    neighbour.snubbed = false;
    // It gives what it had refused: the reason why it refused the others may be past too.
    if (neighbour.probed) neighbour.refused.clear();
    neighbour.probed = false;
    neighbour.down.add(length, now);
    neighbour.downLong.add(length, now);
    neighbour.downBytes += length;
    if (this.#welcome(request)) this.#accept(request, now);
    else core.emit({ type: 'ignore' });
    core.wake(neighbour);
  }

  /** The neighbour will not answer these. */
  rejected(neighbour: Neighbour, ids: readonly number[]): void {
    const until = this.#core.now() + this.#core.limits.refusedMs;
    const requests = ids.flatMap(id => neighbour.requests.get(id) ?? []);
    neighbour.probed = false;
    for (const id of ids) neighbour.late.delete(id);
    for (const request of requests) this.#settle(request);
    for (const request of requests) {
      this.#giveBack(request);
      this.#disown(request.torrent, request.progress, neighbour);
      request.torrent.abandon(request.progress);
      // A choke refuses us, not the piece.
      if (neighbour.choked) continue;
      const { offer } = request.torrent;
      const refused = neighbour.refused.get(offer) ?? new Map<number, number>();
      neighbour.refused.set(offer, refused.set(request.progress.piece, until));
    }
    this.#core.wakeHungry();
    this.#core.wake(neighbour);
  }

  /** The neighbour is gone: what it was asked for is free. */
  release(neighbour: Neighbour): void {
    for (const request of neighbour.requests.values()) this.#giveUp(request);
    this.disown(neighbour);
  }

  /** The neighbour will not go on with what it began: others may. */
  disown(neighbour: Neighbour): void {
    for (const torrent of this.#core.torrents.values())
      for (const progress of torrent.progress.values()) this.#disown(torrent, progress, neighbour);
    this.#core.wakeHungry();
  }

  /** The neighbour has said anew what it has: what it began and has no longer is for others to finish. */
  retracted(neighbour: Neighbour, offer: OfferId): void {
    const torrent = this.#core.torrents.get(offer);
    const bits = torrent?.holders.get(neighbour)?.bits;
    if (torrent === undefined || bits === undefined) return;
    for (const progress of torrent.progress.values())
      if (!bits.has(progress.piece)) this.#disown(torrent, progress, neighbour);
    this.#core.wakeHungry();
  }

  /** A begun piece starts over: the store forgets with us what has come of it, or the next blocks would be laid over the old ones. */
  restart(torrent: Torrent, progress: PieceProgress, exclusive: boolean): void {
    this.cancelPiece(torrent, progress.piece);
    torrent.failed(progress.piece, exclusive);
    this.discard(torrent, progress);
  }

  /** Begun pieces that are not wanted any more must not use up the bound of what may be begun: other downloads would never begin anything. */
  endUnwanted(): void {
    let room = UNWANTED_PART * this.#core.limits.maxProgressBytes;
    for (const torrent of this.#core.torrents.values())
      for (const progress of torrent.progress.values()) {
        // What is being judged ends by itself.
        if (torrent.wants(progress.piece) || progress.received) continue;
        if (progress.untouched) torrent.abandon(progress);
        else if (progress.length <= room) room -= progress.length;
        else this.restart(torrent, progress, false);
      }
    this.#core.wakeHungry();
  }

  /** To be called when a piece is begun no longer, and not because it was judged. */
  discard({ offer }: Torrent, { started, piece }: PieceProgress): void {
    if (started) this.#core.emit({ type: 'discard', offer, piece });
  }

  /** Takes back all requests that fit, with a `cancel` to each neighbour concerned. */
  cancel(fits: (request: BlockRequest) => boolean): void {
    for (const neighbour of this.#core.neighbours.values())
      this.#cancelAt(
        neighbour,
        [...neighbour.requests.values()].filter(request => fits(request)),
      );
  }

  /** A piece has come another way (the file was found on disk): what is outstanding of it is of no use. */
  cancelPiece(torrent: Torrent, piece: number): void {
    for (const request of torrent.progress.get(piece)?.requests ?? [])
      this.#cancelAt(request.neighbour, [request]);
  }

  /** Timeouts and snubbing. */
  tick(neighbour: Neighbour): void {
    const now = this.#core.now();
    this.#forgive(neighbour, now);
    const patience = Math.max(
      this.#core.limits.requestTimeoutMs,
      Math.min(PATIENCE_MOST_MS, 8 * neighbour.window.rtt),
    );
    const oldest = neighbour.requests.values().next().value;
    if (oldest === undefined) return;
    const silent = now - Math.max(oldest.sentAt, neighbour.lastBlockAt) > patience;
    const limit = silent ? patience : LOST_FACTOR * patience;
    const expired = [...neighbour.requests.values()].filter(
      request => silent || now - request.sentAt > limit,
    );
    for (const request of expired) this.#giveUp(request);
    if (silent) {
      neighbour.snubbed = true;
      neighbour.window.reset();
    }
    for (const { torrent, progress } of expired) this.#disown(torrent, progress, neighbour);
    if (expired.length === 0) return;
    this.#core.wakeHungry();
    // Asked for one block from now on, so that it can show that it lives.
    this.#core.wake(neighbour);
  }

  /**
   * Others may go on with a piece that the neighbour began. One that a single neighbour should give starts over instead: who gives half of it and
   * stops would otherwise always have company when its hash is wrong, and never be convicted.
   */
  #disown(torrent: Torrent, progress: PieceProgress, neighbour: Neighbour): void {
    if (progress.owner !== neighbour) return;
    progress.owner = undefined;
    if (progress.exclusive && progress.started && !progress.received) this.restart(torrent, progress, true);
  }

  /** What was refused long ago may be asked for again; where there is nothing else to ask for, so may one piece with each tick. */
  #forgive(neighbour: Neighbour, now: number): void {
    const idle = !neighbour.choked && neighbour.hungry === 'for pieces' && neighbour.outstanding === 0;
    let probe = idle && neighbour.refused.size > 0;
    neighbour.probed ||= probe;
    for (const [offer, refused] of neighbour.refused) {
      for (const [piece, until] of refused) {
        if (until > now && !probe) continue;
        refused.delete(piece);
        probe = false;
      }
      if (refused.size === 0) neighbour.refused.delete(offer);
    }
  }

  #othersAsked(neighbour: Neighbour): number {
    let count = 0;
    for (const other of this.#core.neighbours.values())
      if (other !== neighbour && other.outstanding > 0) count += 1;
    return count;
  }

  #chooseBlockSize(neighbour: Neighbour, window: number, least: number): void {
    const { maxBlockBytes } = this.#core.limits;
    const { blocks, ms, enough } = cutOf(neighbour);
    const wish = Math.max(
      window / enough,
      Math.min(window / blocks, (neighbour.down.read(this.#core.now()) * ms) / 1000),
    );
    // Halved only well below the doubling point, so that a window that breathes does not flap.
    if (wish >= neighbour.blockBytes * 2)
      neighbour.blockBytes = Math.min(maxBlockBytes, neighbour.blockBytes * 2);
    else if (wish < neighbour.blockBytes * 0.75) neighbour.blockBytes /= 2;
    neighbour.blockBytes = Math.max(least, neighbour.blockBytes);
  }

  #next(neighbour: Neighbour, maxBytes: number): BlockRequest | undefined {
    const work = pickWork(this.#core, neighbour, maxBytes) ?? endgamePick(this.#core, neighbour);
    if (work === undefined) return undefined;
    const request: BlockRequest = {
      id: neighbour.nextRequest,
      neighbour,
      torrent: work.torrent,
      progress: work.progress,
      begin: work.range.begin,
      length: work.range.length,
      sentAt: this.#core.now(),
    };
    neighbour.nextRequest += 1;
    neighbour.requests.set(request.id, request);
    neighbour.outstanding += request.length;
    work.progress.ask(request);
    work.torrent.refresh(work.progress);
    return request;
  }

  #settle(request: BlockRequest): void {
    const { neighbour, progress, torrent } = request;
    if (!neighbour.requests.delete(request.id)) return;
    neighbour.outstanding -= request.length;
    progress.settle(request);
    torrent.refresh(progress);
  }

  /** Its block is not waited for; it may come all the same. */
  #giveUp(request: BlockRequest): void {
    this.#settle(request);
    this.#giveBack(request);
    request.neighbour.expect(request);
  }

  /**
   * What may never come must not use the cap up while others would give. Should it come, it is counted then; so is what a silent neighbour is
   * asked for: too late to give it back when it has been waited for.
   */
  #giveBack({ neighbour, length }: BlockRequest): void {
    if (!neighbour.snubbed) this.#core.caps.down.giveBack(length);
  }

  #welcome({ torrent, progress, neighbour, begin, length }: BlockRequest): boolean {
    if (this.#core.torrents.get(torrent.offer) !== torrent || !torrent.wants(progress.piece)) return false;
    if (torrent.progress.get(progress.piece) !== progress) return false;
    if (progress.exclusive && progress.owner !== neighbour) return false;
    return progress.lacks({ begin, length });
  }

  #accept(request: BlockRequest, now: number): void {
    const { torrent, progress, neighbour, begin, length } = request;
    progress.receive(request, neighbour.index);
    torrent.refresh(progress);
    torrent.down.add(length, now);
    this.#core.emit({
      type: 'write',
      offer: torrent.offer,
      piece: progress.piece,
      begin,
      length,
      peer: neighbour.peer,
    });
    for (const rival of [...progress.requests].filter(other => overlap(other, request)))
      this.#cancelAt(rival.neighbour, [rival]);
  }

  #cancelAt(neighbour: Neighbour, requests: readonly BlockRequest[]): void {
    if (requests.length === 0) return;
    for (const request of requests) this.#giveUp(request);
    this.#core.wake(neighbour);
    this.#core.emit({
      type: 'send',
      peer: neighbour.peer,
      message: { type: 'cancel', ids: requests.map(request => request.id) },
    });
  }
}

/**
 * Lanes are there because packets are lost: at random, or because the queue is shorter than a block, which then overflows it alone. The smaller the blocks that share a window,
 * the more lanes have one, and the fewer packets come at once. Not in slow start, where it is the number of blocks that grows.
 */
function leastBlock({ window }: Neighbour): number {
  return window.connections > 1 && !window.inSlowStart ? UNIT_BYTES : SMALL_BLOCK;
}

function cutOf({ window }: Neighbour): Cut {
  const cut = window.short ? SHORT_PATH : window.far ? FAR_PATH : ANY_PATH;
  const more = window.connections / CUT_CONNECTIONS;
  return more <= 1 ? cut : { ...cut, blocks: cut.blocks * more, enough: cut.enough * more };
}

/** Bytes that must be free before more is asked for. On a long path a block is enough: what is asked for together comes as a burst, which overflows queues. */
function batchOf(neighbour: Neighbour, window: number): number {
  const batch = window * cutOf(neighbour).batch;
  return neighbour.window.long ? Math.min(batch, neighbour.blockBytes) : batch;
}

function overlap(a: BlockRequest, b: BlockRequest): boolean {
  return a.begin < b.begin + b.length && b.begin < a.begin + a.length;
}
