import { Bitfield, locatePiece } from '@shoal/protocol';
import type { OfferGeometry, OfferId } from '@shoal/protocol';
import type { PieceWindow } from './events.ts';
import type { Holdings, Neighbour } from './neighbour.ts';
import { PieceBuckets } from './piece-buckets.ts';
import { PieceProgress } from './piece-progress.ts';
import { RateMeter } from './rate.ts';

/** An extent is at most this long: what a sharer reads in one go. */
const EXTENT_BYTES = 8 * 1024 * 1024;
/** At least so many extents, so that many receivers find different ones. */
const EXTENTS = 64;

/**
 * One offer's pieces: verified, wanted, hashed, begun, and who has them. Every piece that is wanted and lacking is in `startable` (its hash
 * is known), `hashable` (it is not) or `progress` (begun), in one of them alone; in none while its hash is being asked for. In `progress` there
 * are also pieces that are not wanted any more.
 */
export class Torrent {
  readonly offer: OfferId;
  readonly geometry: OfferGeometry;
  readonly have: Bitfield;
  readonly hashed: Bitfield;
  /** We had all of it from the beginning: we share it, and nobody gave it to us. */
  readonly origin: boolean;
  readonly availability: Uint16Array;
  readonly startable: PieceBuckets;
  readonly hashable: PieceBuckets;
  readonly progress = new Map<number, PieceProgress>();
  /** Begun pieces with units that nobody was asked for. */
  readonly open = new Set<PieceProgress>();
  readonly holders = new Map<Neighbour, Holdings>();
  /** The piece that each neighbour began last. */
  readonly lastBegun = new Map<Neighbour, number>();
  /** The piece behind the run of hashes that each neighbour was asked for last. */
  readonly lastHashRun = new Map<Neighbour, number>();
  /** Verified and not yet announced. */
  freshHaves: number[] = [];
  readonly fileVerified: Float64Array;
  readonly down: RateMeter;
  verifiedBytes = 0;
  wantedBytes = 0;
  /** Of the wanted files, bytes verified. */
  wantedVerifiedBytes = 0;
  /** Begun and not verified, bytes. */
  progressBytes = 0;
  hashRun: number;
  /** Priority class plus one; 0 = not wanted. Like the two below it, empty until something is wanted: a member may offer any number of pieces. */
  #rank = new Uint16Array(0);
  #lacking = new Uint8Array(0);
  /** How many runs of hashes being asked for a piece is in: they may overlap. */
  #hashPending = new Uint8Array(0);
  /** Files that are wanted, whatever their windows. */
  #wantedFiles: ReadonlySet<number> = new Set();
  readonly #exclusive = new Set<number>();
  readonly #extentPieces: number;

  constructor(
    offer: OfferId,
    geometry: OfferGeometry,
    known: { readonly have: Bitfield; readonly hashed: Bitfield },
    hashRun: number,
    now: number,
  ) {
    const pieces = geometry.pieceCount;
    this.offer = offer;
    this.geometry = geometry;
    this.have = known.have.clone();
    this.hashed = known.hashed.clone();
    this.origin = known.have.complete;
    this.availability = new Uint16Array(pieces);
    this.startable = new PieceBuckets(this.availability);
    this.hashable = new PieceBuckets(this.availability);
    this.fileVerified = new Float64Array(geometry.files.length);
    this.down = new RateMeter(3_000, now);
    this.hashRun = hashRun;
    const wish = Math.max(1, Math.min(EXTENT_BYTES / geometry.pieceLength, pieces / EXTENTS));
    // A power of two, as a sharer's reads and the runs of hashes are: so none of them straddles two of another.
    this.#extentPieces = 2 ** Math.floor(Math.log2(wish));
    for (let piece = 0; piece < pieces; piece += 1) if (this.have.has(piece)) this.#count(piece);
  }

  /** Every wanted piece is verified. */
  get satisfied(): boolean {
    return this.wantedVerifiedBytes >= this.wantedBytes;
  }

  pieceLength(piece: number): number {
    return locatePiece(this.geometry, piece).length;
  }

  /** Number of the extent that a piece lies in: a run of pieces that one neighbour is asked for in order. */
  extentOf(piece: number): number {
    return Math.floor(piece / this.#extentPieces);
  }

  wants(piece: number): boolean {
    return (this.#rank[piece] ?? 0) > 0;
  }

  /** File index to priority; classes are the distinct priorities, highest first. Pieces outside of a file's window wait. */
  setWanted(files: ReadonlyMap<number, number>, windows?: ReadonlyMap<number, PieceWindow>): void {
    const priorities = [...new Set(files.values())].sort((a, b) => b - a);
    const rankOf = new Map(priorities.map((priority, at) => [priority, at + 1]));
    this.wantedBytes = this.wantedVerifiedBytes = 0;
    this.#wantedFiles = new Set(files.keys());
    if (this.#rank.length === 0) {
      if (files.size === 0) return;
      const { pieceCount } = this.geometry;
      this.#rank = new Uint16Array(pieceCount);
      this.#lacking = new Uint8Array(pieceCount);
      this.#hashPending = new Uint8Array(pieceCount);
    }
    for (const [index, file] of this.geometry.files.entries()) {
      const priority = files.get(index);
      const rank = priority === undefined ? 0 : (rankOf.get(priority) ?? 0);
      if (rank > 0) {
        this.wantedBytes += file.size;
        this.wantedVerifiedBytes += this.fileVerified[index] ?? 0;
      }
      const { first = 0, end = Infinity } = windows?.get(index) ?? {};
      for (let piece = file.firstPiece; piece < file.firstPiece + file.pieceCount; piece += 1) {
        const ranked = piece >= first && piece < end ? rank : 0;
        if (this.#rank[piece] === ranked) continue;
        this.#rank[piece] = ranked;
        this.#leaveBuckets(piece);
        this.place(piece);
      }
    }
  }

  /** What a neighbour has, in full. Said again, it costs what differs: who says it a thousand times must not hold us up. */
  join(neighbour: Neighbour, bits: Bitfield): Holdings {
    const known = this.holders.get(neighbour);
    if (known !== undefined) {
      this.#replace(known, bits);
      return known;
    }
    const holdings: Holdings = { bits, startable: 0, hashable: 0, useful: 0 };
    this.holders.set(neighbour, holdings);
    for (const piece of bits.indices()) this.#gained(holdings, piece);
    return holdings;
  }

  /** A holder has one more piece; false when it had it already. */
  gain(holdings: Holdings, piece: number): boolean {
    if (!holdings.bits.set(piece)) return false;
    this.#gained(holdings, piece);
    return true;
  }

  leave(neighbour: Neighbour): void {
    const holdings = this.holders.get(neighbour);
    if (holdings === undefined) return;
    this.holders.delete(neighbour);
    this.lastBegun.delete(neighbour);
    this.lastHashRun.delete(neighbour);
    for (const piece of holdings.bits.indices()) this.#setAvailability(piece, -1);
  }

  learnHashes(first: number, count: number): void {
    for (let piece = first; piece < Math.min(first + count, this.geometry.pieceCount); piece += 1) {
      this.hashed.set(piece);
      this.place(piece);
    }
  }

  /** The hashes of a run are being asked for, or no longer are: to be called once for each. */
  setHashPending(first: number, count: number, pending: boolean): void {
    for (let piece = first; piece < Math.min(first + count, this.geometry.pieceCount); piece += 1) {
      this.#hashPending[piece] = (this.#hashPending[piece] ?? 0) + (pending ? 1 : -1);
      this.place(piece);
    }
  }

  /** One neighbour alone should give it. */
  isExclusive(piece: number): boolean {
    return this.#exclusive.has(piece);
  }

  begin(piece: number, owner: Neighbour): PieceProgress {
    const progress = new PieceProgress(piece, this.pieceLength(piece));
    progress.owner = owner;
    progress.exclusive = owner.alone || this.#exclusive.has(piece);
    this.progress.set(piece, progress);
    this.lastBegun.set(owner, piece);
    this.progressBytes += progress.length;
    this.place(piece);
    this.refresh(progress);
    return progress;
  }

  /** A begun piece of which nothing has come or is under way is as good as new: it counts as rare or common again. */
  abandon(progress: PieceProgress): void {
    if (!progress.untouched || this.progress.get(progress.piece) !== progress) return;
    this.#end(progress.piece);
    this.place(progress.piece);
  }

  /** To be called after every change of a piece's units. */
  refresh(progress: PieceProgress): void {
    const open =
      progress.free > 0 && this.wants(progress.piece) && this.progress.get(progress.piece) === progress;
    if (open) this.open.add(progress);
    else this.open.delete(progress);
  }

  verified(piece: number): void {
    this.#end(piece);
    this.#exclusive.delete(piece);
    if (!this.have.set(piece)) return;
    this.#count(piece);
    this.freshHaves.push(piece);
    this.place(piece);
  }

  /** A piece, verified or begun, is damaged or gone in the store through no fault of a giver. */
  lost(piece: number): void {
    this.#end(piece);
    if (this.have.clear(piece)) this.#count(piece, -1);
    this.place(piece);
  }

  /** Starts over; from one giver alone when it was a common work. */
  failed(piece: number, exclusive: boolean): void {
    this.#end(piece);
    if (exclusive) this.#exclusive.add(piece);
    this.place(piece);
  }

  /** Puts a piece where its state belongs; idempotent. */
  place(piece: number): void {
    const lacking = this.wants(piece) && !this.have.has(piece);
    if ((this.#lacking[piece] === 1) !== lacking) {
      this.#lacking[piece] = lacking ? 1 : 0;
      this.#tell(piece, 'useful', lacking ? 1 : -1);
    }
    const begun = this.progress.get(piece);
    if (begun !== undefined) this.refresh(begun);
    const idle = lacking && begun === undefined;
    const hashed = this.hashed.has(piece);
    this.#enter(this.startable, 'startable', piece, idle && hashed);
    this.#enter(this.hashable, 'hashable', piece, idle && !hashed && this.#hashPending[piece] === 0);
  }

  #enter(set: PieceBuckets, count: 'startable' | 'hashable', piece: number, inside: boolean): void {
    if (inside ? set.add(piece, (this.#rank[piece] ?? 1) - 1) : set.delete(piece))
      this.#tell(piece, count, inside ? 1 : -1);
  }

  #leaveBuckets(piece: number): void {
    this.#enter(this.startable, 'startable', piece, false);
    this.#enter(this.hashable, 'hashable', piece, false);
  }

  #tell(piece: number, count: 'startable' | 'hashable' | 'useful', change: number): void {
    for (const holdings of this.holders.values()) if (holdings.bits.has(piece)) holdings[count] += change;
  }

  #gained(holdings: Holdings, piece: number): void {
    this.#setAvailability(piece, 1);
    if (this.#lacking[piece] === 1) holdings.useful += 1;
    if (this.startable.has(piece)) holdings.startable += 1;
    if (this.hashable.has(piece)) holdings.hashable += 1;
  }

  #lost(holdings: Holdings, piece: number): void {
    if (!holdings.bits.clear(piece)) return;
    this.#setAvailability(piece, -1);
    if (this.#lacking[piece] === 1) holdings.useful -= 1;
    if (this.startable.has(piece)) holdings.startable -= 1;
    if (this.hashable.has(piece)) holdings.hashable -= 1;
  }

  #replace(holdings: Holdings, bits: Bitfield): void {
    const before = holdings.bits.toBytes();
    const after = bits.toBytes();
    for (let at = 0; at < after.length; at += 1) {
      if (before[at] === after[at]) continue;
      for (let piece = at * 8; piece < Math.min(at * 8 + 8, bits.length); piece += 1)
        if (bits.has(piece)) this.gain(holdings, piece);
        else this.#lost(holdings, piece);
    }
  }

  #setAvailability(piece: number, change: number): void {
    const before = this.availability[piece] ?? 0;
    this.availability[piece] = before + change;
    this.startable.moved(piece, before);
    this.hashable.moved(piece, before);
  }

  #count(piece: number, sign = 1): void {
    const located = locatePiece(this.geometry, piece);
    const file = located.file;
    const length = sign * located.length;
    this.verifiedBytes += length;
    this.fileVerified[file] = (this.fileVerified[file] ?? 0) + length;
    if (this.#wantedFiles.has(file)) this.wantedVerifiedBytes += length;
  }

  #end(piece: number): void {
    const progress = this.progress.get(piece);
    if (progress === undefined) return;
    this.progress.delete(piece);
    this.progressBytes -= progress.length;
    this.open.delete(progress);
  }
}
