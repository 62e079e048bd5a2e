import { LOG_TIP_BYTES, equalBytes, logBucketOf } from '@shoal/protocol';
import type { Bytes, GossipMessage, LogTip, PeerId } from '@shoal/protocol';
import type { AuthorLog } from './author-log.ts';
import { packEntries } from './batches.ts';
import { LogDigests } from './digests.ts';
import type { KeptEntry } from './kept-entry.ts';
import type { GossipLimits } from './limits.ts';
import { Neighbour } from './neighbour.ts';
import { PATIENCE, Turns } from './turns.ts';

/** Authors up to whom a vector is as short as the digests of all buckets, and saves a round trip. */
const SMALL_VECTOR = 16;
/** Every so many flushes, those who are not sent new entries are told of them. */
const FLUSHES_PER_ANNOUNCEMENT = 4;
/** Flushes in which an announced entry may still come by itself before it is asked for: the way down a busy tree takes seconds. */
const GRACE = 4;
/** With so few neighbours, repeats cost less than the delay of a wrong prune. */
const NEVER_PRUNE = 4;

type Counts = readonly (readonly [PeerId, number])[];

export interface LogSyncOptions {
  readonly self: PeerId;
  readonly limits: GossipLimits;
  readonly logs: ReadonlyMap<PeerId, AuthorLog>;
  /** Whether entries of an author would be taken who is not in `logs`. */
  readonly admits: (author: PeerId) => boolean;
  readonly send: (peer: PeerId, message: GossipMessage) => void;
}

/**
 * Who is told what of the logs, and when: comparison by digest, one catch-up at a time, and a tree of neighbours that pass new
 * entries on while the others are told of them. Rules [GS1] to [GS13]. It does not own the logs, nor what comes in.
 */
export class LogSync {
  readonly #options: LogSyncOptions;
  readonly #digests: LogDigests;
  readonly #neighbours = new Map<PeerId, Neighbour>();
  /** Per author with entries new in this event, the first of them. */
  readonly #fresh = new Map<PeerId, number>();
  readonly #turns = new Turns();
  /** Per author the flush at which announced entries were last asked for. */
  readonly #wished = new Map<PeerId, number>();
  #flushes = 0;
  /** A prune was sent since the last flush: one burst of repeats must not cut all links of the tree at once. */
  #pruned = false;

  constructor(options: LogSyncOptions) {
    this.#options = options;
    this.#digests = new LogDigests(options.logs);
  }

  get(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer);
  }

  joined(peer: PeerId): void {
    this.left(peer);
    const neighbour = new Neighbour(peer, this.#options.limits);
    this.#neighbours.set(peer, neighbour);
    if (this.#turns.source === undefined) this.#compare(neighbour);
    else {
      neighbour.behind = true;
      this.#sendDigest(neighbour, false);
    }
  }

  left(peer: PeerId): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined) return;
    this.#neighbours.delete(peer);
    this.#release(neighbour);
  }

  end(neighbour: Neighbour): void {
    neighbour.ended = true;
    this.#release(neighbour);
  }

  /** An author's log has new entries from `seq` on, or a new fork. */
  changed(author: PeerId, seq: number): void {
    this.#digests.changed(author);
    this.#fresh.set(author, Math.min(seq, this.#fresh.get(author) ?? seq));
  }

  vector(neighbour: Neighbour, vector: Counts): void {
    this.#answer(neighbour, this.#options.logs.keys(), new Map(vector));
  }

  part(neighbour: Neighbour, buckets: readonly number[], vector: readonly LogTip[]): void {
    const scope = new Set(buckets);
    const inScope = vector.filter(([author]) => scope.has(logBucketOf(author)));
    const counts = new Map(inScope.map(([author, count]) => [author, count]));
    const tips = new Map(inScope.map(([author, , tip]) => [author, tip]));
    this.#answer(
      neighbour,
      [...scope].flatMap(bucket => this.#digests.authorsIn(bucket)),
      counts,
      tips,
    );
  }

  heads(neighbour: Neighbour, heads: Counts, want: boolean): void {
    if (want) {
      const counts = new Map(heads);
      // What somebody asks for by itself it does not get from others.
      neighbour.eager = true;
      this.#answer(neighbour, [], counts);
      return;
    }
    for (const [author, count] of heads) {
      if (this.#options.logs.has(author)) neighbour.noteHas(author, count);
      this.#offered(neighbour, author, count);
    }
  }

  digest(neighbour: Neighbour, root: Bytes, buckets: Bytes): void {
    if (equalBytes(root, this.#digests.root)) {
      // Whoever sent its buckets waits for a word, unless ours have crossed them; so does whoever was told to wait for its turn.
      const waits = neighbour.behind || (buckets.length > 0 && this.#turns.source !== neighbour);
      neighbour.same();
      this.#release(neighbour);
      if (waits) this.#sendDigest(neighbour, false);
      return;
    }
    if (!neighbour.spend()) return;
    if (neighbour.waiting > 0) {
      if (buckets.length > 0 && this.#turns.source !== neighbour) this.#later(neighbour);
      return;
    }
    if (buckets.length === 0) {
      // Our buckets are on their way already where we have begun to compare.
      if (this.#turns.source !== neighbour) this.#sendDigest(neighbour, true);
      return;
    }
    if (this.#turns.isOthers(neighbour) && !this.#turns.giveWay(neighbour, this.#options.self)) {
      this.#later(neighbour);
      return;
    }
    this.#waitFor(neighbour);
    const differing = this.#digests.differing(buckets);
    if (!neighbour.synced)
      for (const author of neighbour.queue.keys())
        if (!differing.includes(logBucketOf(author))) neighbour.queue.delete(author);
    const vector = differing.flatMap(bucket =>
      this.#digests.authorsIn(bucket).flatMap(author => this.#tipOf(author)),
    );
    this.#options.send(neighbour.peer, { type: 'log-part', buckets: differing, vector });
  }

  done(neighbour: Neighbour): void {
    // It knows what we showed it. Where we wait for nothing it has no time for us, and compares later.
    if (neighbour.waiting > 0) neighbour.synced = true;
    this.#release(neighbour);
  }

  prune(neighbour: Neighbour): void {
    neighbour.eager = false;
  }

  /**
   * Entries have come. `gaps` are those whose predecessor is missing; `known` says that all of them were here already.
   */
  heard(neighbour: Neighbour, gaps: readonly KeptEntry[], known: boolean): void {
    if (neighbour.waiting > 0) {
      this.#waitFor(neighbour);
      for (const { author, seq } of gaps) neighbour.offered.set(author, { count: seq, at: -Infinity });
      return;
    }
    if (gaps.length > 0) this.#wish(neighbour, new Set(gaps.map(({ author }) => author)));
    if (!known || this.#pruned || !neighbour.eager || this.#neighbours.size <= NEVER_PRUNE) return;
    if ([...this.#neighbours.values()].filter(({ eager, ended }) => eager && !ended).length <= 1) return;
    this.#pruned = true;
    neighbour.eager = false;
    this.#options.send(neighbour.peer, { type: 'log-prune' });
  }

  /** Nothing is being checked any more: whom may we ask next? */
  settled(): void {
    for (const neighbour of this.#neighbours.values())
      if (neighbour.askAgain && !neighbour.ended) {
        neighbour.askAgain = false;
        neighbour.behind = true;
        this.#release(neighbour);
      }
    if (this.#turns.source === undefined) this.#turnToNext();
  }

  tick(): void {
    for (const neighbour of this.#neighbours.values()) {
      neighbour.refill();
    }
    const next = [...this.#neighbours.values()].find(neighbour => !neighbour.ended);
    if (next === undefined) return;
    // To the back of the line: a Map keeps the order of insertion.
    this.#neighbours.delete(next.peer);
    this.#neighbours.set(next.peer, next);
    this.#sendDigest(next, false);
  }

  flush(): void {
    this.#flushes += 1;
    this.#pruned = false;
    for (const [author, at] of this.#wished)
      if (this.#flushes - at >= FLUSHES_PER_ANNOUNCEMENT) this.#wished.delete(author);
    // Without waiting for open checks: whoever always sends more would never let them end.
    if (this.#turns.flush()) this.#turnToNext();
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.ended) continue;
      if (neighbour.waiting > 0 && --neighbour.waiting === 0) this.#release(neighbour);
      neighbour.pushed = false;
      if (neighbour.synced && neighbour.eager) this.#push(neighbour);
      else if (neighbour.synced && this.#flushes % FLUSHES_PER_ANNOUNCEMENT === 0) this.#announce(neighbour);
      this.#wishOffered(neighbour);
    }
  }

  /** Sends on what is new, as far as this event has changed that. */
  evaluate(): void {
    if (this.#fresh.size === 0) return;
    const open = [...this.#neighbours.values()].filter(({ ended }) => !ended);
    const ready = open.filter(({ synced }) => synced);
    const [first] = ready;
    if (first !== undefined && ready.every(({ eager }) => !eager)) first.eager = true;
    for (const neighbour of open)
      for (const [author, seq] of this.#fresh)
        neighbour.queue.set(author, Math.min(seq, neighbour.queue.get(author) ?? seq));
    for (const neighbour of ready) {
      const proofs = [...this.#fresh.keys()].flatMap(author => this.#newProof(neighbour, author));
      if (neighbour.eager && !neighbour.pushed) this.#push(neighbour);
      this.#sendEntries(neighbour, proofs);
    }
    this.#fresh.clear();
  }

  /** The proof of a fork that the neighbour was not sent yet, after the last entry that stands. */
  #newProof(neighbour: Neighbour, author: PeerId): KeptEntry[] {
    const log = this.#options.logs.get(author);
    if (log?.fork === undefined || !neighbour.takeProof(author, log.fork, false)) return [];
    return [...log.entries.slice(-1), ...log.fork.entries];
  }

  /** Of those that wait, whoever's last turn is longest ago: two that always come back cannot keep the turn between them. */
  #turnToNext(): void {
    const [next] = [...this.#neighbours.values()]
      .filter(({ behind, waiting, ended }) => behind && waiting === 0 && !ended)
      .toSorted((a, b) => a.turn - b.turn);
    if (next !== undefined) this.#compare(next);
  }

  /** Begins to catch up from a neighbour. */
  #compare(neighbour: Neighbour): void {
    neighbour.behind = false;
    // It is about to see all of that.
    if (!neighbour.synced) neighbour.queue.clear();
    this.#turns.begin(neighbour);
    const authors = [...this.#options.logs].filter(([, { nextSeq }]) => nextSeq > 0);
    if (authors.length > SMALL_VECTOR) {
      this.#sendDigest(neighbour, true);
      return;
    }
    this.#waitFor(neighbour);
    const vector = authors.map(([author, { nextSeq }]): [PeerId, number] => [author, nextSeq]);
    this.#options.send(neighbour.peer, { type: 'log-vector', vector });
  }

  #waitFor(neighbour: Neighbour): void {
    neighbour.waiting = PATIENCE;
    if (!this.#turns.isOthers(neighbour)) this.#turns.begin(neighbour);
  }

  /** It shows its buckets while we catch up from another: it need not wait for us. */
  #later(neighbour: Neighbour): void {
    neighbour.behind = true;
    this.#options.send(neighbour.peer, { type: 'log-done' });
  }

  #release(neighbour: Neighbour): void {
    neighbour.waiting = 0;
    this.#turns.end(neighbour);
  }

  #sendDigest(neighbour: Neighbour, withBuckets: boolean): void {
    const buckets = withBuckets ? this.#digests.buckets : new Uint8Array(0);
    this.#options.send(neighbour.peer, { type: 'log-digest', root: this.#digests.root, buckets });
  }

  #tipOf(author: PeerId): LogTip[] {
    const log = this.#options.logs.get(author);
    if (log === undefined || log.nextSeq === 0) return [];
    return [[author, log.nextSeq, log.prevHash.slice(0, LOG_TIP_BYTES)]];
  }

  #lacks(author: PeerId, count: number): boolean {
    const log = this.#options.logs.get(author);
    if (log === undefined) return count > 0 && this.#options.admits(author);
    return Math.min(count, log.end) > log.nextSeq;
  }

  /** Sends what the counts show to be missing, and asks for what they show to be missing here. */
  #answer(
    neighbour: Neighbour,
    scope: Iterable<PeerId>,
    counts: ReadonlyMap<PeerId, number>,
    tips?: ReadonlyMap<PeerId, Bytes>,
  ): void {
    const authors = new Set([...scope, ...counts.keys()]);
    if (!neighbour.takeCounts(authors, counts)) {
      // It gets nothing again, but need not wait for it either.
      this.#options.send(neighbour.peer, { type: 'log-done' });
      return;
    }
    neighbour.synced = true;
    const entries = [...authors].flatMap(author => this.#missing(neighbour, author, tips?.get(author)));
    this.#sendEntries(neighbour, entries);
    this.#options.send(neighbour.peer, { type: 'log-done' });
    const lacking = [...counts].filter(([author, count]) => this.#lacks(author, count));
    if (neighbour.waiting > 0) {
      // What we wait for may be something else.
      for (const [author, count] of lacking) this.#offered(neighbour, author, count);
      return;
    }
    if (lacking.length === 0) this.#release(neighbour);
    else if (this.#turns.isOthers(neighbour)) neighbour.behind = true;
    else {
      this.#turns.begin(neighbour);
      this.#wish(
        neighbour,
        lacking.map(([author]) => author),
      );
    }
  }

  /** What a neighbour that has just told its count lacks of an author. */
  #missing(neighbour: Neighbour, author: PeerId, tip: Bytes | undefined): KeptEntry[] {
    const log = this.#options.logs.get(author);
    if (log === undefined) return [];
    const has = neighbour.has(author) ?? 0;
    const missing = has < log.nextSeq && neighbour.takeRest(author, has) ? log.entries.slice(has) : [];
    const head = log.entries.at(-1);
    neighbour.queue.delete(author);
    if (head !== undefined && missing.length > 0) {
      neighbour.noteHas(author, log.nextSeq);
      neighbour.headCompared(head);
    } else if (head !== undefined && has === log.nextSeq && this.#options.self < neighbour.peer) {
      // Equal lengths may hide different entries: one side shows its head, unless the tips say that they are the same.
      const same = tip !== undefined && equalBytes(tip, head.hash.subarray(0, LOG_TIP_BYTES));
      if (!same && neighbour.takeHead(head)) missing.push(head);
    }
    if (log.fork === undefined || !neighbour.takeProof(author, log.fork, true)) return missing;
    if (head !== undefined && missing.length === 0) missing.push(head);
    return [...missing, ...log.fork.entries];
  }

  #push(neighbour: Neighbour): void {
    const entries: KeptEntry[] = [];
    for (const [author, seq] of neighbour.queue) {
      const log = this.#options.logs.get(author);
      const fresh = log?.entries.slice(Math.max(seq, neighbour.has(author) ?? seq)) ?? [];
      const head = fresh.at(-1);
      if (head !== undefined) {
        entries.push(...fresh);
        neighbour.noteHas(author, head.seq + 1);
        neighbour.headCompared(head);
      }
      entries.push(...this.#newProof(neighbour, author));
    }
    neighbour.queue.clear();
    neighbour.pushed ||= entries.length > 0;
    this.#sendEntries(neighbour, entries);
  }

  #announce(neighbour: Neighbour): void {
    const heads: [PeerId, number][] = [];
    for (const [author, seq] of neighbour.queue) {
      const count = this.#options.logs.get(author)?.nextSeq ?? 0;
      if (count > seq && count > (neighbour.has(author) ?? seq)) heads.push([author, count]);
    }
    neighbour.queue.clear();
    if (heads.length > 0) this.#options.send(neighbour.peer, { type: 'log-heads', heads, want: false });
  }

  /** Keeps in mind what a neighbour has that is not here. The oldest of it says when to ask, or a busy author's would never be asked for. */
  #offered(neighbour: Neighbour, author: PeerId, count: number): void {
    const before = neighbour.offered.get(author);
    if (before !== undefined && this.#lacks(author, before.count)) return;
    if (this.#lacks(author, count) && neighbour.offered.size < this.#options.limits.maxAuthors)
      neighbour.offered.set(author, { count, at: this.#flushes });
  }

  /** Asks for what was announced a while ago and did not come by itself. */
  #wishOffered(neighbour: Neighbour): void {
    if (neighbour.waiting > 0) return;
    const due: PeerId[] = [];
    for (const [author, { count, at }] of neighbour.offered) {
      const lacking = this.#lacks(author, count);
      if (lacking && (this.#flushes - at <= GRACE || this.#wished.has(author))) continue;
      neighbour.offered.delete(author);
      if (lacking) due.push(author);
    }
    if (due.length === 0) return;
    for (const author of due) this.#wished.set(author, this.#flushes);
    this.#wish(neighbour, due);
  }

  /** Asks for what comes after what is here of these authors, and from now on for their new entries in full. */
  #wish(neighbour: Neighbour, authors: Iterable<PeerId>): void {
    neighbour.eager = true;
    neighbour.waiting = PATIENCE;
    const heads = [...authors].map((author): [PeerId, number] => [
      author,
      this.#options.logs.get(author)?.nextSeq ?? 0,
    ]);
    this.#options.send(neighbour.peer, { type: 'log-heads', heads, want: true });
  }

  #sendEntries(neighbour: Neighbour, entries: readonly KeptEntry[]): void {
    for (const batch of packEntries(entries, this.#options.limits))
      this.#options.send(neighbour.peer, { type: 'log-entries', entries: batch });
  }
}
