import { equalBytes } from '@shoal/protocol';
import type { Bytes, PeerId } from '@shoal/protocol';
import type { ByteBudget } from './byte-budget.ts';
import { findFork, lowerFork } from './fork.ts';
import type { Fork } from './fork.ts';
import { bytesOf, kept } from './kept-entry.ts';
import type { KeptEntry } from './kept-entry.ts';
import type { GossipLimits } from './limits.ts';

const HASH_LENGTH = 32;

/** What is accepted of one author: an unbroken chain from seq 0, and the proof of a fork if there is one. */
export class AuthorLog {
  readonly author: PeerId;
  readonly #limits: GossipLimits;
  /** Shared with the logs of others; ours has none. */
  readonly #shared: ByteBudget | undefined;
  readonly #entries: KeptEntry[] = [];
  #bytes = 0;
  /** An entry that belongs here found no room, so nothing after it can come. */
  #full = false;
  #fork: Fork | undefined;

  constructor(author: PeerId, limits: GossipLimits, shared?: ByteBudget) {
    this.author = author;
    this.#limits = limits;
    this.#shared = shared;
  }

  get entries(): readonly KeptEntry[] {
    return this.#entries;
  }

  get fork(): Fork | undefined {
    return this.#fork;
  }

  get nextSeq(): number {
    return this.#entries.length;
  }

  /** Hash that the next entry must name as its `prev`: 32 zero bytes at the start. */
  get prevHash(): Bytes {
    return this.#entries.at(-1)?.hash ?? new Uint8Array(HASH_LENGTH);
  }

  /** First seq that will not be taken whatever comes: past a fork or past a cap. */
  get end(): number {
    const capped = this.#full ? this.nextSeq : this.#limits.maxEntriesPerAuthor;
    return Math.min(capped, this.#fork?.fromSeq ?? capped);
  }

  has(entry: KeptEntry): boolean {
    const live = this.#entries[entry.seq];
    return live !== undefined && equalBytes(live.hash, entry.hash);
  }

  isProof(entry: KeptEntry): boolean {
    return this.#fork?.entries.some(proof => equalBytes(proof.hash, entry.hash)) ?? false;
  }

  /** Whether the entry, if its signature holds, would prove a fork that is not known yet. */
  wouldFork(entry: KeptEntry): boolean {
    const found = this.contradiction(entry);
    return found !== undefined && found.fromSeq < (this.#fork?.fromSeq ?? Infinity);
  }

  /** The lowest contradiction between the entry and what is known here; both taken as validly signed. */
  contradiction(entry: KeptEntry): Fork | undefined {
    let found: Fork | undefined;
    for (const other of [
      this.#entries[entry.seq - 1],
      this.#entries[entry.seq],
      this.#entries[entry.seq + 1],
    ])
      if (other !== undefined) found = lowerFork(found, findFork(other, entry));
    for (const other of this.#fork?.entries ?? []) found = lowerFork(found, findFork(other, entry));
    return found;
  }

  /** Whether so many bytes more stay within the author's own cap. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limits.maxBytesPerAuthor;
  }

  /** Appends the entry if it is the next one, within the caps and before any fork. The caller has checked its signature. */
  append(entry: KeptEntry): boolean {
    if (entry.seq !== this.nextSeq || entry.seq >= this.end || !equalBytes(entry.prev, this.prevHash))
      return false;
    const bytes = entry.raw.length;
    if (!this.fits(bytes) || this.#shared?.take(bytes) === false) {
      this.#full = true;
      return false;
    }
    this.#entries.push(kept(entry));
    this.#bytes += bytes;
    return true;
  }

  /** Takes a proof if it voids more than is void already, and finds room; true when it did. */
  freeze(fork: Fork): boolean {
    if (fork.fromSeq >= (this.#fork?.fromSeq ?? Infinity)) return false;
    const [low, high] = fork.entries;
    const voided = bytesOf(this.#entries.slice(fork.fromSeq));
    const needed = bytesOf(fork.entries) - voided - bytesOf(this.#fork?.entries ?? []);
    if (needed > 0 && this.#shared?.take(needed) === false) return false;
    if (needed < 0) this.#shared?.giveBack(-needed);
    this.#fork = { fromSeq: fork.fromSeq, entries: [kept(low), kept(high)] };
    this.#entries.length = Math.min(this.#entries.length, fork.fromSeq);
    this.#bytes -= voided;
    return true;
  }
}
