import { type Bytes, type OfferId } from '@shoal/protocol';
import { toStorageError, type StorageError } from '../errors.ts';
import type { CoreLimits, CorePorts } from './ports.ts';

/** What the commit needs of an offer. */
export interface Committable {
  readonly id: OfferId;
  readonly removed: boolean;
  /** The recorded bitfield as it would be with these pieces too. */
  bitsWith(pieces: readonly number[]): Bytes;
  committed(pieces: readonly number[]): void;
  commitFailed(pieces: readonly number[], error: StorageError): void;
}

interface Group {
  readonly pieces: Map<Committable, number[]>;
  readonly files: Set<string>;
  bytes: number;
}

/** Groups may pile up to this many times `groupBytes` before writers wait. */
const BACKLOG = 4;

/**
 * Makes written pieces durable, many with one flush: bytes first, then the record that vouches for them, then the word.
 * While a commit runs, what is written meanwhile forms the next group. An idle store commits at once, so that the first piece
 * of a download is served on without delay.
 */
export class GroupCommit {
  readonly #ports: Pick<CorePorts, 'bytes' | 'records' | 'timer'>;
  readonly #limits: CoreLimits;
  #group: Group = emptyGroup();
  #running: Promise<void> | undefined;
  #waiting = false;
  #lastEnd = -Infinity;

  constructor(ports: Pick<CorePorts, 'bytes' | 'records' | 'timer'>, limits: CoreLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** Takes a piece whose bytes are verified and written to `file`. */
  add(offer: Committable, piece: number, file: string, bytes: number): void {
    const pieces = this.#group.pieces.get(offer);
    if (pieces === undefined) this.#group.pieces.set(offer, [piece]);
    else pieces.push(piece);
    this.#group.files.add(file);
    this.#group.bytes += bytes;
    this.#schedule();
  }

  /** Resolves when a writer may go on: at once, unless the disk is far behind. */
  async room(): Promise<void> {
    while (this.#group.bytes > BACKLOG * this.#limits.groupBytes) await this.settle();
  }

  /** Commits what there is, now, and resolves when nothing is under way. */
  async settle(): Promise<void> {
    while (this.#running !== undefined || this.#group.pieces.size > 0) await (this.#running ?? this.#run());
  }

  /** Runs other work on the records while no commit does. */
  async exclusive(work: () => Promise<void>): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    await this.#hold(work());
  }

  #schedule(): void {
    if (this.#running !== undefined || this.#group.pieces.size === 0) return;
    const due = this.#lastEnd + this.#limits.groupMs - this.#ports.timer.now();
    if (due <= 0 || this.#group.bytes >= this.#limits.groupBytes) {
      void this.#run();
    } else if (!this.#waiting) {
      this.#waiting = true;
      this.#ports.timer.after(due, () => {
        this.#waiting = false;
        this.#schedule();
      });
    }
  }

  #run(): Promise<void> {
    const group = this.#group;
    this.#group = emptyGroup();
    return this.#hold(this.#commit(group));
  }

  #hold(work: Promise<void>): Promise<void> {
    const done = work.finally(() => {
      this.#running = undefined;
      this.#lastEnd = this.#ports.timer.now();
      this.#schedule();
    });
    // Who waits for the lane is not concerned with how the work before went.
    this.#running = done.catch(() => undefined);
    return done;
  }

  /** Never rejects: each offer hears of its own pieces. */
  async #commit(group: Group): Promise<void> {
    const offers = [...group.pieces].filter(([offer]) => !offer.removed);
    if (offers.length === 0) return;
    try {
      await this.#ports.bytes.flush(group.files);
      await this.#ports.records.save(offers.map(([offer, pieces]) => [offer.id, offer.bitsWith(pieces)]));
    } catch (error) {
      for (const [offer, pieces] of offers) offer.commitFailed(pieces, toStorageError(error));
      return;
    }
    for (const [offer, pieces] of offers) offer.committed(pieces);
  }
}

function emptyGroup(): Group {
  return { pieces: new Map(), files: new Set(), bytes: 0 };
}
