import { MAX_HASHES_PER_MESSAGE } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import { Announcer } from './announcer.ts';
import { Choker } from './choker.ts';
import type { SwarmCore } from './core.ts';
import { Downloader } from './downloader.ts';
import { SwarmError } from './errors.ts';
import type { SwarmEffect, SwarmEvent, SwarmInbound } from './events.ts';
import { HashRequester } from './hash-requester.ts';
import { adoptUnknown, keepAsUnknown, learnBitfield, learnHaves } from './holdings.ts';
import { limitsWith } from './limits.ts';
import type { SwarmLimits } from './limits.ts';
import { Neighbour } from './neighbour.ts';
import { Seeker } from './seeker.ts';
import { hashOf } from './shares.ts';
import { offerStats, peerStats } from './stats.ts';
import type { OfferStats, PeerStats } from './stats.ts';
import { Suspects } from './suspects.ts';
import { Throttle } from './throttle.ts';
import { Torrent } from './torrent.ts';
import { Uploader } from './uploader.ts';

/** The injected world of a {@link Swarm}. */
export interface SwarmOptions {
  readonly self: PeerId;
  /** ms, never going back */
  readonly clock: () => number;
  /** [0, 1) */
  readonly random: () => number;
  readonly limits?: Partial<SwarmLimits>;
}

/**
 * Who gets what from whom, when. `receive` changes the state, one evaluation decides, effects come out: no I/O, no time and no chance of its own,
 * so that a page, a worker and the simulator run the same code. It does not own hashes (the hash book does), bytes (the shell does) or links.
 */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #torrents = new Map<OfferId, Torrent>();
  readonly #neighbours = new Map<PeerId, Neighbour>();
  readonly #core: SwarmCore;
  readonly #downloader: Downloader;
  readonly #uploader: Uploader;
  readonly #hashes: HashRequester;
  readonly #choker: Choker;
  readonly #announcer: Announcer;
  readonly #suspects: Suspects;
  readonly #seeker: Seeker;
  #effects: SwarmEffect[] = [];
  #woken = new Set<Neighbour>();
  #interestChanged = false;
  /** Whose pieces changed, when nothing else did that interest depends on. */
  #news = new Set<Neighbour>();
  #slotsChanged = false;
  #nextIndex = 0;
  /** Milliseconds until a cap lets the next block through; undefined while none holds one back. */
  #waitMs: number | undefined;

  /** @throws SwarmError `bad-limits` */
  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#core = {
      selfHash: hashOf(options.self),
      limits: limitsWith(options.limits),
      torrents: this.#torrents,
      neighbours: this.#neighbours,
      caps: { up: new Throttle(), down: new Throttle() },
      now: () => options.clock(),
      random: () => options.random(),
      emit: effect => this.#effects.push(effect),
      drop: (neighbour, code, text) => {
        this.#effects.push({ type: 'drop', peer: neighbour.peer, code, text });
        this.#leave(neighbour);
      },
      wake: neighbour => this.#woken.add(neighbour),
      wakeHungry: () => {
        for (const neighbour of this.#neighbours.values())
          if (neighbour.hungry !== undefined) this.#woken.add(neighbour);
      },
      wait: ms => {
        this.#waitMs = Math.min(ms, this.#waitMs ?? Infinity);
      },
    };
    this.#downloader = new Downloader(this.#core);
    this.#uploader = new Uploader(this.#core);
    this.#hashes = new HashRequester(this.#core);
    this.#announcer = new Announcer(this.#core);
    this.#suspects = new Suspects(this.#core);
    this.#seeker = new Seeker(this.#core);
    this.#choker = new Choker(this.#core, (neighbour, choking) => this.#setChoking(neighbour, choking));
  }

  get self(): PeerId {
    return this.#options.self;
  }

  /**
   * Takes an event, returns what the shell has to do, in order.
   * @throws SwarmError `bad-offer` when an offer is added whose bitfields do not fit its geometry
   */
  receive(event: SwarmEvent): readonly SwarmEffect[] {
    this.#apply(event);
    this.#evaluate();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  peerStats(peer: PeerId): PeerStats | undefined {
    const neighbour = this.#neighbours.get(peer);
    return neighbour === undefined ? undefined : peerStats(neighbour, this.#core.now());
  }

  offerStats(offer: OfferId): OfferStats | undefined {
    const torrent = this.#torrents.get(offer);
    return torrent === undefined ? undefined : offerStats(torrent, this.#core.now());
  }

  /** Pieces of an offer that a neighbour has said to have; 0 when it has said nothing. */
  piecesAt(peer: PeerId, offer: OfferId): number {
    return this.#neighbours.get(peer)?.holdings.get(offer)?.bits.count ?? 0;
  }

  #apply(event: SwarmEvent): void {
    switch (event.type) {
      case 'neighbour-joined':
        return this.#join(event.peer);
      case 'offer-added':
        return this.#addOffer(event);
      case 'offer-removed':
        return this.#removeOffer(event.offer);
      case 'wanted':
        return this.#want(event);
      case 'caps':
        this.#core.caps.up.set(event.up, this.#core.now());
        this.#core.caps.down.set(event.down, this.#core.now());
        return this.#core.wakeHungry();
      case 'waited':
        return this.#core.wakeHungry();
      case 'tick':
        return this.#tick();
      case 'hashes-known':
      case 'piece-verified':
      case 'pieces-verified':
      case 'piece-lost':
      case 'piece-failed': {
        const torrent = this.#torrents.get(event.offer);
        if (torrent !== undefined) this.#progress(torrent, event);
        return;
      }
      case 'block':
      case 'neighbour-left':
      case 'message':
      case 'block-sent':
      case 'read-failed':
      case 'send-room':
      case 'round-trip':
      case 'lanes':
      case 'standing': {
        const neighbour = this.#neighbours.get(event.peer);
        if (neighbour !== undefined) return this.#onNeighbour(neighbour, event);
        if (event.type === 'block') this.#effects.push({ type: 'ignore' });
        return;
      }
    }
  }

  #onNeighbour(
    neighbour: Neighbour,
    event: Extract<
      SwarmEvent,
      {
        type:
          | 'block'
          | 'neighbour-left'
          | 'message'
          | 'block-sent'
          | 'read-failed'
          | 'send-room'
          | 'round-trip'
          | 'lanes'
          | 'standing';
      }
    >,
  ): void {
    switch (event.type) {
      case 'block':
        return this.#downloader.block(neighbour, event.request, event.length);
      case 'message':
        return this.#message(neighbour, event.message);
      case 'block-sent':
        return this.#uploader.sent(neighbour, event.request, event.room);
      case 'send-room':
        return this.#uploader.room(neighbour, event.bytes);
      case 'read-failed':
        return this.#uploader.failed(neighbour, event.request);
      case 'neighbour-left':
        return this.#leave(neighbour);
      case 'round-trip':
        neighbour.window.pathMs = event.ms ?? Infinity;
        return;
      case 'lanes':
        neighbour.window.connections = event.connections;
        return;
      case 'standing':
        neighbour.standing = event.standing;
        return;
    }
  }

  #progress(
    torrent: Torrent,
    event: Extract<
      SwarmEvent,
      { type: 'hashes-known' | 'piece-verified' | 'pieces-verified' | 'piece-lost' | 'piece-failed' }
    >,
  ): void {
    switch (event.type) {
      case 'hashes-known':
        this.#hashes.known(torrent, event.first, event.count);
        for (const neighbour of torrent.holders.keys()) this.#core.wake(neighbour);
        break;
      case 'piece-verified':
        this.#verified(torrent, event.piece);
        break;
      case 'pieces-verified':
        for (const piece of event.pieces) this.#verified(torrent, piece);
        break;
      case 'piece-lost':
        this.#lost(torrent, event.piece);
        this.#interestChanged = true;
        break;
      case 'piece-failed':
        this.#failed(torrent, event.piece);
        this.#interestChanged = true;
        break;
    }
    this.#core.wakeHungry();
  }

  #verified(torrent: Torrent, piece: number): void {
    const progress = torrent.progress.get(piece);
    this.#downloader.cancelPiece(torrent, piece);
    torrent.verified(piece);
    // It was found on disk while it was still coming.
    if (progress?.received === false) this.#downloader.discard(torrent, progress);
    this.#interestChanged = true;
  }

  #lost(torrent: Torrent, piece: number): void {
    const progress = torrent.progress.get(piece);
    this.#downloader.cancelPiece(torrent, piece);
    torrent.lost(piece);
    // Blocks that came after the loss may be there.
    if (progress !== undefined) this.#downloader.discard(torrent, progress);
  }

  #failed(torrent: Torrent, piece: number): void {
    const progress = torrent.progress.get(piece);
    // What was judged is not what this progress collects: it was begun anew meanwhile, and those that give it now are not to blame.
    if (progress?.received === false) this.#downloader.restart(torrent, progress, false);
    else this.#suspects.failed(torrent, piece);
  }

  #message(neighbour: Neighbour, message: SwarmInbound): void {
    switch (message.type) {
      case 'choke':
        neighbour.choked = true;
        return this.#downloader.disown(neighbour);
      case 'unchoke':
        neighbour.choked = false;
        return this.#core.wake(neighbour);
      case 'interested':
      case 'not-interested':
        neighbour.wantsUs = message.type === 'interested';
        this.#slotsChanged = true;
        return;
      case 'bitfield':
      case 'have-all':
        learnBitfield(
          this.#core,
          neighbour,
          message.offer,
          message.type === 'bitfield' ? message.bits : undefined,
        );
        this.#downloader.retracted(neighbour, message.offer);
        break;
      case 'have':
        learnHaves(this.#core, neighbour, message.offer, message.pieces);
        break;
      case 'request':
        return this.#uploader.request(neighbour, message.offer, message.blocks);
      case 'cancel':
        return this.#uploader.cancel(neighbour, message.ids);
      case 'reject':
        return this.#downloader.rejected(neighbour, message.ids);
      case 'hash-request':
        return this.#provideHashes(neighbour, message);
      case 'hash-reject': {
        const torrent = this.#torrents.get(message.offer);
        if (torrent !== undefined) this.#hashes.rejected(neighbour, torrent, message.first, message.count);
        return;
      }
    }
    this.#news.add(neighbour);
    this.#core.wake(neighbour);
  }

  #provideHashes(neighbour: Neighbour, message: Extract<SwarmInbound, { type: 'hash-request' }>): void {
    const { offer, first, count } = message;
    const torrent = this.#torrents.get(offer);
    if (torrent === undefined)
      return this.#core.emit({
        type: 'send',
        peer: neighbour.peer,
        message: { type: 'hash-reject', offer, first, count },
      });
    const fits = first >= 0 && count > 0 && first + count <= torrent.geometry.pieceCount;
    if (!fits || count > MAX_HASHES_PER_MESSAGE)
      return this.#core.drop(neighbour, 'bad-hash-request', `Hashes ${first}+${count} do not exist.`);
    this.#core.emit({ type: 'provide-hashes', peer: neighbour.peer, offer, first, count });
  }

  #join(peer: PeerId): void {
    if (this.#neighbours.has(peer)) return;
    const neighbour = new Neighbour(peer, this.#nextIndex, this.#core.now(), this.#core.limits);
    this.#nextIndex += 1;
    this.#neighbours.set(peer, neighbour);
    this.#suspects.joined(neighbour);
    if (!this.#neighbours.has(peer)) return;
    for (const torrent of this.#torrents.values()) this.#announcer.greet(neighbour, torrent);
  }

  #leave(neighbour: Neighbour): void {
    if (!this.#neighbours.delete(neighbour.peer)) return;
    this.#woken.delete(neighbour);
    this.#downloader.release(neighbour);
    this.#uploader.release(neighbour);
    this.#hashes.release(neighbour);
    this.#choker.release(neighbour);
    this.#suspects.left(neighbour);
    for (const torrent of this.#torrents.values()) torrent.leave(neighbour);
    this.#slotsChanged = true;
  }

  #addOffer(event: Extract<SwarmEvent, { type: 'offer-added' }>): void {
    const { offer, geometry, have, hashed } = event;
    if (this.#torrents.has(offer)) return;
    if (have.length !== geometry.pieceCount || hashed.length !== geometry.pieceCount)
      throw new SwarmError('bad-offer', 'The bitfields of an offer do not fit its geometry.');
    const torrent = new Torrent(
      offer,
      geometry,
      { have, hashed },
      this.#core.limits.hashRunFirst,
      this.#core.now(),
    );
    this.#torrents.set(offer, torrent);
    for (const neighbour of [...this.#neighbours.values()]) {
      adoptUnknown(this.#core, neighbour, torrent);
      if (this.#neighbours.has(neighbour.peer)) this.#announcer.greet(neighbour, torrent);
    }
  }

  #removeOffer(offer: OfferId): void {
    const torrent = this.#torrents.get(offer);
    if (torrent === undefined) return;
    this.#downloader.cancel(request => request.torrent === torrent);
    // The store may keep the offer, and it may be added again.
    for (const progress of torrent.progress.values()) this.#downloader.discard(torrent, progress);
    this.#hashes.forget(torrent);
    this.#torrents.delete(offer);
    for (const neighbour of this.#neighbours.values()) {
      this.#announcer.retract(neighbour, torrent);
      this.#uploader.refuse(neighbour, offer);
      keepAsUnknown(this.#core, neighbour, offer);
      neighbour.lazyHaves.delete(offer);
      neighbour.refused.delete(offer);
    }
    this.#interestChanged = true;
    this.#core.wakeHungry();
  }

  #want({ offer, files, windows }: Extract<SwarmEvent, { type: 'wanted' }>): void {
    const torrent = this.#torrents.get(offer);
    if (torrent === undefined) return;
    torrent.setWanted(files, windows);
    this.#downloader.cancel(request => request.torrent === torrent && !torrent.wants(request.progress.piece));
    this.#downloader.endUnwanted();
    this.#interestChanged = true;
    for (const neighbour of torrent.holders.keys()) this.#core.wake(neighbour);
  }

  #tick(): void {
    this.#hashes.tick();
    this.#choker.tick();
    this.#seeker.tick();
    for (const neighbour of this.#neighbours.values()) {
      this.#downloader.tick(neighbour);
      this.#announcer.tick(neighbour);
      this.#core.wake(neighbour);
    }
  }

  #setChoking(neighbour: Neighbour, choking: boolean): void {
    if (neighbour.choking === choking) return;
    neighbour.choking = choking;
    neighbour.chokeChangedAt = this.#core.now();
    neighbour.everUnchoked ||= !choking;
    this.#core.emit({ type: 'send', peer: neighbour.peer, message: { type: choking ? 'choke' : 'unchoke' } });
    if (choking) this.#uploader.refuse(neighbour);
  }

  #evaluate(): void {
    if (this.#slotsChanged) this.#choker.react();
    this.#slotsChanged = false;
    for (const neighbour of this.#interestChanged ? this.#neighbours.values() : this.#news)
      if (this.#neighbours.has(neighbour.peer)) this.#announcer.interest(neighbour);
    this.#interestChanged = false;
    this.#news.clear();
    const woken = this.#woken;
    this.#woken = new Set();
    for (const neighbour of woken) {
      if (this.#neighbours.get(neighbour.peer) !== neighbour) continue;
      this.#hashes.fill(neighbour);
      this.#downloader.fill(neighbour);
    }
    this.#uploader.serve();
    if (this.#waitMs !== undefined) this.#core.emit({ type: 'wait', ms: this.#waitMs });
    this.#waitMs = undefined;
    for (const torrent of this.#torrents.values()) this.#announcer.haves(torrent);
  }
}
