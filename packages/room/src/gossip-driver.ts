import { createEntry, decodeEntry, offerIdOf, verifyEntry } from '@shoal/protocol';
import type {
  CryptoPort,
  EntryBody,
  GossipMessage,
  LogEntry,
  OfferId,
  PeerId,
  RoomId,
  Signer,
} from '@shoal/protocol';
import { Catalogue, EntryDecoder, RoomLog } from '@shoal/gossip';
import type { CatalogueChange, GossipEffect, GossipEvent } from '@shoal/gossip';
import type { Links } from './links.ts';
import { LogIntake } from './log-intake.ts';
import { LogOutbox } from './log-outbox.ts';
import { nextTask } from './next-task.ts';
import type { RoomVault } from './room-vault.ts';

export interface GossipHandlers {
  changed(changes: readonly CatalogueChange[]): void;
  forked(author: PeerId): void;
  failed(error: unknown): void;
}

export interface GossipDriverOptions {
  readonly room: RoomId;
  readonly signer: Signer;
  readonly crypto: CryptoPort;
  readonly links: Links;
  readonly vault: RoomVault;
  readonly handlers: GossipHandlers;
}

/** What the room itself has to tell the log. */
type RoomEvent = Extract<GossipEvent, { type: 'neighbour-joined' | 'neighbour-left' | 'flush' | 'tick' }>;

/** Runs the room log: checks signatures, stores what was accepted, writes our own entries. */
export class GossipDriver {
  readonly catalogue: Catalogue;
  readonly #log: RoomLog;
  readonly #intake: LogIntake;
  readonly #outbox: LogOutbox;
  readonly #options: GossipDriverOptions;
  /** Own entries are written one after the other: each names the hash of the one before. */
  #authoring: Promise<unknown> = Promise.resolve();

  constructor(options: GossipDriverOptions) {
    this.#options = options;
    this.catalogue = new Catalogue(options.signer.peerId);
    this.#outbox = new LogOutbox(options.links);
    const decoder = new EntryDecoder();
    this.#log = new RoomLog({ self: options.signer.peerId, decoder });
    this.#intake = new LogIntake({
      decoder,
      rest: nextTask,
      receive: (peer, message) => this.#tell({ type: 'message', peer, message }),
      flooded: peer => options.links.drop(peer, 'log-flood', 'sent more of the room log than a room holds'),
      failed: options.handlers.failed,
    });
  }

  /** Takes back what the vault kept; what no longer decodes is skipped and will come again from a neighbour. */
  restore(raw: readonly Parameters<typeof decodeEntry>[0][]): void {
    const entries: LogEntry[] = [];
    for (const bytes of raw) {
      try {
        entries.push(decodeEntry(bytes));
      } catch {
        // A damaged record: gossip repairs it.
      }
    }
    this.#tell({ type: 'restored', entries });
  }

  /**
   * Signs and publishes an entry of ours. `before` runs once the entry's id is known and before anybody hears
   * of it, so that a sharer can serve its offer from the first moment.
   */
  author(body: EntryBody, before?: (offer: OfferId) => Promise<void>): Promise<LogEntry> {
    const { signer, room } = this.#options;
    const next = this.#authoring.then(async () => {
      const { nextSeq, prevHash } = this.#log.head(signer.peerId);
      const entry = await createEntry(signer, room, nextSeq, prevHash, body, nextTask);
      this.#log.expectAuthored(entry);
      await before?.(offerIdOf(entry));
      // Meanwhile a neighbour may have brought back what we had forgotten.
      this.#log.expectAuthored(entry);
      // On disk before anybody hears of it: a member that forgets what it told others forks its own log.
      await this.#options.vault.appendEntry(entry);
      this.#tell({ type: 'authored', entry });
      return entry;
    });
    this.#authoring = next.catch(() => undefined);
    return next;
  }

  /** A neighbour said something of the log. */
  message(peer: PeerId, message: GossipMessage): void {
    this.#intake.receive(peer, message);
  }

  /** What a neighbour says goes through {@link message}, which takes its time. */
  receive(event: RoomEvent): void {
    if (event.type === 'neighbour-left') {
      this.#intake.left(event.peer);
      this.#outbox.left(event.peer);
    }
    this.#tell(event);
  }

  /** A neighbour's link may take more. */
  writable(peer: PeerId): void {
    this.#outbox.writable(peer);
  }

  #tell(event: GossipEvent): void {
    for (const effect of this.#log.receive(event)) this.#run(effect);
  }

  #run(effect: GossipEffect): void {
    const { links, handlers } = this.#options;
    switch (effect.type) {
      case 'send':
        this.#outbox.send(effect.peer, effect.message);
        break;
      case 'check':
        this.#check(effect.entry, effect.from).catch(handlers.failed);
        break;
      case 'accepted':
        // Storing twice is harmless, and an own entry that comes back from a neighbour must not be lost again.
        if (!effect.stored) this.#options.vault.appendEntry(effect.entry).catch(handlers.failed);
        handlers.changed(this.catalogue.apply(effect.entry));
        break;
      case 'forked':
        this.#options.vault.keepFork(effect.author, effect.fromSeq, effect.entries).catch(handlers.failed);
        handlers.changed(this.catalogue.revoke(effect.author, effect.fromSeq));
        handlers.forked(effect.author);
        break;
      case 'misbehaved':
        links.drop(effect.peer, effect.code, effect.text);
        break;
    }
  }

  async #check(entry: LogEntry, from: PeerId): Promise<void> {
    const { crypto, room } = this.#options;
    const valid = await verifyEntry(crypto, room, entry);
    this.#tell({ type: 'checked', entry, valid, from });
  }
}
