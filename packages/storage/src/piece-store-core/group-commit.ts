import { type Bytes, type OfferId } from '@shoal/protocol';
import { toStorageError, type StorageError } from '../errors.ts';
import type { PieceBuffers } from './partial-pieces.ts';
import type { CoreLimits, CorePorts, PieceRecord } from './ports.ts';

/** What the commit needs of an offer. */
export interface Committable {
  readonly id: OfferId;
  readonly removed: boolean;
  /** The record as it would be with these pieces too. */
  recordWith(pieces: readonly number[]): PieceRecord;
  committed(pieces: readonly number[]): void;
  commitFailed(pieces: readonly number[], error: StorageError): void;
}

/** A piece whose bytes are verified, and where they belong. */
export interface VerifiedPiece {
  readonly piece: number;
  readonly file: string;
  /** Byte offset in the file. */
  readonly begin: number;
  /** Given back to the piece buffers once it is written, or cannot be. */
  readonly data: Bytes;
}

interface Group {
  readonly shares: Map<Committable, Share>;
  bytes: number;
  /** It does not wait for the clock. */
  urgent: boolean;
  /** Pieces not given to the byte store yet. */
  held: Held[];
  heldBytes: number;
  /** Settles when what was given to the byte store is written; rejects when one of its writes failed. */
  written: Promise<void>;
}

/** What a group will record of an offer. */
interface Share {
  readonly pieces: number[];
  readonly files: Set<string>;
}

interface Held extends VerifiedPiece {
  readonly offer: Committable;
}

/** Groups may pile up to this many times `groupBytes` before writers wait. */
const BACKLOG = 2;
/** Neighbouring pieces are written together up to so many bytes: each write of a file costs the browser process a message. */
const WRITE_BYTES = 1024 * 1024;
/** Held back at most, bytes, so that neighbours can come together; what is as long as a write by itself is written at once. */
const HELD_BYTES = 4 * 1024 * 1024;

/**
 * Makes verified pieces durable, many with one flush: bytes first, then the record that vouches for them, then the word.
 * While a commit runs, what is added meanwhile forms the next group. An idle store commits at once, so that the first piece
 * of a download is served on without delay, and so does one that is told that no more is to come.
 * Memory is held until the write and not until the flush.
 */
export class GroupCommit {
  readonly #ports: Pick<CorePorts, 'bytes' | 'records' | 'timer'>;
  readonly #limits: CoreLimits;
  readonly #buffers: PieceBuffers;
  #together: Bytes | undefined;
  #group: Group = emptyGroup();
  /** Writes follow one another: they share the memory in which runs are joined. */
  #writes: Promise<void> = Promise.resolve();
  /** Commits and other work on the records take turns, in the order in which they asked: nobody waits for who came later. */
  #lane: Promise<void> = Promise.resolve();
  /** The commit that waits for its turn, and takes what there is then. */
  #next: Promise<void> | undefined;
  #committing = false;
  #waiting = false;
  #lastEnd = -Infinity;

  constructor(
    ports: Pick<CorePorts, 'bytes' | 'records' | 'timer'>,
    limits: CoreLimits,
    buffers: PieceBuffers,
  ) {
    this.#ports = ports;
    this.#limits = limits;
    this.#buffers = buffers;
  }

  /** Takes a verified piece; its buffer is the commit's from now on. */
  add(offer: Committable, piece: VerifiedPiece): void {
    const group = this.#group;
    const share = group.shares.get(offer) ?? { pieces: [], files: new Set() };
    group.shares.set(offer, share);
    share.pieces.push(piece.piece);
    share.files.add(piece.file);
    group.held.push({ ...piece, offer });
    group.bytes += piece.data.length;
    group.heldBytes += piece.data.length;
    if (piece.data.length >= WRITE_BYTES || group.heldBytes >= HELD_BYTES) this.#writeHeld(group);
    this.#schedule();
  }

  /** No more of an offer is to come: what was added of it does not wait for the clock, nor does what shares its group. */
  hurry(offer: Committable): void {
    // It may be under way already, and the next group is none of its own.
    if (!this.#group.shares.has(offer)) return;
    this.#group.urgent = true;
    this.#schedule();
  }

  /** Resolves when a writer may go on: at once, unless the disk is far behind. */
  async room(): Promise<void> {
    // Once: others fill the next group meanwhile, maybe for hours, and who removes files waits for this writer.
    if (this.#group.bytes > BACKLOG * this.#limits.groupBytes) await this.settle();
  }

  /** Commits what there is, now, and resolves when that is done. What is added meanwhile is not waited for. */
  settle(): Promise<void> {
    this.#next ??= this.exclusive(() => this.#commit());
    return this.#next;
  }

  /** Runs other work on the records while no commit does. */
  exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.#lane.then(work);
    // Who waits for the lane is not concerned with how the work before went.
    this.#lane = done.catch(() => undefined);
    return done;
  }

  #schedule(): void {
    if (this.#next !== undefined || this.#committing || this.#group.shares.size === 0) return;
    const due = this.#lastEnd + this.#limits.groupMs - this.#ports.timer.now();
    if (due <= 0 || this.#group.urgent || this.#group.bytes >= this.#limits.groupBytes) {
      void this.settle();
    } else if (!this.#waiting) {
      this.#waiting = true;
      this.#ports.timer.after(due, () => {
        this.#waiting = false;
        this.#schedule();
      });
    }
  }

  async #commit(): Promise<void> {
    const group = this.#group;
    this.#next = undefined;
    this.#group = emptyGroup();
    if (group.shares.size === 0) return;
    this.#committing = true;
    await this.#record(group).finally(() => {
      this.#committing = false;
      this.#lastEnd = this.#ports.timer.now();
      this.#schedule();
    });
  }

  /** Never rejects: each offer hears of its own pieces. */
  async #record(group: Group): Promise<void> {
    this.#writeHeld(group);
    const shares = [...group.shares].filter(([offer]) => !offer.removed);
    try {
      // All of them, also when one has failed: who removes files must not be followed by a late write.
      await this.#writes;
      await group.written;
      await this.#ports.bytes.flush(new Set(shares.flatMap(([, { files }]) => [...files])));
      await this.#ports.records.save(
        shares.map(([offer, { pieces }]) => [offer.id, offer.recordWith(pieces)]),
      );
    } catch (error) {
      for (const [offer, { pieces }] of shares) offer.commitFailed(pieces, toStorageError(error));
      return;
    }
    for (const [offer, { pieces }] of shares) offer.committed(pieces);
  }

  /** Writes what the group holds, after what is being written, and then gives the memory back. */
  #writeHeld(group: Group): void {
    if (group.held.length === 0) return;
    const { held, written: before } = group;
    group.held = [];
    group.heldBytes = 0;
    const written = this.#writes
      .then(() => this.#write(held.filter(({ offer }) => !offer.removed)))
      .finally(() => {
        for (const { data } of held) this.#buffers.giveBack(data);
      });
    this.#writes = written.catch(() => undefined);
    group.written = Promise.all([before, written]).then(() => undefined);
    // The commit hears of a failure, however late it looks.
    group.written.catch(() => undefined);
  }

  async #write(pieces: readonly VerifiedPiece[]): Promise<void> {
    for (const run of neighbouring(pieces)) {
      const [first] = run;
      if (first === undefined) continue;
      await this.#ports.bytes.writeAt(
        first.file,
        first.begin,
        run.length === 1 ? first.data : this.#join(run),
      );
    }
  }

  /** One piece of memory for all runs: fresh memory costs a page fault each 4 KiB. */
  #join(run: readonly VerifiedPiece[]): Bytes {
    this.#together ??= new Uint8Array(WRITE_BYTES);
    let length = 0;
    for (const { data } of run) {
      this.#together.set(data, length);
      length += data.length;
    }
    return this.#together.subarray(0, length);
  }
}

/** Runs of pieces that lie one behind the other in a file, each of `WRITE_BYTES` at most unless it is a single piece. */
function neighbouring(pieces: readonly VerifiedPiece[]): VerifiedPiece[][] {
  const sorted = pieces.toSorted((a, b) =>
    a.file === b.file ? a.begin - b.begin : a.file < b.file ? -1 : 1,
  );
  const runs: VerifiedPiece[][] = [];
  let end = -1;
  let bytes = 0;
  for (const piece of sorted) {
    const run = runs.at(-1);
    const { file, begin, data } = piece;
    if (run !== undefined && run[0]?.file === file && begin === end && bytes + data.length <= WRITE_BYTES) {
      run.push(piece);
      bytes += data.length;
    } else {
      runs.push([piece]);
      bytes = data.length;
    }
    end = begin + data.length;
  }
  return runs;
}

function emptyGroup(): Group {
  return {
    shares: new Map(),
    bytes: 0,
    urgent: false,
    held: [],
    heldBytes: 0,
    written: Promise.resolve(),
  };
}
