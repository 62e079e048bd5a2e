import type { LogEntry, PeerId } from '@shoal/protocol';
import type { GossipLimits } from './limits.ts';
import { mapKey } from './map-key.ts';

/** An entry that is being checked, or is checked and waits for the one before it. */
export interface Held {
  readonly entry: LogEntry;
  /** Neighbours that sent it: they have it, and answer for its signature. */
  readonly from: Set<PeerId>;
  verified: boolean;
}

/**
 * The bounded buffer between the network and the logs. A copy is identified by hash and signature, so nothing is checked
 * twice. By the hash alone, which does not cover the signature, a liar's copy with a broken signature would take the place
 * of the true one, and honest neighbours would be blamed for it.
 */
export class HeldEntries {
  readonly #limits: GossipLimits;
  readonly #copies = new Map<string, Held>();
  readonly #byAuthor = new Map<PeerId, Set<Held>>();
  #bytes = 0;
  #checking = 0;

  constructor(limits: GossipLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#copies.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Entries whose check has not been answered. */
  get checking(): number {
    return this.#checking;
  }

  get(entry: LogEntry): Held | undefined {
    return this.#copies.get(copyKey(entry));
  }

  ofAuthor(author: PeerId): Iterable<Held> {
    return this.#byAuthor.get(author) ?? [];
  }

  hasSeq(author: PeerId, seq: number): boolean {
    for (const held of this.ofAuthor(author)) if (held.entry.seq === seq) return true;
    return false;
  }

  /**
   * Adds an unchecked entry. When the buffer is full, checked entries that wait further ahead than this one make room
   * (`distance` = places between an entry and the end of its log), so that far-ahead entries cannot shut others out.
   * Returns undefined if there is no room.
   */
  add(entry: LogEntry, from: PeerId, distance: (entry: LogEntry) => number): Held | undefined {
    while (!this.#fits(entry)) {
      const crowded = this.#count(entry.author) >= this.#limits.maxHeldPerAuthor;
      const victim = this.#farthest(crowded ? this.ofAuthor(entry.author) : this.#copies.values(), distance);
      if (victim === undefined || distance(victim.entry) <= distance(entry)) return undefined;
      this.remove(victim);
    }
    const held: Held = { entry, from: new Set([from]), verified: false };
    this.#copies.set(copyKey(entry), held);
    const ofAuthor = this.#byAuthor.get(entry.author) ?? new Set();
    this.#byAuthor.set(entry.author, ofAuthor.add(held));
    this.#bytes += entry.raw.length;
    this.#checking += 1;
    return held;
  }

  verified(held: Held): void {
    if (held.verified) return;
    held.verified = true;
    this.#checking -= 1;
  }

  remove(held: Held): void {
    if (!this.#copies.delete(copyKey(held.entry))) return;
    const ofAuthor = this.#byAuthor.get(held.entry.author);
    ofAuthor?.delete(held);
    if (ofAuthor?.size === 0) this.#byAuthor.delete(held.entry.author);
    this.#bytes -= held.entry.raw.length;
    if (!held.verified) this.#checking -= 1;
  }

  #count(author: PeerId): number {
    return this.#byAuthor.get(author)?.size ?? 0;
  }

  #fits(entry: LogEntry): boolean {
    return (
      this.#copies.size < this.#limits.maxHeld &&
      this.#count(entry.author) < this.#limits.maxHeldPerAuthor &&
      (this.#bytes === 0 || this.#bytes + entry.raw.length <= this.#limits.maxHeldBytes)
    );
  }

  #farthest(candidates: Iterable<Held>, distance: (entry: LogEntry) => number): Held | undefined {
    let farthest: Held | undefined;
    for (const held of candidates)
      if (held.verified && (farthest === undefined || distance(held.entry) > distance(farthest.entry)))
        farthest = held;
    return farthest;
  }
}

function copyKey(entry: LogEntry): string {
  return mapKey(entry.hash, entry.signature);
}
