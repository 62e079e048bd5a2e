import { Bitfield, locatePiece } from '@shoal/protocol';
import type { CatalogueOffer } from '@shoal/gossip';
import type { OutletState } from '@shoal/storage';
import type { Intent } from './room-vault.ts';
import type { FileState, FileView } from './snapshot.ts';

/** One offer as this device stands to it: what is here, what is wanted, and how a person sees it. */
export class OfferState {
  readonly offer: CatalogueOffer;
  /** True while we hold source files ourselves, be it only some of the offer's. */
  readonly own: boolean;
  #have: Bitfield;
  readonly #intents: Intent[];
  readonly #verified: Float64Array;
  readonly #failed = new Set<number>();
  /** Files that go into picked ones as they arrive; undefined while nothing can be written there. */
  readonly #outlets = new Map<number, OutletState | undefined>();
  /** Bytes in picked files that are out of reach. */
  readonly #elsewhere = new Map<number, number>();
  readonly #dirty = new Set<number>();
  #rows: readonly FileView[] = [];
  #views: readonly FileView[] = [];
  #verifiedBytes = 0;
  #doubted: Bitfield;
  #verifying = false;
  #ended = false;
  #byPath: ReadonlyMap<string, number> | undefined;

  constructor(offer: CatalogueOffer, own: boolean, have: Bitfield) {
    this.offer = offer;
    this.own = own;
    this.#have = have;
    this.#doubted = new Bitfield(offer.geometry.pieceCount);
    const files = offer.geometry.files.length;
    this.#intents = Array.from({ length: files }, () => 'none');
    this.#verified = new Float64Array(files);
    this.reset(have);
    this.#rows = this.#views = offer.geometry.files.map((_, file) => this.#view(file));
    this.#dirty.clear();
  }

  /** Its author took it back: nothing more comes of it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What is complete stays; the rest is neither here, wanted nor shown any more. @returns files that were wanted in vain */
  end(): number[] {
    const open = [...this.#intents.keys()].filter(file => !this.isComplete(file));
    const vain = open.filter(file => this.intent(file) !== 'none');
    this.#ended = true;
    for (const file of open) {
      this.#verifiedBytes -= this.#verified[file] ?? 0;
      this.#verified[file] = 0;
    }
    this.decide(open, 'none');
    return vain;
  }

  /** Bytes of what is shown. */
  get totalBytes(): number {
    return this.#ended ? this.#verifiedBytes : this.offer.geometry.totalBytes;
  }

  /** Index of the file that is offered under a path. */
  fileAt(path: string): number | undefined {
    this.#byPath ??= new Map(this.offer.geometry.files.map((span, file) => [span.path, file]));
    return this.#byPath.get(path);
  }

  /** Something of a file beside these was received, or is wanted. */
  hasReceived(beside: ReadonlySet<number>): boolean {
    if (this.own) return false;
    return this.#intents.some(
      (intent, file) => !beside.has(file) && (intent !== 'none' || (this.#verified[file] ?? 0) > 0),
    );
  }

  get have(): Bitfield {
    return this.#have;
  }

  /** Bytes here and verified. */
  get verifiedBytes(): number {
    return this.#verifiedBytes;
  }

  /** Replaces what is here, for instance after a cancel deleted it. */
  reset(have: Bitfield): void {
    this.#have = have;
    this.#verified.fill(0);
    this.#verifiedBytes = 0;
    const { geometry } = this.offer;
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      if (have.has(piece)) this.#count(piece);
    }
    for (let file = 0; file < geometry.files.length; file++) this.#dirty.add(file);
  }

  /** A piece was verified and stored. */
  add(piece: number): void {
    // It was on its way when the offer ended, and is being deleted.
    if (this.#ended) return;
    this.#doubted.clear(piece);
    if (this.#have.set(piece)) this.#count(piece);
  }

  intent(file: number): Intent {
    return this.#intents[file] ?? 'none';
  }

  /** Sets the intent of the named files (all when undefined), where `when` agrees. */
  decide(
    files: readonly number[] | undefined,
    intent: Intent,
    when: (file: number) => boolean = () => true,
  ): void {
    for (const file of files ?? this.#intents.keys()) {
      if (file < 0 || file >= this.#intents.length || !when(file)) continue;
      this.#intents[file] = intent;
      this.#failed.delete(file);
      this.#dirty.add(file);
    }
  }

  fail(files: Iterable<number>): void {
    for (const file of files) {
      this.#failed.add(file);
      this.#dirty.add(file);
    }
  }

  /** All bytes of the file are here, and the user asked for it. */
  isComplete(file: number): boolean {
    const size = this.offer.geometry.files[file]?.size;
    if (this.#outlets.has(file) && this.#outlets.get(file)?.done !== true) return false;
    return size !== undefined && this.#verified[file] === size && (size > 0 || this.intent(file) !== 'none');
  }

  /** The file goes, or went, into a picked one. */
  hasOutlet(file: number): boolean {
    return this.#outlets.has(file);
  }

  /** What a click is needed for: nothing can be written into the picked files of these. */
  closedOutlets(): number[] {
    return [...this.#outlets].flatMap(([file, outlet]) => (outlet === undefined ? [file] : []));
  }

  /** @param outlet - undefined while nothing can be written there */
  setOutlet(file: number, outlet: OutletState | undefined): void {
    this.#outlets.set(file, outlet);
    this.#elsewhere.delete(file);
    this.#dirty.add(file);
  }

  /** So many pieces are in a picked file that is out of reach: they are shown as here, and count as here only once it is opened. */
  holdElsewhere(file: number, pieces: number): void {
    this.#elsewhere.set(file, pieces * this.offer.geometry.pieceLength);
    this.#dirty.add(file);
  }

  removeOutlets(files: readonly number[]): void {
    for (const file of files) {
      this.#elsewhere.delete(file);
      if (this.#outlets.delete(file)) this.#dirty.add(file);
    }
  }

  /** The file can be read: all of it was fetched, or it is an own one at hand. */
  isHere(file: number): boolean {
    return this.own
      ? !this.#failed.has(file) && this.#verified[file] === this.offer.geometry.files[file]?.size
      : this.isComplete(file);
  }

  /** The files that the swarm shall fetch now, with their priority. */
  wanted(): Map<number, number> {
    const wanted = new Map<number, number>();
    for (const [file, intent] of this.#intents.entries()) {
      if (intent === 'wanted' && !this.isComplete(file) && !this.#failed.has(file)) wanted.set(file, 0);
    }
    for (const file of this.closedOutlets()) wanted.delete(file);
    return wanted;
  }

  /** The pieces of files with an outlet that there is room for. */
  windows(): Map<number, OutletState> {
    return new Map([...this.#outlets].flatMap(([file, outlet]) => (outlet ? [[file, outlet]] : [])));
  }

  /** Bytes still missing of what is wanted. */
  missingBytes(): number {
    let missing = 0;
    for (const [file, intent] of this.#intents.entries()) {
      if (intent === 'wanted' && !this.#failed.has(file)) missing += this.missingOf(file);
    }
    return missing;
  }

  /** Bytes of a file that are not here. */
  missingOf(file: number): number {
    return (this.offer.geometry.files[file]?.size ?? 0) - (this.#verified[file] ?? 0);
  }

  /** Bytes of the browser's storage that what is wanted still takes. */
  roomNeeded(): number {
    let room = 0;
    for (const [file, intent] of this.#intents.entries())
      if (intent === 'wanted' && !this.#failed.has(file)) room += this.roomOf(file);
    return room;
  }

  /** Bytes of the browser's storage that a file still takes: little where it is saved as it arrives. */
  roomOf(file: number): number {
    // What waits for its hash has its room already.
    const missing = this.missingOf(file) - this.#doubtedBytes(file);
    const outlet = this.#outlets.get(file);
    if (outlet === undefined) return this.#outlets.has(file) ? 0 : missing;
    return Math.min(missing, (outlet.end - outlet.first) * this.offer.geometry.pieceLength);
  }

  /** Pieces that are stored, and wait for their hashes to be compared with. */
  get doubted(): Bitfield {
    return this.#doubted;
  }

  doubt(pieces: Bitfield): void {
    this.#doubted = pieces;
  }

  /** The store compares what it found at the start with its hashes. */
  verifying(on: boolean): void {
    this.#verifying = on;
    for (const file of this.#intents.keys()) this.#dirty.add(file);
  }

  /** The file rows, of an offer that ended those that are here: the same array while nothing changed, and the same row while its file did not. */
  views(): readonly FileView[] {
    if (this.#dirty.size > 0) {
      const rows = [...this.#rows];
      for (const file of this.#dirty) rows[file] = this.#view(file);
      this.#rows = rows;
      this.#views = this.#ended ? rows.filter(row => this.isComplete(row.index)) : rows;
      this.#dirty.clear();
    }
    return this.#views;
  }

  #doubtedBytes(file: number): number {
    const { geometry } = this.offer;
    const span = geometry.files[file];
    if (span === undefined || this.#doubted.count === 0) return 0;
    let bytes = 0;
    for (let piece = span.firstPiece; piece < span.firstPiece + span.pieceCount; piece += 1)
      if (this.#doubted.has(piece)) bytes += locatePiece(geometry, piece).length;
    return bytes;
  }

  #count(piece: number): void {
    const { file, length } = locatePiece(this.offer.geometry, piece);
    this.#verified[file] = (this.#verified[file] ?? 0) + length;
    this.#verifiedBytes += length;
    this.#dirty.add(file);
  }

  #state(file: number): FileState {
    if (this.isHere(file)) return this.own ? 'seeding' : 'complete';
    if (this.#failed.has(file)) return 'failed';
    const intent = this.intent(file);
    if (this.#verifying && intent !== 'none') return 'verifying';
    if (intent === 'wanted') return 'downloading';
    return intent === 'paused' ? 'paused' : 'offered';
  }

  #view(file: number): FileView {
    const { id, geometry } = this.offer;
    const { path, size } = geometry.files[file] ?? { path: '', size: 0 };
    const state = this.#state(file);
    const done = state === 'seeding' || state === 'complete';
    const here = Math.min(size, (this.#verified[file] ?? 0) + (this.#elsewhere.get(file) ?? 0));
    const progress = done ? 1 : size === 0 ? 0 : here / size;
    const outlet = this.#outlets.has(file) && (done ? 'saved' : 'arriving');
    return {
      key: `${id}/${file}`,
      offer: id,
      index: file,
      path,
      size,
      state,
      progress,
      ...(outlet !== false && { outlet }),
    };
  }
}
