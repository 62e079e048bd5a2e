import type { LogEntry, PeerId } from '@shoal/protocol';
import type { Fork } from './fork.ts';
import type { GossipLimits } from './limits.ts';
import { mapKey } from './map-key.ts';

interface ProofSends {
  readonly fromSeq: number;
  left: number;
  /** The neighbour sent an entry of the proof itself, so it probably has it. */
  heard: boolean;
}

/** What is known of one neighbour over one link. Beliefs only save traffic; its next vector corrects them. */
export class Neighbour {
  readonly peer: PeerId;
  readonly #limits: GossipLimits;
  /** Per author the entries it has, as far as it said or was sent. */
  #has = new Map<PeerId, number>();
  readonly #proofs = new Map<PeerId, ProofSends>();
  readonly #heads = new Map<PeerId, { readonly head: string; left: number }>();
  #repeats: number;
  /** Its vector has come; before that nothing is pushed, for it would mostly be what it has. */
  synced = false;
  /** Its vector has just come: every author is looked at, and lost proofs and heads are offered again. */
  review = false;
  /** It was sent our vector and has not answered yet. */
  asked = false;
  /** Some of what it has did not get through (no room, or a gap that stays), and must be asked for again. */
  askAgain = false;
  /** It misbehaved: nothing is taken from it or sent to it any more. */
  ended = false;

  constructor(peer: PeerId, limits: GossipLimits) {
    this.peer = peer;
    this.#limits = limits;
    this.#repeats = limits.maxRepeats;
  }

  has(author: PeerId): number {
    return this.#has.get(author) ?? 0;
  }

  /** It has the author's log up to and without `count`. */
  noteHas(author: PeerId, count: number): void {
    if (count > this.has(author)) this.#has.set(author, count);
  }

  /** Believes a vector, unless it asks for repeats once too often; false if so. */
  takeVector(vector: readonly (readonly [PeerId, number])[]): boolean {
    const has = new Map(vector.slice(0, this.#limits.maxAuthors * 2));
    let lower = false;
    for (const [author, count] of this.#has) if ((has.get(author) ?? 0) < count) lower = true;
    if (lower && this.#repeats <= 0) return false;
    if (lower) this.#repeats -= 1;
    this.#has = has;
    this.synced = true;
    this.review = true;
    return true;
  }

  refill(): void {
    this.#repeats = this.#limits.maxRepeats;
  }

  /** The neighbour can compare this entry with its own log, or showed that it has the same. */
  headCompared(entry: LogEntry): void {
    this.#heads.set(entry.author, { head: mapKey(entry.hash), left: 0 });
  }

  /** Whether to offer the head of a log of equal length for comparison; counts as offered. */
  takeHead(entry: LogEntry): boolean {
    const head = mapKey(entry.hash);
    const known = this.#heads.get(entry.author);
    const left = known?.head === head ? known.left : this.#limits.maxProofSends;
    if (left <= 0) return false;
    this.#heads.set(entry.author, { head, left: left - 1 });
    return true;
  }

  heardProof(author: PeerId, fork: Fork): void {
    const known = this.#proofs.get(author);
    if (known?.fromSeq === fork.fromSeq) known.heard = true;
  }

  /** Whether to send the proof of a fork now; counts as sent. */
  takeProof(author: PeerId, fork: Fork): boolean {
    const known = this.#proofs.get(author);
    if (known?.fromSeq !== fork.fromSeq) {
      this.#proofs.set(author, { fromSeq: fork.fromSeq, left: this.#limits.maxProofSends - 1, heard: false });
      return true;
    }
    const missing = this.review && (!known.heard || this.has(author) > fork.fromSeq);
    if (!missing || known.left <= 0) return false;
    known.left -= 1;
    return true;
  }
}
