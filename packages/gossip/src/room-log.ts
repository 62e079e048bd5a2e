import { ProtocolError, equalBytes } from '@shoal/protocol';
import type { Bytes, GossipMessage, LogEntry, PeerId } from '@shoal/protocol';
import { AuthorLog } from './author-log.ts';
import { ByteBudget } from './byte-budget.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { GossipError } from './errors.ts';
import type { GossipEffect, GossipEvent, MisbehaviourCode } from './events.ts';
import { findFork, lowerFork } from './fork.ts';
import type { Fork } from './fork.ts';
import { HeldEntries } from './held-entries.ts';
import type { Held } from './held-entries.ts';
import type { KeptEntry } from './kept-entry.ts';
import { DEFAULT_GOSSIP_LIMITS } from './limits.ts';
import type { GossipLimits } from './limits.ts';
import { LogSync } from './log-sync.ts';
import type { Neighbour } from './neighbour.ts';

export interface RoomLogOptions {
  readonly self: PeerId;
  readonly limits?: Partial<GossipLimits>;
  /** Default: one of its own. A simulator's members share one, since they share the bytes. */
  readonly decoder?: Pick<EntryDecoder, 'decode'>;
}

/** Where an author's log ends: what the next entry must say. */
export interface LogHead {
  readonly nextSeq: number;
  /** 32 bytes. */
  readonly prevHash: Bytes;
}

/**
 * The logs of all members of a room, kept equal among them. Pure: an event changes the state, then neighbours are sent what they
 * lack. Rules and their ids are in SPEC.md.
 *
 * It does not own: verifying signatures (`check`), storing (`accepted`, `forked`), what entries mean (`Catalogue`), who is told
 * what and when (`LogSync`).
 */
export class RoomLog {
  readonly #self: PeerId;
  readonly #limits: GossipLimits;
  readonly #authors = new Map<PeerId, AuthorLog>();
  readonly #sync: LogSync;
  readonly #held: HeldEntries;
  readonly #shared: ByteBudget;
  readonly #decoder: Pick<EntryDecoder, 'decode'>;
  #effects: GossipEffect[] = [];

  constructor(options: RoomLogOptions) {
    this.#self = options.self;
    this.#decoder = options.decoder ?? new EntryDecoder();
    this.#limits = { ...DEFAULT_GOSSIP_LIMITS, ...options.limits };
    this.#held = new HeldEntries(this.#limits);
    this.#shared = new ByteBudget(this.#limits.maxBytes);
    this.#sync = new LogSync({
      self: this.#self,
      limits: this.#limits,
      logs: this.#authors,
      admits: author => this.#admits(author),
      send: (peer, message) => this.#effects.push({ type: 'send', peer, message }),
    });
  }

  /**
   * @returns what to do, in order.
   * @throws GossipError only for `authored` entries that do not continue the own log.
   */
  receive(event: GossipEvent): readonly GossipEffect[] {
    this.#effects = [];
    this.#apply(event);
    this.#sync.evaluate();
    if (this.#held.checking === 0) this.#sync.settled();
    return this.#effects;
  }

  head(author: PeerId): LogHead {
    const log = this.#authors.get(author);
    return { nextSeq: log?.nextSeq ?? 0, prevHash: log?.prevHash ?? new Uint8Array(32) };
  }

  /** Accepted entries of one author, or of all (author by author), in order of `seq`. */
  entries(author?: PeerId): readonly KeptEntry[] {
    if (author !== undefined) return [...(this.#authors.get(author)?.entries ?? [])];
    return [...this.#authors.values()].flatMap(log => log.entries);
  }

  /** Authors who forked their log, and from which seq on it is void. */
  get frozen(): ReadonlyMap<PeerId, Fork> {
    const frozen = new Map<PeerId, Fork>();
    for (const [author, log] of this.#authors) if (log.fork !== undefined) frozen.set(author, log.fork);
    return frozen;
  }

  /** Entries being checked or waiting for an earlier one, and their raw bytes. For diagnosis and tests. */
  get held(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#held.size, bytes: this.#held.bytes };
  }

  #apply(event: GossipEvent): void {
    switch (event.type) {
      case 'neighbour-joined':
        if (event.peer !== this.#self) this.#sync.joined(event.peer);
        return;
      case 'neighbour-left':
        return this.#sync.left(event.peer);
      case 'message':
        return this.#message(event.peer, event.message);
      case 'checked':
        return this.#checked(event.entry, event.valid);
      case 'authored':
        return this.#authored(event.entry);
      case 'restored':
        return this.#restored(event.entries);
      case 'tick':
        return this.#sync.tick();
      case 'flush':
        return this.#sync.flush();
    }
  }

  #message(peer: PeerId, message: GossipMessage): void {
    const neighbour = this.#sync.get(peer);
    if (neighbour === undefined || neighbour.ended) return;
    switch (message.type) {
      case 'log-entries':
        return this.#entries(neighbour, message.entries);
      case 'log-vector':
        if (this.#countsHold(neighbour, message.vector)) this.#sync.vector(neighbour, message.vector);
        return;
      case 'log-part':
        if (this.#countsHold(neighbour, message.vector))
          this.#sync.part(neighbour, message.buckets, message.vector);
        return;
      case 'log-heads':
        if (this.#countsHold(neighbour, message.heads))
          this.#sync.heads(neighbour, message.heads, message.want);
        return;
      case 'log-digest':
        return this.#sync.digest(neighbour, message.root, message.buckets);
      case 'log-done':
        return this.#sync.done(neighbour);
      case 'log-prune':
        return this.#sync.prune(neighbour);
    }
  }

  #countsHold(neighbour: Neighbour, counts: readonly (readonly [PeerId, number, ...unknown[]])[]): boolean {
    if (counts.every(([, count]) => Number.isSafeInteger(count) && count >= 0)) return true;
    this.#misbehaved(neighbour, 'malformed-vector', 'a count of entries is not a whole number');
    return false;
  }

  #entries(neighbour: Neighbour, raws: readonly Bytes[]): void {
    const gaps: LogEntry[] = [];
    let known = raws.length > 0;
    for (const raw of raws) {
      const entry = this.#decode(neighbour, raw);
      if (entry === undefined) return;
      const found = this.#hold(neighbour, entry);
      if (found !== 'known') known = false;
      if (found === 'gap') gaps.push(entry);
    }
    this.#sync.heard(neighbour, gaps, known);
  }

  #decode(neighbour: Neighbour, raw: Bytes): LogEntry | undefined {
    try {
      const entry = this.#decoder.decode(raw);
      if (entry.seq > 0 || entry.prev.every(byte => byte === 0)) return entry;
      this.#misbehaved(neighbour, 'malformed-entry', 'a first entry names an entry before it');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#misbehaved(neighbour, 'malformed-entry', error.message);
    }
    return undefined;
  }

  /** Takes in one entry from a neighbour. `gap`: new, and what comes before it is missing. */
  #hold(neighbour: Neighbour, entry: LogEntry): 'new' | 'gap' | 'known' | 'other' {
    const log = this.#authors.get(entry.author);
    if (log?.fork !== undefined && log.isProof(entry)) {
      neighbour.heardProof(entry.author, log.fork);
      return 'other';
    }
    if (log?.has(entry) === true) {
      neighbour.noteHas(entry.author, entry.seq + 1);
      neighbour.headCompared(entry);
      return 'known';
    }
    if (log === undefined ? !this.#admits(entry.author) : entry.seq >= log.end && !log.wouldFork(entry))
      return 'other';
    const held = this.#held.get(entry);
    if (held !== undefined) {
      held.from.add(neighbour.peer);
      return 'known';
    }
    if (this.#held.add(entry, neighbour.peer, this.#distance) === undefined) {
      neighbour.askAgain = true;
      return 'other';
    }
    this.#effects.push({ type: 'check', entry, from: neighbour.peer });
    return this.#gapBefore(entry) ? 'gap' : 'new';
  }

  readonly #distance = (entry: LogEntry): number =>
    entry.seq - (this.#authors.get(entry.author)?.nextSeq ?? 0);

  #checked(entry: LogEntry, valid: boolean): void {
    const held = this.#held.get(entry);
    if (held === undefined) return;
    // Others may have come in while it was being checked.
    if (valid && !this.#admits(entry.author)) this.#held.remove(held);
    else if (valid) {
      this.#held.verified(held);
      this.#weigh(held.entry);
      this.#drain(entry.author);
    } else this.#refuse(held);
  }

  #refuse(held: Held): void {
    this.#held.remove(held);
    for (const peer of held.from) {
      const neighbour = this.#sync.get(peer);
      if (neighbour !== undefined)
        this.#misbehaved(neighbour, 'bad-signature', 'a log entry is not signed by its author');
    }
    // While it was being checked it seemed to close a gap, which nobody was asked to close.
    for (const waiting of this.#held.ofAuthor(held.entry.author)) {
      if (!this.#gapBefore(waiting.entry)) continue;
      for (const peer of waiting.from) {
        const neighbour = this.#sync.get(peer);
        if (neighbour !== undefined) neighbour.askAgain = true;
      }
    }
  }

  #gapBefore(entry: LogEntry): boolean {
    const next = this.#authors.get(entry.author)?.nextSeq ?? 0;
    return entry.seq > next && !this.#held.hasSeq(entry.author, entry.seq - 1);
  }

  /** Compares a checked entry with everything known of its author, and freezes the author on a contradiction. */
  #weigh(entry: LogEntry, others: Iterable<LogEntry> = []): void {
    const log = this.#logOf(entry.author);
    let fork = log.contradiction(entry);
    for (const other of others) fork = lowerFork(fork, findFork(other, entry));
    for (const held of this.#held.ofAuthor(entry.author))
      if (held.verified && held.entry !== entry) fork = lowerFork(fork, findFork(held.entry, entry));
    if (fork === undefined || !log.freeze(fork)) return;
    this.#sync.changed(log.author, log.nextSeq);
    this.#effects.push({ type: 'forked', author: log.author, ...fork });
  }

  /** Accepts held entries for as long as the next one is there, then lets go of those that can never be accepted. */
  #drain(author: PeerId): void {
    const log = this.#logOf(author);
    for (let next: boolean = true; next;) {
      next = false;
      for (const held of this.#held.ofAuthor(author)) {
        if (!held.verified || !log.append(held.entry)) continue;
        next = true;
        this.#held.remove(held);
        this.#accept(held.entry, held.from);
      }
    }
    for (const held of this.#held.ofAuthor(author))
      if (held.verified && (held.entry.seq < log.nextSeq || held.entry.seq >= log.end))
        this.#held.remove(held);
  }

  #accept(entry: LogEntry, from: Iterable<PeerId>): void {
    this.#sync.changed(entry.author, entry.seq);
    this.#effects.push({ type: 'accepted', entry, stored: false });
    for (const peer of from) {
      const neighbour = this.#sync.get(peer);
      neighbour?.noteHas(entry.author, entry.seq + 1);
      neighbour?.headCompared(entry);
    }
  }

  /**
   * To be asked before an entry of ours is kept: what is kept and then refused would contradict the next one after a reload.
   * @throws GossipError as `authored` would
   */
  expectAuthored(entry: LogEntry): void {
    if (entry.author !== this.#self)
      throw new GossipError('not-own-entry', 'an authored entry must be our own');
    const log = this.#logOf(entry.author);
    if (log.fork !== undefined)
      throw new GossipError('author-frozen', 'our own log is forked and takes no more entries');
    if (entry.seq !== log.nextSeq || !equalBytes(entry.prev, log.prevHash))
      throw new GossipError('stale-entry', `our log goes on at ${log.nextSeq}, not at ${entry.seq}`);
    if (entry.seq >= log.end || !log.fits(entry.raw.length))
      throw new GossipError('log-full', 'our own log takes no more entries');
  }

  #authored(entry: LogEntry): void {
    this.expectAuthored(entry);
    this.#logOf(entry.author).append(entry);
    this.#accept(entry, []);
    // A copy of our log may run elsewhere: what came in as held can contradict what we just wrote.
    this.#weigh(entry);
    this.#drain(entry.author);
  }

  #restored(entries: readonly LogEntry[]): void {
    const sorted = [...entries].sort((a, b) => a.seq - b.seq);
    for (const author of new Set(sorted.map(entry => entry.author))) {
      const own = sorted.filter(entry => entry.author === author);
      const log = this.#logOf(author);
      own.forEach((entry, index) => {
        const near: LogEntry[] = [];
        for (let i = index - 1; i >= 0 && (own[i]?.seq ?? 0) >= entry.seq - 1; i -= 1)
          near.push(...own.slice(i, i + 1));
        this.#weigh(entry, near);
        if (!log.append(entry)) return;
        this.#sync.changed(author, entry.seq);
        this.#effects.push({ type: 'accepted', entry, stored: true });
      });
      this.#drain(author);
    }
  }

  #misbehaved(neighbour: Neighbour, code: MisbehaviourCode, text: string): void {
    if (neighbour.ended) return;
    this.#sync.end(neighbour);
    this.#effects.push({ type: 'misbehaved', peer: neighbour.peer, code, text });
  }

  #admits(author: PeerId): boolean {
    return author === this.#self || this.#authors.has(author) || this.#authors.size < this.#limits.maxAuthors;
  }

  #logOf(author: PeerId): AuthorLog {
    const known = this.#authors.get(author);
    if (known !== undefined) return known;
    const log = new AuthorLog(author, this.#limits, author === this.#self ? undefined : this.#shared);
    this.#authors.set(author, log);
    return log;
  }
}
