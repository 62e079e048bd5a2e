import {
  HASH_BYTES,
  ProtocolError,
  decodeMessage,
  encodeMessage,
  locatePiece,
  signHashes,
} from '@shoal/protocol';
import type {
  Bitfield,
  Bytes,
  CryptoPort,
  OfferGeometry,
  OfferId,
  PeerId,
  RoomId,
  Signer,
} from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import type { KeptRun, PieceStore } from '@shoal/storage';
import { HashBook } from '@shoal/swarm';
import type { HashesMessage } from '@shoal/swarm';
import { RoomError } from './errors.ts';
import type { PieceRun } from './fresh-hashes.ts';
import type { Links } from './links.ts';

/** Bytes hashed under one signature. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** Pieces under one signature, so that a folder of tiny files still goes out in messages of a few KiB. */
const BATCH_PIECES = 256;
/** The first answer of all covers so many bytes, or one piece: who waits for it has nothing else to fetch meanwhile. */
const FIRST_BYTES = 256 * 1024;

/**
 * Milliseconds without demand from anybody before the background hasher goes on. While neighbours fetch, their questions drive the
 * hashing: what is hashed for them is served from the cache, and disk and CPU are read and spent once.
 */
const QUIET_MS = 1000;

export interface HashHandlers {
  /** Expected hashes of these pieces are now known and verified. */
  known(offer: OfferId, first: number, count: number, hashes: Bytes): void;
  /** An own offer was hashed to its end. */
  hashed(offer: OfferId, root: Bytes): void;
  /** These hashes are new to us: told, or made from own files. */
  grown(offer: OfferId, run: PieceRun): void;
  /** The author contradicted itself: nothing of this offer can be trusted. */
  condemned(offer: OfferId, code: string): void;
  /** Pieces of an own offer could not be hashed. */
  failed(offer: OfferId, error: unknown, first: number, count: number): void;
}

export interface HashDriverOptions {
  readonly room: RoomId;
  readonly signer: Signer;
  readonly crypto: CryptoPort;
  readonly links: Links;
  readonly store: Pick<PieceStore, 'hash'>;
  readonly clock: () => number;
  readonly handlers: HashHandlers;
}

interface Batch {
  readonly first: number;
  readonly count: number;
  done: Promise<void> | undefined;
}

interface Tracked {
  readonly book: HashBook;
  readonly geometry: OfferGeometry;
  /** Present for own offers only: the runs that are hashed and signed together. */
  batches: readonly Batch[] | undefined;
  /** Something of `batches` was hashed. */
  begun: boolean;
}

/** Runs the hash books: hashes and signs our own files, learns and passes on everybody's piece hashes. */
export class HashDriver {
  readonly #options: HashDriverOptions;
  readonly #offers = new Map<OfferId, Tracked>();
  #background: Promise<void> = Promise.resolve();
  #closed = false;
  #lastDemand = -Infinity;

  constructor(options: HashDriverOptions) {
    this.#options = options;
  }

  /**
   * Starts tracking an offer. `kept` are frames of earlier answers, which come back through the same door as a
   * neighbour's.
   */
  async add(offer: CatalogueOffer, kept: readonly Bytes[]): Promise<HashBook> {
    const book = new HashBook({
      crypto: this.#options.crypto,
      room: this.#options.room,
      offer: offer.id,
      geometry: offer.geometry,
      authorPublicKey: offer.authorPublicKey,
    });
    const tracked: Tracked = { book, geometry: offer.geometry, batches: undefined, begun: false };
    this.#offers.set(offer.id, tracked);
    if (offer.root !== undefined) this.seal(offer.id, offer.root);
    for (const frame of kept) await restore(book, frame);
    return book;
  }

  /**
   * The files of an own offer are at hand, or some of them: what was not hashed in an earlier life is hashed from here on, and signed.
   * @param have - pieces that can be read
   */
  own(offer: OfferId, have: Bitfield): void {
    const tracked = this.#offers.get(offer);
    if (tracked === undefined) return;
    const { known } = tracked.book;
    const batches = batchGrid(tracked.geometry, piece => have.has(piece) && !known.has(piece));
    tracked.batches = batches;
    tracked.begun = false;
    this.#background = this.#background.then(async () => await this.#hashAll(offer, tracked, batches));
  }

  /** What is known of these pieces' hashes, as frames that a stranger could check. */
  kept(offer: OfferId, { first, count }: PieceRun): readonly KeptRun[] {
    const messages = this.#offers.get(offer)?.book.answer(first, count) ?? [];
    return messages.map(message => ({ first: message.first, frame: encodeMessage(message) }));
  }

  remove(offer: OfferId): void {
    this.#offers.delete(offer);
  }

  book(offer: OfferId): HashBook | undefined {
    return this.#offers.get(offer)?.book;
  }

  seal(offer: OfferId, root: Bytes): void {
    const result = this.#offers.get(offer)?.book.seal(root);
    if (result !== undefined && !result.ok) this.#options.handlers.condemned(offer, result.code);
  }

  /** A neighbour's answer; a wrong one ends the link with the neighbour that passed it on. */
  async learn(peer: PeerId, message: HashesMessage): Promise<void> {
    const tracked = this.#offers.get(message.offer);
    if (tracked === undefined) return;
    const result = await tracked.book.learn(message);
    if (this.#closed || this.#offers.get(message.offer) !== tracked) return;
    if (result.ok) {
      if (result.fresh > 0) this.#options.handlers.grown(message.offer, result);
      const hashes = tracked.book.hashes(result.first, result.count);
      if (hashes !== undefined)
        this.#options.handlers.known(message.offer, result.first, result.count, hashes);
    } else if (result.blame === 'author') {
      this.#options.handlers.condemned(message.offer, result.code);
    } else if (result.blame === 'sender') {
      this.#options.links.drop(peer, result.code, 'sent piece hashes that do not trace back to the sharer');
    }
  }

  /** Answers a neighbour that asks for piece hashes; of own files, those asked for are hashed first. */
  async provide(peer: PeerId, offer: OfferId, first: number, count: number): Promise<void> {
    this.demanded();
    let whole = false;
    try {
      whole = await this.#tell(peer, offer, first, count);
    } finally {
      // What it did not get it asks of another, and need not wait for in vain.
      if (!whole) this.#options.links.send(peer, { type: 'hash-reject', offer, first, count });
    }
  }

  /** @returns whether all of them could be told */
  async #tell(peer: PeerId, offer: OfferId, first: number, count: number): Promise<boolean> {
    const tracked = this.#offers.get(offer);
    if (tracked === undefined) return false;
    const end = first + count;
    let whole = true;
    for (let at = first; at < end && !this.#closed;) {
      const stop = await this.#hashedFrom(offer, tracked, at, end);
      const messages = tracked.book.answer(at, stop - at);
      for (const message of messages) {
        this.#options.links.send(peer, message);
        whole &&= message.first <= at;
        at = Math.max(at, message.first + message.hashes.length / HASH_BYTES);
      }
      if (messages.length > 0) continue;
      whole = false;
      at = stop;
    }
    return whole;
  }

  /** A block was asked of us: as long as somebody fetches, the disk is theirs. */
  demanded(): void {
    this.#lastDemand = this.#options.clock();
  }

  close(): void {
    this.#closed = true;
    this.#offers.clear();
  }

  async #hashAll(offer: OfferId, tracked: Tracked, batches: readonly Batch[]): Promise<void> {
    let at: Batch | undefined;
    try {
      // A receiver may be there already: its first question comes within a moment, and goes first.
      this.demanded();
      for (const batch of batches) {
        at = batch;
        if (batch.done === undefined) await this.#quiet();
        if (this.#closed || this.#offers.get(offer) !== tracked || tracked.batches !== batches) return;
        await this.#hashBatch(offer, tracked, batch);
      }
      const root = tracked.book.computedRoot;
      if (root !== undefined && tracked.book.root === undefined && this.#offers.get(offer) === tracked)
        this.#options.handlers.hashed(offer, root);
    } catch (error) {
      this.#options.handlers.failed(offer, error, at?.first ?? 0, at?.count ?? tracked.geometry.pieceCount);
    }
  }

  /** Resolves once nobody has fetched for a while. */
  async #quiet(): Promise<void> {
    for (;;) {
      const wait = this.#lastDemand + QUIET_MS - this.#options.clock();
      if (wait <= 0 || this.#closed) return;
      await new Promise(resolve => {
        setTimeout(resolve, wait);
      });
    }
  }

  /**
   * Of an own offer, hashes the piece `at` if need be; says up to where an answer may go before something else must be hashed: to the
   * end where that failed.
   */
  async #hashedFrom(offer: OfferId, tracked: Tracked, at: number, end: number): Promise<number> {
    const { batches, book } = tracked;
    if (batches === undefined) return end;
    const batch = batchAt(batches, at);
    if (batch !== undefined && !book.known.has(at) && at < batch.first + batch.count) {
      const most = Math.max(1, Math.floor(FIRST_BYTES / tracked.geometry.pieceLength));
      const isFirst = !tracked.begun && batch.done === undefined;
      const stop = Math.min(end, batch.first + batch.count, at + most);
      const run = isFirst ? { first: at, count: stop - at } : batch;
      try {
        await (isFirst ? this.#hashRun(offer, tracked, run) : this.#hashBatch(offer, tracked, batch));
      } catch (error) {
        this.#options.handlers.failed(offer, error, run.first, run.count);
        return end;
      }
    }
    return Math.min(end, book.known.firstMissing(at + 1) ?? end);
  }

  /** Each batch is hashed once, whoever asks first: the background or a neighbour that waits. */
  #hashBatch(offer: OfferId, tracked: Tracked, batch: Batch): Promise<void> {
    batch.done ??= (async () => {
      const { known } = tracked.book;
      const end = batch.first + batch.count;
      // The first answer of all may have covered some of it.
      for (let at = batch.first; (at = known.firstMissing(at) ?? end) < end;)
        await this.#hashRun(offer, tracked, {
          first: at,
          count: Math.min(end, known.firstSet(at) ?? end) - at,
        });
    })().catch((error: unknown) => {
      // Not remembered: the file may be readable again.
      batch.done = undefined;
      throw error;
    });
    return batch.done;
  }

  async #hashRun(offer: OfferId, tracked: Tracked, { first, count }: PieceRun): Promise<void> {
    const { store, signer, room, handlers } = this.#options;
    const hashes = await store.hash(offer, first, count);
    const signature = await signHashes(signer, room, offer, first, hashes);
    const added = tracked.book.addOwn(first, hashes, signature);
    if (!added.ok) throw new RoomError('source-changed');
    tracked.begun = true;
    handlers.grown(offer, { first, count });
  }
}

/** A damaged or outdated frame is left out: its hashes are asked for again. */
async function restore(book: HashBook, frame: Bytes): Promise<void> {
  try {
    const message = decodeMessage(frame);
    if (message.type === 'hashes') await book.learn(message);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

/** Cuts those of an offer's pieces that are wanted into runs of at most BATCH_BYTES and BATCH_PIECES. */
export function batchGrid(geometry: OfferGeometry, wanted: (piece: number) => boolean = () => true): Batch[] {
  const grid: Batch[] = [];
  let first = 0;
  let bytes = 0;
  const close = (end: number): void => {
    if (end > first) grid.push({ first, count: end - first, done: undefined });
  };
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    if (!wanted(piece)) {
      close(piece);
      first = piece + 1;
      bytes = 0;
      continue;
    }
    const { length } = locatePiece(geometry, piece);
    if (piece > first && (bytes + length > BATCH_BYTES || piece - first === BATCH_PIECES)) {
      close(piece);
      first = piece;
      bytes = 0;
    }
    bytes += length;
  }
  close(geometry.pieceCount);
  return grid;
}

function batchAt(grid: readonly Batch[], piece: number): Batch | undefined {
  let low = 0;
  let high = grid.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((grid[middle]?.first ?? Infinity) <= piece) low = middle;
    else high = middle - 1;
  }
  return grid[low];
}
