import type { OfferId, PeerId } from '@shoal/protocol';
import { persist } from '@shoal/storage';
import { Swarm } from '@shoal/swarm';
import { RoomError, codeOf, textOf } from './errors.ts';
import { Failures } from './failures.ts';
import { GossipDriver } from './gossip-driver.ts';
import { HashDriver } from './hash-driver.ts';
import { Inbound } from './inbound.ts';
import { IntoFiles } from './into-files.ts';
import { Links } from './links.ts';
import { defaultName } from './names.ts';
import { Notifier } from './notifier.ts';
import { Offers } from './offers.ts';
import { Outlets } from './outlets.ts';
import { RoomReceipts } from './receipt-wiring.ts';
import type { RoomParts } from './room-parts.ts';
import { saveAll, saveFile, saveFolder } from './saving.ts';
import type { PickFile, Saved } from './saving.ts';
import { Sharing } from './sharing.ts';
import type { ChosenFile, RoomChange, RoomHandle, RoomSnapshot } from './snapshot.ts';
import { Space } from './space.ts';
import { SwarmDriver } from './swarm-driver.ts';
import { Unreached } from './unreached.ts';
import { offerViews, neighbourViews } from './views.ts';

/** Milliseconds between rate refreshes and choker rounds; nothing on the data path waits for it. */
const TICK_MS = 500;
/** Ticks between two writings of own piece hashes: what a crash takes is hashed again. */
const TICKS_PER_FLUSH = 4;
/** Ticks between two comparisons of the log with a neighbour's, which repair whatever was lost: 30 s. */
const TICKS_PER_REPAIR = 60;

/** The one façade: wires log, swarm, storage and mesh, owns no algorithm. */
export class Room implements RoomHandle {
  readonly #parts: RoomParts;
  readonly #failures = new Failures();
  readonly #notifier: Notifier;
  readonly #links: Links;
  readonly #gossip: GossipDriver;
  readonly #hashes: HashDriver;
  readonly #swarm: Swarm;
  readonly #driver: SwarmDriver;
  readonly #offers: Offers;
  readonly #outlets = new Outlets();
  readonly #receipts: RoomReceipts;
  readonly #sharing: Sharing;
  readonly #space: Space;
  readonly #intoFiles: IntoFiles;
  readonly #unreached: Unreached;
  readonly #inbound: Inbound;
  readonly #stops: (() => void)[] = [];
  #connection: RoomSnapshot['connection'] = 'connecting';
  #saving = 0;
  #ticks = 0;
  #snapshot: RoomSnapshot | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    const { room, signer, crypto, store, vault, clock, random } = parts;
    this.#notifier = new Notifier(parts.schedule);
    this.#links = new Links({
      message: (peer, message) => this.#inbound.message(peer, message),
      block: (peer, request, length, frame) => this.#driver.receiveBlock(peer, request, length, frame),
    });
    this.#unreached = new Unreached(parts.mesh, peer => this.#links.get(peer) !== undefined);
    this.#swarm = new Swarm({ self: signer.peerId, clock, random });
    this.#driver = new SwarmDriver({
      swarm: this.#swarm,
      links: this.#links,
      store,
      provideHashes: (peer, offer, first, count) => {
        this.#hashes.provide(peer, offer, first, count).catch(error => this.#offerFailed(offer, error));
      },
      dropped: (peer, code, text) => this.#tell(code, `${this.#nameOf(peer)} was disconnected: ${text}`),
      serving: () => this.#hashes.demanded(),
      seek: () => parts.mesh.seek(),
      readFailed: (offer, error, piece) => this.#sourceFailed(offer, error, piece, 1),
    });
    this.#hashes = new HashDriver({
      room,
      signer,
      crypto,
      store,
      clock,
      links: this.#links,
      handlers: {
        known: (offer, first, count, hashes) => {
          store.expect(offer, first, hashes);
          const tell = (): void => this.#driver.receive({ type: 'hashes-known', offer, first, count });
          // What is stored already must not be asked for in the meantime.
          if (!this.#offers.isDoubted(offer)) tell();
          else
            this.#offers
              .compare(offer)
              .catch(error => this.#offerFailed(offer, error))
              .then(tell, this.#fail);
          // Before the pieces come: who keeps a piece without its hash can neither prove it nor pass it on in a later life.
          this.#persistHashes().catch(this.#fail);
        },
        hashed: (offer, root) => {
          // Who has sealed an offer must know its hashes in every later life, to tell another version of its files.
          this.#persistHashes()
            .then(() => this.#gossip.author({ kind: 'seal', offer, root }))
            .catch(this.#fail);
        },
        grown: (offer, run) => {
          vault.touchHashes(offer, run);
          this.#changed('numbers');
        },
        condemned: (offer, code) => this.#condemn(offer, code),
        failed: (offer, error, first, count) => this.#sourceFailed(offer, error, first, count),
      },
    });
    this.#gossip = new GossipDriver({
      room,
      signer,
      crypto,
      vault,
      links: this.#links,
      handlers: {
        changed: changes => this.#inbound.catalogueChanged(changes),
        forked: author =>
          this.#tell(
            'log-forked',
            `${this.#nameOf(author)} told different members different things, and is no longer listened to.`,
          ),
        failed: this.#fail,
      },
    });
    this.#offers = new Offers({
      store,
      vault,
      hashes: this.#hashes,
      outlets: this.#outlets,
      swarm: event => this.#driver.receive(event),
      current: offer => this.#gossip.catalogue.offers.get(offer),
      opened: state => {
        this.#sharing.opened(state).then(() => this.#changed(), this.#fail);
      },
      takenBack: ({ offer }, [first = 0, ...more]) => {
        const path = offer.geometry.files[first]?.path ?? '';
        const others = more.length === 0 ? '' : ` and ${more.length} more`;
        this.#tell(
          'withdrawn',
          `${this.#nameOf(offer.author)} took back “${path}”${others} before it was here in full.`,
        );
      },
      changed: () => this.#changed(),
      failed: this.#fail,
    });
    this.#receipts = new RoomReceipts({
      self: signer.peerId,
      clock,
      swarm: this.#swarm,
      peers: () => [...this.#links.all].map(({ peer }) => peer),
      gossip: this.#gossip,
      tell: event => this.#driver.receive(event),
    });
    this.#space = new Space({
      store,
      persist,
      offers: this.#offers,
      tell: (code, text) => this.#tell(code, text),
      clear: code => this.#failures.clear(code),
      changed: () => this.#changed(),
    });
    this.#intoFiles = new IntoFiles({
      offers: this.#offers,
      outlets: this.#outlets,
      space: this.#space,
      tell: (code, text, file) => this.#tell(code, text, file),
      clear: code => this.#failures.clear(code),
    });
    this.#sharing = new Sharing({
      self: signer.peerId,
      store,
      vault,
      offers: this.#offers,
      hashes: this.#hashes,
      random,
      author: (body, before) => this.#gossip.author(body, before),
      tell: (code, text, file) => this.#tell(code, text, file),
    });
    this.#inbound = new Inbound({
      links: this.#links,
      gossip: this.#gossip,
      hashes: this.#hashes,
      offers: this.#offers,
      receipts: this.#receipts,
      space: this.#space,
      intoFiles: this.#intoFiles,
      unreached: this.#unreached,
      swarm: event => this.#driver.receive(event),
      tell: (code, text) => this.#tell(code, text),
      failed: this.#fail,
      connection: state => {
        this.#connection = state;
      },
      changed: change => this.#changed(change),
    });
  }

  /** Takes back what was kept, then lets the world in. */
  async start(): Promise<void> {
    const { mesh, store, vault, signer, device } = this.#parts;
    this.#stops.push(store.subscribe(event => this.#inbound.stored(event)));
    this.#stops.push(mesh.subscribe(event => this.#inbound.meshed(event)));
    this.#stops.push(() => this.#driver.close());
    this.#stops.push(this.#parts.network.subscribe(() => this.#cap()));
    this.#cap();
    if (vault.missing && store.kind !== 'memory') this.#fail(new RoomError('nothing-kept'));
    const kept = await vault.load();
    this.#offers.restoreSelection(kept.selection);
    this.#outlets.restore(await vault.outlets());
    this.#gossip.restore(kept.entries);
    const mine = this.#gossip.catalogue.members.get(signer.peerId);
    if (mine?.device !== device || (kept.name !== '' && mine.name !== kept.name)) {
      const name = kept.name || (mine?.name ?? '');
      // Where it cannot be kept nobody learns the name, and the room is open all the same.
      await this.#gossip.author({ kind: 'profile', name, device }).catch(this.#fail);
    }
    mesh.start();
    const timer = setInterval(() => this.#tick(), TICK_MS);
    this.#stops.push(() => clearInterval(timer));
    await this.#space.refresh();
  }

  getSnapshot(): RoomSnapshot {
    this.#snapshot ??= this.#build();
    return this.#snapshot;
  }

  subscribe(listener: (change: RoomChange) => void): () => void {
    return this.#notifier.subscribe(listener);
  }

  async share(chosen: readonly ChosenFile[]): Promise<void> {
    this.#assertOpen();
    await this.#sharing.share(chosen);
    this.#changed();
  }

  async shareAgain(offer: OfferId): Promise<void> {
    this.#assertOpen();
    await this.#sharing.shareAgain(offer);
    this.#changed();
  }

  accept(offer: OfferId, files?: readonly number[]): void {
    this.#assertOpen();
    this.#intoFiles.accept(offer, files).then(() => this.#changed(), this.#fail);
    this.#changed();
  }

  async saveInto(offer: OfferId, file: number, handle: FileSystemFileHandle): Promise<void> {
    this.#assertOpen();
    await this.#intoFiles.begin(offer, file, handle);
    this.#changed();
  }

  acceptAll(): void {
    for (const { offer, ended } of this.#offers.all())
      if (!ended && offer.author !== this.#parts.signer.peerId) this.accept(offer.id);
  }

  pause(offer: OfferId, files?: readonly number[]): void {
    this.#assertOpen();
    this.#space.release(offer, files);
    this.#offers.pause(offer, files);
    this.#changed();
  }

  cancel(offer: OfferId, files?: readonly number[]): void {
    this.#assertOpen();
    this.#receipts.cancelled();
    this.#space.release(offer, files);
    this.#offers.cancel(offer, files).then(() => this.#changed(), this.#fail);
    this.#changed();
  }

  async withdraw(offer: OfferId): Promise<void> {
    this.#assertOpen();
    if (this.#gossip.catalogue.offers.get(offer)?.author !== this.#parts.signer.peerId)
      throw new RoomError('not-yours');
    await this.#gossip.author({ kind: 'withdraw', offer });
  }

  async save(offer: OfferId, file: number): Promise<Saved> {
    return await this.#whileSaving(async () => await saveFile(this.#parts.store, this.#offers, offer, file));
  }

  async saveAll(pick?: PickFile): Promise<Saved | undefined> {
    return await this.#whileSaving(
      async () => await saveAll(this.#parts.store, this.#offers, this.#space.free, pick),
    );
  }

  async saveFolder(into: FileSystemDirectoryHandle): Promise<void> {
    await this.#whileSaving(async () => await saveFolder(this.#parts.store, this.#offers, into));
  }

  async setName(name: string): Promise<void> {
    this.#assertOpen();
    const trimmed = name.trim().slice(0, 64);
    await this.#parts.vault.setName(trimmed);
    await this.#gossip.author({ kind: 'profile', name: trimmed, device: this.#parts.device });
  }

  dismiss(failure: string): void {
    this.#failures.dismiss(failure);
    this.#changed();
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const stop of this.#stops) stop();
      this.#parts.mesh.close();
      try {
        await this.#persistHashes();
        await this.#parts.vault.flushSpare();
      } catch {
        // What could not be written is asked of others again; the store must be free for the next to open this room.
      }
      this.#hashes.close();
      try {
        await this.#parts.store.close();
      } finally {
        this.#parts.release();
      }
    })();
    return this.#closing;
  }

  readonly #fail = (error: unknown): void => {
    if (this.#closing === undefined) this.#tell(codeOf(error), textOf(error));
  };

  #tell(code: string, text: string, file?: string): void {
    this.#failures.add({ code, text, ...(file !== undefined && { file }) });
    this.#changed();
  }

  #offerFailed(offer: OfferId, error: unknown): void {
    if (this.#closing !== undefined || this.#offers.get(offer) === undefined) return;
    this.#tell(codeOf(error), textOf(error));
  }

  /** Pieces of an offer that we hold could not be read or hashed. */
  #sourceFailed(offer: OfferId, error: unknown, first: number, count: number): void {
    if (codeOf(error) === 'source-changed' && this.#closing === undefined)
      this.#sharing.sourceChanged(offer, first, count).then(() => this.#changed(), this.#fail);
    else this.#offerFailed(offer, error);
  }

  #condemn(offer: OfferId, code: string): void {
    const state = this.#offers.get(offer);
    this.#offers.fail(offer);
    const who = state === undefined ? 'The sharer' : this.#nameOf(state.offer.author);
    this.#tell(
      code,
      `${who} published two different contents for the same files; they were stopped, since neither can be trusted.`,
    );
  }

  #tick(): void {
    this.#driver.receive({ type: 'tick' });
    this.#receipts.tick();
    this.#space.tick();
    this.#ticks += 1;
    this.#gossip.receive({ type: 'flush' });
    if (this.#ticks % TICKS_PER_REPAIR === 0) this.#gossip.receive({ type: 'tick' });
    if (this.#ticks % TICKS_PER_FLUSH === 0) {
      this.#persistHashes().catch(this.#fail);
      this.#parts.vault.flushSpare().catch(this.#fail);
    }
    this.#changed('numbers');
  }

  #cap(): void {
    const { upLimit, downLimit } = this.#parts.network.get();
    this.#driver.receive({ type: 'caps', up: upLimit, down: downLimit });
  }

  async #persistHashes(): Promise<void> {
    await this.#parts.vault.flushHashes((offer, run) => this.#hashes.kept(offer, run));
  }

  async #whileSaving<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#saving++;
    this.#changed();
    try {
      return await work();
    } finally {
      this.#saving--;
      this.#changed();
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new RoomError('closed');
  }

  #changed(change: RoomChange = 'state'): void {
    this.#snapshot = undefined;
    this.#notifier.changed(change);
  }

  #nameOf(peer: PeerId): string {
    return this.#gossip.catalogue.members.get(peer)?.name || defaultName(peer);
  }

  #build(): RoomSnapshot {
    const { signer, link, store, vault } = this.#parts;
    const nameOf = (peer: PeerId): string => this.#nameOf(peer);
    return {
      link,
      self: { id: signer.peerId, name: nameOf(signer.peerId) },
      connection: this.#connection,
      storage: { kind: store.kind, keeps: vault.keeps, ...this.#space.usage },
      offers: offerViews(this.#offers.all(), signer.peerId, nameOf, this.#swarm, this.#hashes, this.#sharing),
      neighbours: neighbourViews(this.#links.all, this.#gossip.catalogue, nameOf, this.#swarm),
      indirect: this.#unreached.views(nameOf),
      // A neighbour can name whom it likes: only who has written into the log is somebody.
      further: this.#unreached.further(this.#gossip.catalogue.members.keys(), nameOf),
      failures: this.#failures.list,
      saving: this.#saving > 0,
    };
  }
}
