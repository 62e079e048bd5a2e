import type { PeerId } from '@shoal/protocol';
import type { Fork } from './fork.ts';
import type { KeptEntry } from './kept-entry.ts';
import type { GossipLimits } from './limits.ts';
import { mapKey } from './map-key.ts';

interface ProofSends {
  readonly fromSeq: number;
  left: number;
  /** The neighbour sent an entry of the proof itself, so it probably has it. */
  heard: boolean;
}

/** What is known of one neighbour over one link. Beliefs only save traffic; what it says of itself corrects them. */
export class Neighbour {
  readonly peer: PeerId;
  readonly #limits: GossipLimits;
  /** Entries it has of some authors, as far as it said or was sent. Of the others it has what we had when last compared. */
  readonly #has = new Map<PeerId, number>();
  readonly #proofs = new Map<PeerId, ProofSends>();
  readonly #heads = new Map<PeerId, { readonly head: string; left: number }>();
  /** Per author, after how many entries it was sent the rest, and how often it may be sent that again. */
  readonly #sends = new Map<PeerId, { readonly from: number; left: number }>();
  #repeats: number;
  /** Per author the first new entry, or the place of a new fork, that it was neither sent, shown nor told of. */
  readonly queue = new Map<PeerId, number>();
  /** Per author how many entries it announced that are not here, and at which flush. */
  readonly offered = new Map<PeerId, { readonly count: number; readonly at: number }>();
  /** Our logs were compared over this link; before that nothing is pushed, for it would mostly be what it has. */
  synced = false;
  /** New entries go to it in full; else they are announced. */
  eager = true;
  /** It was sent new entries since the last flush; more wait for the next. */
  pushed = false;
  /** Flushes left until we no longer wait for the answer to a vector or wish of ours; 0 if we do not wait. */
  waiting = 0;
  /** It may have what is not here, and is to be compared with when its turn comes. */
  behind = false;
  /** Which of all turns its last one was, in which we caught up from it; 0 before the first. */
  turn = 0;
  /** Some of what it sent found no room, and must be asked for again. */
  askAgain = false;
  /** It misbehaved: nothing is taken from it or sent to it any more. */
  ended = false;

  constructor(peer: PeerId, limits: GossipLimits) {
    this.peer = peer;
    this.#limits = limits;
    this.#repeats = limits.maxRepeats;
  }

  /** Entries it has of an author; undefined where it said nothing. */
  has(author: PeerId): number | undefined {
    return this.#has.get(author);
  }

  /** It has the author's log up to and without `count`. */
  noteHas(author: PeerId, count: number): void {
    if (count > (this.#has.get(author) ?? 0)) this.#believe(author, count);
  }

  /**
   * Believes what it says of these authors, unless it is to be sent things again once too often; false if so.
   * What it does not name it has nothing of.
   */
  takeCounts(authors: Iterable<PeerId>, counts: ReadonlyMap<PeerId, number>): boolean {
    const all = new Set([...authors, ...counts.keys()]);
    let lower = false;
    for (const author of all) if ((counts.get(author) ?? 0) < (this.#has.get(author) ?? 0)) lower = true;
    if (lower && !this.spend()) return false;
    for (const author of all) this.#believe(author, counts.get(author) ?? 0);
    return true;
  }

  /** It may name authors without end, who cost it nothing. */
  #believe(author: PeerId, count: number): void {
    if (this.#has.size < this.#limits.maxAuthors * 2 || this.#has.has(author)) this.#has.set(author, count);
  }

  /** Takes one of the answers that it may have again between two ticks; false if there is none left. */
  spend(): boolean {
    if (this.#repeats <= 0) return false;
    this.#repeats -= 1;
    return true;
  }

  refill(): void {
    this.#repeats = this.#limits.maxRepeats;
  }

  /** All our logs are equal now. */
  same(): void {
    this.synced = true;
    this.behind = false;
    this.#has.clear();
    this.queue.clear();
    this.offered.clear();
  }

  /** The neighbour can compare this entry with its own log, or showed that it has the same. */
  headCompared(entry: KeptEntry): void {
    this.#heads.set(entry.author, { head: mapKey(entry.hash), left: 0 });
  }

  /** Whether to offer the head of a log of equal length for comparison; counts as offered. */
  takeHead(entry: KeptEntry): boolean {
    const head = mapKey(entry.hash);
    const known = this.#heads.get(entry.author);
    const left = known?.head === head ? known.left : this.#limits.maxProofSends;
    if (left <= 0) return false;
    this.#heads.set(entry.author, { head, left: left - 1 });
    return true;
  }

  /** Whether to send what follows the author's first `from` entries; counts as sent. */
  takeRest(author: PeerId, from: number): boolean {
    const known = this.#sends.get(author);
    const left = known?.from === from ? known.left : this.#limits.maxSameSends;
    if (left <= 0) return false;
    this.#sends.set(author, { from, left: left - 1 });
    return true;
  }

  heardProof(author: PeerId, fork: Fork): void {
    const known = this.#proofs.get(author);
    if (known?.fromSeq === fork.fromSeq) known.heard = true;
  }

  /** Whether to send the proof of a fork now, `review` if the neighbour has just told its counts; counts as sent. */
  takeProof(author: PeerId, fork: Fork, review: boolean): boolean {
    const known = this.#proofs.get(author);
    if (known?.fromSeq !== fork.fromSeq) {
      this.#proofs.set(author, { fromSeq: fork.fromSeq, left: this.#limits.maxProofSends - 1, heard: false });
      return true;
    }
    const missing = review && (!known.heard || (this.has(author) ?? 0) > fork.fromSeq);
    if (!missing || known.left <= 0) return false;
    known.left -= 1;
    return true;
  }
}
