import { Bitfield, locatePiece, type Bytes, type FileSpan, type OfferGeometry } from '@shoal/protocol';
import type { ByteStore } from '../backends/byte-store.ts';
import { StorageError } from '../errors.ts';
import type { Region } from '../piece-store-core/layout.ts';
import { SourceReader } from '../source/source-reader.ts';
import type { OutletRecord, OutletState, PickedFile, PickedWritable } from './outlet.ts';

/** What the date and the size of a picked file tell of what is in it. */
interface Version {
  readonly size: number;
  readonly modified: number;
}

/**
 * One received file that goes into a picked file. Pieces are staged in segments, each a stored file; a segment that is whole is
 * written into the picked file and its stored file deleted ([OU1] to [OU4]). Does not save its record: the owner does, between the two.
 */
export class OutletFile {
  readonly index: number;
  readonly span: FileSpan;
  readonly #bytes: ByteStore;
  readonly #geometry: OfferGeometry;
  readonly #stem: string;
  readonly #segmentBytes: number;
  readonly #held: Bitfield;
  /** Held pieces of an earlier session that were not compared with their hash yet. */
  #unchecked: Bitfield;
  #handle: PickedFile;
  #left: Version;
  /** Absent while the browser does not let us at the file. */
  #reader: SourceReader | undefined;
  /** What the reader reads. */
  #opened: Version = { size: 0, modified: 0 };
  /** The browser puts a new version of the picked file in its place: what was opened before cannot be read any more. */
  #swap: Promise<void> | undefined;
  #writable: PickedWritable | undefined;
  #stopped = true;
  /** Stopped only until what it holds was compared: somebody else wrote into the file since it was left. */
  #inDoubt = false;

  constructor(bytes: ByteStore, geometry: OfferGeometry, span: FileSpan, stem: string, record: OutletRecord) {
    this.index = record.file;
    this.span = span;
    this.#bytes = bytes;
    this.#geometry = geometry;
    this.#stem = stem;
    this.#segmentBytes = record.segmentBytes;
    this.#held = heldOf(span.pieceCount, record.held);
    this.#unchecked = this.#held.clone();
    this.#handle = record.handle;
    this.#left = { size: record.size, modified: record.modified };
  }

  get record(): OutletRecord {
    const { index: file } = this;
    return {
      file,
      handle: this.#handle,
      segmentBytes: this.#segmentBytes,
      held: this.#held.toBytes(),
      ...this.#left,
    };
  }

  get state(): OutletState {
    const { firstPiece, pieceCount } = this.span;
    const lacking = this.#held.firstMissing();
    if (lacking === undefined)
      return { file: this.index, first: firstPiece + pieceCount, end: firstPiece + pieceCount, done: true };
    const [first, next] = this.#segmentAt(lacking);
    const second = this.#held.firstMissing(next);
    const end = second === undefined ? next : this.#segmentAt(second)[1];
    return { file: this.index, first: firstPiece + first, end: firstPiece + end, done: false };
  }

  /** The picked file has this piece. */
  holds(piece: number): boolean {
    return this.#held.has(piece - this.span.firstPiece);
  }

  /** The browser lets us at the picked file. */
  get opened(): boolean {
    return this.#reader !== undefined;
  }

  /** Nothing is handed over: it failed, or what it holds is not known yet. */
  get stopped(): boolean {
    return this.#stopped;
  }

  get inDoubt(): boolean {
    return this.#inDoubt;
  }

  /** The picked file is long enough for this piece. */
  reaches(piece: number): boolean {
    const { begin, length } = locatePiece(this.#geometry, piece);
    return begin + length <= this.#opened.size;
  }

  /** The piece must be compared with its hash before it is given away. */
  isUnchecked(piece: number): boolean {
    return this.#unchecked.has(piece - this.span.firstPiece);
  }

  checked(piece: number): void {
    this.#unchecked.clear(piece - this.span.firstPiece);
  }

  /** The picked file does not have this piece any more. */
  lose(piece: number): void {
    this.#held.clear(piece - this.span.firstPiece);
    this.checked(piece);
  }

  /** Where a piece is staged. */
  place(piece: number): Region {
    const { begin, length } = locatePiece(this.#geometry, piece);
    const segment = Math.floor(begin / this.#segmentBytes);
    return { file: this.#segmentFile(segment), begin: begin - segment * this.#segmentBytes, length };
  }

  /**
   * The browser lets us at the picked file.
   * @returns whether it is as it was left; if not, what is in it counts again only after `confirm`
   */
  async open(handle: PickedFile): Promise<boolean> {
    this.#handle = handle;
    const file = await handle.getFile();
    this.#readFrom(file);
    this.#inDoubt = this.#stopped = this.#held.count > 0 && !isVersion(file, this.#left);
    return !this.#stopped;
  }

  /**
   * Every piece that it holds was compared since it was opened.
   * @throws StorageError 'source-changed' when it is not what was compared; what the browser throws
   */
  async confirm(): Promise<void> {
    const file = await this.#handle.getFile();
    if (!isVersion(file, this.#opened)) throw new StorageError('source-changed');
    this.#left = this.#opened;
    this.#unchecked = new Bitfield(this.span.pieceCount);
    if (this.#inDoubt) this.#stopped = this.#inDoubt = false;
  }

  /** No more is handed over before it is opened anew. */
  stop(): void {
    this.#stopped = true;
    this.#inDoubt = false;
  }

  async read(piece: number, begin: number, into: Bytes): Promise<void> {
    const at = locatePiece(this.#geometry, piece).begin;
    for (;;) {
      await this.#swap?.catch(() => undefined);
      const reader = this.#reader;
      if (reader === undefined) throw new StorageError('not-found');
      try {
        return await reader.use(0, at + begin, into.length, data => into.set(data));
      } catch (error) {
        if (this.#swap === undefined && reader === this.#reader) throw error;
      }
    }
  }

  /** The picked file, when it has everything. */
  async file(): Promise<Blob> {
    const file = await this.#handle.getFile();
    if (!this.#held.complete) throw new StorageError('not-verified');
    if (!isVersion(file, this.#left)) throw new StorageError('source-changed');
    return file;
  }

  /** The staged pieces of a segment that is whole, if there is one. */
  ripe(have: Bitfield): number[] | undefined {
    if (this.#stopped) return undefined;
    const { firstPiece } = this.span;
    for (let at = this.#held.firstMissing(); at !== undefined;) {
      const [first, end] = this.#segmentAt(at);
      const { end: last } = this.state;
      if (firstPiece + first >= last) return undefined;
      if (have.hasRange(firstPiece + first, end - first)) return this.#lackingIn(first, end);
      at = this.#held.firstMissing(end);
    }
    return undefined;
  }

  /**
   * Writes pieces into the picked file. It has all of them afterwards, or is what it was.
   * @param place - where they lie in the store
   * @throws StorageError 'source-changed' when somebody else wrote into the file; what the browser throws
   */
  async put(pieces: readonly number[], place: (piece: number) => Region): Promise<void> {
    const keepExistingData = this.#held.count > 0;
    const expectAsLeft = async (): Promise<void> => {
      // What is in it would be taken over unseen.
      if (keepExistingData && !isVersion(await this.#handle.getFile(), this.#left))
        throw new StorageError('source-changed');
      if (this.#stopped) throw new StorageError('aborted');
    };
    await expectAsLeft();
    const writable = await this.#handle.createWritable({ keepExistingData });
    this.#writable = writable;
    try {
      // Copying what is there takes the browser seconds, up to minutes.
      await expectAsLeft();
      for (const { file, begin, length, position } of this.#runs(pieces, place))
        await writable.write({
          type: 'write',
          position,
          data: await this.#bytes.asBlob(file, begin, length),
        });
      // The copy takes the place of whatever is there by now.
      await expectAsLeft();
      this.#swap = writable.close().then(async () => await this.#look());
      await this.#swap;
    } catch (error) {
      await writable.abort().catch(() => undefined);
      throw error;
    } finally {
      this.#writable = undefined;
      this.#swap = undefined;
    }
    for (const piece of pieces) this.#held.set(piece - this.span.firstPiece);
  }

  /** The picked file has these, a segment that was whole: what was staged of it goes. */
  async unstage(pieces: readonly number[]): Promise<void> {
    for (const file of new Set(pieces.map(piece => this.place(piece).file))) await this.#bytes.remove(file);
  }

  /** Deletes staged segments that the picked file has: a crash may have left any. */
  async tidy(): Promise<void> {
    for (let segment = 0, first = 0; first < this.span.pieceCount; segment += 1) {
      const end = this.#segmentAt(first)[1];
      if (this.#held.hasRange(first, end - first)) await this.#bytes.remove(this.#segmentFile(segment));
      first = end;
    }
  }

  /** Deletes all that is staged. */
  async discard(): Promise<void> {
    const segments = Math.ceil(this.span.size / this.#segmentBytes);
    for (let segment = 0; segment < segments; segment += 1)
      await this.#bytes.remove(this.#segmentFile(segment));
  }

  /** What is being written is given up: it is staged still, and a large file must not keep the store from closing. */
  close(): void {
    this.stop();
    void this.#writable?.abort().catch(() => undefined);
    this.#reader?.close();
  }

  async #look(): Promise<void> {
    this.#readFrom(await this.#handle.getFile());
    this.#left = this.#opened;
  }

  #readFrom(file: File): void {
    this.#reader?.close();
    this.#reader = new SourceReader([file], this.#geometry.pieceLength);
    this.#opened = { size: file.size, modified: file.lastModified };
  }

  #segmentFile(segment: number): string {
    return `${this.#stem}.${segment}`;
  }

  /** Pieces `[first, end)` of the segment that a piece lies in, counted from the file's first. */
  #segmentAt(piece: number): [first: number, end: number] {
    const pieces = this.#segmentBytes / this.#geometry.pieceLength;
    const first = Math.floor(piece / pieces) * pieces;
    return [first, Math.min(first + pieces, this.span.pieceCount)];
  }

  #lackingIn(first: number, end: number): number[] {
    const pieces: number[] = [];
    for (let piece = first; piece < end; piece += 1)
      if (!this.#held.has(piece)) pieces.push(this.span.firstPiece + piece);
    return pieces;
  }

  /** Stretches of stored files, and where they belong in the picked one. */
  #runs(pieces: readonly number[], place: (piece: number) => Region): (Region & { position: number })[] {
    const runs: (Region & { position: number })[] = [];
    for (const piece of pieces) {
      const position = locatePiece(this.#geometry, piece).begin;
      const { file, begin, length } = place(piece);
      const last = runs.at(-1);
      if (
        last?.file === file &&
        last.begin + last.length === begin &&
        last.position + last.length === position
      )
        runs[runs.length - 1] = { ...last, length: last.length + length };
      else runs.push({ file, begin, length, position });
    }
    return runs;
  }
}

function isVersion({ size, lastModified }: File, version: Version): boolean {
  return size === version.size && lastModified === version.modified;
}

function heldOf(pieces: number, bytes: Bytes): Bitfield {
  try {
    return Bitfield.fromBytes(pieces, bytes);
  } catch {
    return new Bitfield(pieces);
  }
}
