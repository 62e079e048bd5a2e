import {
  Bitfield,
  equalBytes,
  HASH_BYTES,
  HashTable,
  hashPiece,
  locatePiece,
  type Bytes,
  type OfferGeometry,
  type OfferId,
} from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import type { OutletState } from '../outlet/outlet.ts';
import type { OutletFile } from '../outlet/outlet-file.ts';
import { Outlets } from '../outlet/outlets.ts';
import type { Committable, GroupCommit } from './group-commit.ts';
import { hashRange } from './hash-range.ts';
import type { OfferLayout, Region } from './layout.ts';
import { LeavingFiles } from './leaving-files.ts';
import { PartialPieces, type PieceBuffers } from './partial-pieces.ts';
import type { CorePorts, PieceRecord } from './ports.ts';
import type { Compared } from '../piece-store.ts';
import type { StoredOffer } from './stored-offer.ts';

/** Suspect pieces told of, and recorded, together. */
const VERIFY_GROUP = 64;

/** Shared by all offers of a store. */
export interface Shared {
  readonly ports: CorePorts;
  readonly buffers: PieceBuffers;
  readonly commit: GroupCommit;
}

/**
 * An offer whose pieces are fetched: collects blocks, hashes, compares, writes, and hands the piece to the group commit. Only
 * the commit sets a bit in `#have`, and only what `#have` says is read or saved.
 */
export class ReceivedOffer implements StoredOffer, Committable {
  readonly id: OfferId;
  readonly #shared: Shared;
  readonly #geometry: OfferGeometry;
  readonly #layout: OfferLayout;
  readonly #outlets: Outlets;
  readonly #have: Bitfield;
  readonly #suspect: Bitfield;
  readonly #expected: HashTable;
  readonly #known: Bitfield;
  readonly #partials: PartialPieces;
  /** Complete pieces that wait for their expected hash. */
  readonly #unjudged = new Map<number, Bytes>();
  /** Pieces between complete and committed. */
  readonly #busy = new Set<number>();
  readonly #tasks = new Set<Promise<void>>();
  /** Comparisons go one after the other: each records what it found together with what is had already. */
  #comparing: Promise<unknown> = Promise.resolve();
  /** The suspects that are being compared now. Who deletes bytes waits for them. */
  #group: Promise<void> = Promise.resolve();
  /** A late block must not end as a claim without bytes. */
  readonly #leaving = new LeavingFiles();
  #removed = false;
  /** No further group of suspects is begun: the record says which are left. */
  #closing = false;

  /** @param suspect - pieces that may be there, and are not in `have` */
  constructor(
    id: OfferId,
    geometry: OfferGeometry,
    layout: OfferLayout,
    have: Bitfield,
    shared: Shared,
    suspect: Bitfield = new Bitfield(geometry.pieceCount),
    outlets: Outlets = new Outlets(id, geometry, shared.ports),
  ) {
    this.id = id;
    this.#geometry = geometry;
    this.#layout = layout;
    this.#have = have;
    this.#suspect = suspect;
    this.#outlets = outlets;
    this.#shared = shared;
    this.#expected = new HashTable(geometry.pieceCount);
    this.#known = new Bitfield(geometry.pieceCount);
    this.#partials = new PartialPieces(shared.buffers);
  }

  get removed(): boolean {
    return this.#removed;
  }

  have(): Bytes {
    return this.#have.toBytes();
  }

  get outlets(): readonly OutletState[] {
    return this.#outlets.states;
  }

  /** Writes into picked files what is whole already. */
  handOver(): void {
    this.#outlets.advance(this.#have);
  }

  suspect(): Bytes {
    return this.#suspect.toBytes();
  }

  verify(): Promise<Compared> {
    const done = this.#comparing.then(() => this.#compare());
    this.#comparing = done.catch(() => undefined);
    return done;
  }

  async #compare(): Promise<Compared> {
    for (
      let group = this.#takeSuspects();
      group.length > 0 && !this.#removed && !this.#closing;
      group = this.#takeSuspects()
    ) {
      const done = this.#compareGroup(group);
      this.#group = done.catch(() => undefined);
      await done;
    }
    if (!this.#removed && !this.#closing) await this.#outlets.confirm();
    this.#outlets.advance(this.#have);
    return { have: this.have(), suspect: this.suspect() };
  }

  async #compareGroup(group: readonly number[]): Promise<void> {
    const { commit, ports } = this.#shared;
    const there: number[] = [];
    for (const piece of group) if (await this.#isThere(piece)) there.push(piece);
    // Given up meanwhile: nothing is recorded any more.
    if (this.#removed) return;
    const found = there.filter(piece => !this.#isLeaving(piece));
    for (const piece of group) {
      if (found.includes(piece)) continue;
      this.#suspect.clear(piece);
      const outlet = this.#outlets.of(piece);
      // One that cannot be read has stopped, and keeps what it holds until it is opened anew.
      if (outlet?.inDoubt === true) outlet.lose(piece);
    }
    if (found.length === 0) return;
    await commit.exclusive(async () => {
      await ports.records.save([[this.id, this.recordWith(found)]]);
      this.committed(found);
    });
  }

  expect(first: number, hashes: Bytes): void {
    const count = hashes.length / HASH_BYTES;
    for (let at = 0; at < count; at += 1)
      this.#expected.set(first + at, hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
    this.#known.setRange(first, count);
    for (const [piece, data] of this.#unjudged) {
      if (!this.#known.has(piece)) continue;
      this.#unjudged.delete(piece);
      this.#start(piece, data);
    }
  }

  write(piece: number, begin: number, data: Bytes): void {
    if (this.#removed || this.#have.has(piece) || this.#busy.has(piece)) return;
    const { file, length } = locatePiece(this.#geometry, piece);
    if (this.#leaving.has(file)) return;
    // The picked file has it, be it out of reach now: two copies would contradict each other.
    if (this.#outlets.get(file)?.holds(piece) === true) return;
    const placed = this.#partials.place(piece, length, begin, data);
    switch (placed.type) {
      case 'waiting':
      case 'ignored':
        return;
      case 'overloaded':
        this.#failed([piece], new StorageError('overloaded'));
        return;
      case 'malformed':
        this.#partials.discard(piece);
        this.#shared.ports.emit({ type: 'corrupt', offer: this.id, piece });
        return;
      case 'complete':
        this.#busy.add(piece);
        if (this.#known.has(piece)) this.#start(piece, placed.data);
        else this.#unjudged.set(piece, placed.data);
    }
  }

  discard(piece: number): void {
    this.#partials.discard(piece);
    const data = this.#unjudged.get(piece);
    if (data === undefined) return;
    this.#unjudged.delete(piece);
    this.#release(piece, data);
  }

  async read(piece: number, begin: number, into: Bytes): Promise<void> {
    const { length } = locatePiece(this.#geometry, piece);
    if (begin < 0 || begin + into.length > length) throw new StorageError('not-found');
    if (!this.#have.has(piece)) throw new StorageError('not-verified');
    const outlet = this.#outlets.of(piece);
    if (outlet?.isUnchecked(piece) === true) {
      if (!(await this.#matches(piece))) throw await this.#lose(outlet, piece);
      outlet.checked(piece);
    }
    await this.#readStored(piece, begin, into);
  }

  hash(first: number, count: number): Promise<Bytes> {
    return hashRange(this.#shared.ports.crypto, this.#geometry, first, count, async (piece, length, work) => {
      const data = new Uint8Array(length);
      await this.read(piece, 0, data);
      return work(data);
    });
  }

  async file(index: number): Promise<Blob> {
    const span = this.#geometry.files[index];
    if (span === undefined) throw new StorageError('not-found');
    if (!this.#have.hasRange(span.firstPiece, span.pieceCount)) throw new StorageError('not-verified');
    if (span.size === 0) return new Blob([]);
    const outlet = this.#outlets.get(index);
    if (outlet !== undefined) return await outlet.file();
    const { own, file, begin, length } = this.#layout.file(index);
    if (own) return this.#shared.ports.bytes.asBlob(file, begin, length);
    // The container goes on being written, which would spoil a snapshot of it; and a small file is one piece at most.
    const data = new Uint8Array(length);
    await this.#shared.ports.bytes.readAt(file, begin, data);
    return new Blob([data]);
  }

  async removeFiles(files: readonly number[]): Promise<void> {
    const { bytes, records } = this.#shared.ports;
    const pieces = files.flatMap(index => this.#piecesOf(index));
    this.#leaving.begin(files);
    for (const piece of pieces) {
      this.discard(piece);
      this.#suspect.clear(piece);
    }
    try {
      // What is on its way to a commit, or being compared, lands first, then goes with the rest.
      await this.#group;
      await this.#quiet();
      await this.#shared.commit.exclusive(async () => {
        for (const piece of pieces) this.#have.clear(piece);
        // The claim goes before the bytes. Space in the container of small files is not given back: it is little.
        await records.save([[this.id, this.recordWith([])]], true);
      });
      for (const index of files) {
        const { own, file } = this.#layout.file(index);
        if (own) await bytes.remove(file);
      }
      await this.#outlets.drop(files);
    } finally {
      this.#leaving.end(files);
    }
  }

  async close(forget: boolean): Promise<void> {
    if (forget) this.#removed = true;
    // Whoever takes this one's place begins with what the record says.
    this.#closing = true;
    this.#partials.clear();
    for (const [piece, data] of this.#unjudged) this.#release(piece, data);
    this.#unjudged.clear();
    await this.#comparing;
    await this.#quiet();
    await this.#outlets.close();
    this.#removed = true;
    if (!forget) return;
    await this.#shared.ports.records.remove(this.id);
    await this.#shared.ports.bytes.removeFolder(this.#layout.folder);
  }

  recordWith(pieces: readonly number[]): PieceRecord {
    const have = this.#have.clone();
    const suspect = this.#suspect.clone();
    for (const piece of pieces) {
      have.set(piece);
      suspect.clear(piece);
    }
    return recordOf(have, suspect);
  }

  committed(pieces: readonly number[]): void {
    for (const piece of pieces) {
      this.#have.set(piece);
      this.#suspect.clear(piece);
      this.#busy.delete(piece);
    }
    if (!this.#removed) this.#shared.ports.emit({ type: 'verified', offer: this.id, pieces });
    this.#outlets.advance(this.#have);
  }

  commitFailed(pieces: readonly number[], error: StorageError): void {
    for (const piece of pieces) this.#busy.delete(piece);
    this.#failed(pieces, error);
  }

  #takeSuspects(): number[] {
    const group: number[] = [];
    for (const piece of this.#suspect.indices()) {
      // A picked file waits for the answer, so there the lack of a hash is one.
      if (!this.#known.has(piece) && this.#outlets.of(piece)?.holds(piece) !== true) continue;
      group.push(piece);
      if (group.length === VERIFY_GROUP) break;
    }
    return group;
  }

  async #isThere(piece: number): Promise<boolean> {
    // What came meanwhile is there, and what nobody can vouch for is not.
    if (this.#have.has(piece) || this.#busy.has(piece) || !this.#known.has(piece)) return false;
    if (this.#removed || this.#isLeaving(piece)) return false;
    const outlet = this.#outlets.of(piece);
    // Beyond its end there is nothing to read, which is an answer; that it cannot be read is none.
    if (outlet?.holds(piece) === true && !(outlet.inDoubt && outlet.reaches(piece))) return false;
    return await this.#matches(piece).catch(() => false);
  }

  #isLeaving(piece: number): boolean {
    return this.#leaving.has(locatePiece(this.#geometry, piece).file);
  }

  /** What lies there now has the expected hash. Rejects where that cannot be told. */
  async #matches(piece: number): Promise<boolean> {
    const { ports } = this.#shared;
    if (!this.#known.has(piece)) throw new StorageError('not-verified');
    const data = new Uint8Array(locatePiece(this.#geometry, piece).length);
    await this.#readStored(piece, 0, data);
    const digest = await hashPiece(ports.crypto, this.#geometry, piece, data);
    return equalBytes(digest, this.#expected.slice(piece, 1));
  }

  /** A picked file does not have a piece any more that it was left with. */
  async #lose(outlet: OutletFile, piece: number): Promise<StorageError> {
    const error = new StorageError('source-changed');
    outlet.lose(piece);
    this.#have.clear(piece);
    this.#outlets.fail(outlet, error);
    await this.#shared.commit.exclusive(async () => {
      await this.#shared.ports.records.save([[this.id, this.recordWith([])]], true);
      await this.#outlets.save();
    });
    return error;
  }

  async #readStored(piece: number, begin: number, into: Bytes): Promise<void> {
    const outlet = this.#outlets.of(piece);
    if (outlet?.holds(piece) === true) return await this.#outlets.read(outlet, piece, begin, into);
    const region = this.#place(piece);
    try {
      await this.#shared.ports.bytes.readAt(region.file, region.begin + begin, into);
    } catch (error) {
      // Handed over meanwhile.
      if (outlet?.holds(piece) !== true) throw error;
      await this.#outlets.read(outlet, piece, begin, into);
    }
  }

  /** Where a piece is written. */
  #place(piece: number): Region {
    return this.#outlets.place(piece) ?? this.#layout.piece(piece);
  }

  #piecesOf(file: number): number[] {
    const span = this.#geometry.files[file];
    if (span === undefined) throw new StorageError('not-found');
    return Array.from({ length: span.pieceCount }, (_, index) => span.firstPiece + index);
  }

  /** What is not had yet is the commit's: who waits for the whole would wait for its clock alone. */
  get #isWhole(): boolean {
    const judging = this.#tasks.size + this.#unjudged.size;
    return judging === 0 && this.#have.count + this.#busy.size === this.#geometry.pieceCount;
  }

  #start(piece: number, data: Bytes): void {
    const task = this.#judge(piece, data).finally(() => {
      this.#tasks.delete(task);
      if (this.#isWhole) this.#shared.commit.hurry(this);
    });
    this.#tasks.add(task);
  }

  /** Hash, compare; then the piece is the group commit's. Never rejects. */
  async #judge(piece: number, data: Bytes): Promise<void> {
    const { ports, commit } = this.#shared;
    let kept = false;
    try {
      const digest = await hashPiece(ports.crypto, this.#geometry, piece, data);
      if (this.#removed) return;
      if (!equalBytes(digest, this.#expected.slice(piece, 1))) {
        // Free before the word is out: who hears it asks for the piece again.
        this.#busy.delete(piece);
        ports.emit({ type: 'corrupt', offer: this.id, piece });
        return;
      }
      await commit.room();
      kept = true;
      const { file, begin } = this.#place(piece);
      commit.add(this, { piece, file, begin, data });
    } catch (error) {
      this.#failed([piece], toStorageError(error));
    } finally {
      if (!kept) this.#release(piece, data);
    }
  }

  #release(piece: number, data: Bytes): void {
    this.#busy.delete(piece);
    this.#shared.buffers.giveBack(data);
  }

  #failed(pieces: readonly number[], error: StorageError): void {
    if (this.#removed) return;
    this.#shared.ports.emit({
      type: 'failed',
      offer: this.id,
      pieces,
      code: error.code,
      text: error.message,
    });
  }

  /** Waits for what is being hashed, written or committed now. What comes of other files meanwhile is not waited for: it may come for hours. */
  async #quiet(): Promise<void> {
    await Promise.all(this.#tasks);
    await this.#shared.commit.settle();
  }
}

export function recordOf(have: Bitfield, suspect: Bitfield): PieceRecord {
  return { have: have.toBytes(), ...(suspect.count > 0 && { suspect: suspect.toBytes() }) };
}
