import { parseMemberAddress } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';
import type { Attempt } from './attempt.ts';

/** Connection ids remembered, so that no offer works twice. Beyond it the oldest is forgotten: a replay then fails in DTLS. */
const MAX_SEEN = 4096;

/** All connections that live: unfinished, contested, and those of neighbours. */
export class Attempts {
  readonly #all = new Map<string, Attempt>();
  readonly #seen = new Set<string>();

  get size(): number {
    return this.#all.size;
  }

  /**
   * Links, and connections that we started. What others have started and not finished may come to nothing, at no cost to them: it does
   * not spare us from looking for somebody.
   */
  get ours(): number {
    return [...this.#all.values()].filter(attempt => attempt.isOpen || attempt.outgoing).length;
  }

  [Symbol.iterator](): IterableIterator<Attempt> {
    return this.#all.values();
  }

  get(connection: string): Attempt | undefined {
    return this.#all.get(connection);
  }

  has(attempt: Attempt): boolean {
    return this.#all.get(attempt.connection) === attempt;
  }

  add(attempt: Attempt): void {
    this.#all.set(attempt.connection, attempt);
    this.saw(attempt.connection);
  }

  /** True when it was there. */
  remove(attempt: Attempt): boolean {
    return this.has(attempt) && this.#all.delete(attempt.connection);
  }

  saw(connection: string): void {
    this.#seen.add(connection);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= MAX_SEEN) break;
      this.#seen.delete(oldest);
    }
  }

  wasSeen(connection: string): boolean {
    return this.#seen.has(connection);
  }

  unfinished(): Attempt[] {
    return [...this.#all.values()].filter(attempt => !attempt.isOpen);
  }

  unfinishedWith(address: string): Attempt[] {
    return this.unfinished().filter(attempt => attempt.address === address);
  }

  /** Unfinished connections that this member, or whoever has its address, started: one at a time holds a place. */
  answering(peer: PeerId, address: string): Attempt[] {
    return this.unfinished().filter(
      attempt => !attempt.outgoing && (attempt.peer === peer || attempt.address === address),
    );
  }

  /** Connections that wait for the outcome of a probe of an older link to this member. */
  waiting(peer: PeerId): Attempt[] {
    return [...this.#all.values()].filter(
      attempt => attempt.peer === peer && (attempt.held !== undefined || attempt.link === undefined),
    );
  }

  /** There is a link or an unfinished connection with this member, as far as we know. */
  isWith(peer: PeerId): boolean {
    for (const attempt of this.#all.values()) {
      if (attempt.peer === peer || parseMemberAddress(attempt.address)?.peer === peer) return true;
    }
    return false;
  }

  usesAddress(address: string): boolean {
    for (const attempt of this.#all.values()) if (attempt.address === address) return true;
    return false;
  }
}
