import {
  Bitfield,
  asRoomId,
  decodeMessage,
  encodeMessage,
  frameKind,
  toBase64Url,
  webCryptoPort,
} from '@shoal/protocol';
import type { LogEntry, OfferGeometry, OfferId, PeerMessage, RoomId } from '@shoal/protocol';
import type { AddOffer, KeptOutlet, OfferSelection, PieceStore, StorageEvent, Vault } from '@shoal/storage';
import type { MeshEvent, Neighbour } from '@shoal/transport';
import { FREE_NETWORK } from '../network.ts';
import { RoomVault } from '../room-vault.ts';
import { Room } from '../room.ts';
import { Author } from './author.ts';

export const MIB = 1024 * 1024;

const crypto = webCryptoPort(globalThis.crypto);

export interface StageOptions {
  /** Called before the room starts; what the two have told by then is in its log. */
  readonly before?: (ann: Author, self: Author) => Promise<void>;
  readonly selection?: () => readonly OfferSelection[];
  readonly outlets?: () => ReadonlyMap<OfferId, readonly KeptOutlet[]>;
  readonly store?: Partial<PieceStore>;
  readonly vault?: Partial<Vault>;
}

/** A whole room over a store, a vault and a mesh that do what a test says, with ann as its only neighbour. */
export class Stage {
  readonly id: RoomId;
  readonly room: Room;
  readonly ann: Author;
  /** What the browser grants. */
  readonly disk: { quota: number; used: number; room: boolean };
  /** What ann was sent. */
  readonly sent: PeerMessage[] = [];
  readonly #storeListeners = new Set<(event: StorageEvent) => void>();
  readonly #meshListeners = new Set<(event: MeshEvent) => void>();

  private constructor(id: RoomId, ann: Author, self: Author, options: StageOptions) {
    this.id = id;
    this.ann = ann;
    this.disk = { quota: 100 * MIB, used: 0, room: true };
    this.room = new Room({
      link: '',
      room: id,
      signer: self.signer,
      crypto,
      store: { ...this.#store(), ...options.store },
      vault: new RoomVault({ ...vaultWith(options, ann, self), ...options.vault }, id, true),
      mesh: {
        subscribe: listener => {
          this.#meshListeners.add(listener);
          return () => this.#meshListeners.delete(listener);
        },
        start: () => {},
        close: () => {},
        seek: () => {},
        isNearby: () => false,
      },
      clock: () => performance.now(),
      random: Math.random,
      schedule: task => void setTimeout(task, 0),
      network: FREE_NETWORK,
      device: 'test',
      release: () => {},
    });
  }

  static async set(options: StageOptions = {}): Promise<Stage> {
    const id = asRoomId(toBase64Url(crypto.randomBytes(16)));
    const [ann, self] = [await Author.in(id), await Author.in(id)];
    await options.before?.(ann, self);
    const stage = new Stage(id, ann, self, options);
    await stage.room.start();
    stage.mesh({ type: 'neighbour-joined', neighbour: stage.#link() });
    await stage.settle();
    return stage;
  }

  /** States of the files, of each offer in its order. */
  get states(): string[] {
    return this.room.getSnapshot().offers.map(({ files }) => files.map(({ state }) => state).join());
  }

  /** Codes of what the person is told. */
  get told(): string[] {
    return this.room.getSnapshot().failures.map(({ code }) => code);
  }

  offer(index: number): OfferId {
    const offer = this.room.getSnapshot().offers[index];
    if (offer === undefined) throw new RangeError(`no offer ${index}`);
    return offer.id;
  }

  stored(event: StorageEvent): void {
    for (const listener of this.#storeListeners) listener(event);
  }

  mesh(event: MeshEvent): void {
    for (const listener of this.#meshListeners) listener(event);
  }

  /** Ann says this. */
  message(message: PeerMessage): void {
    this.mesh({ type: 'frame', peer: this.ann.signer.peerId, frame: encodeMessage(message) });
  }

  /** Ann passes these on. */
  async hear(...entries: readonly LogEntry[]): Promise<void> {
    this.message({ type: 'log-entries', entries: entries.map(({ raw }) => raw) });
    await this.settle();
  }

  /** Whatever was begun is over: signatures are checked on other threads, and turns of this one do not count them. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1)
      await new Promise(resolve => {
        setTimeout(resolve, 2);
      });
  }

  #store(): PieceStore {
    return {
      kind: 'opfs',
      addOffer: async added => ({
        have: heldBy(added).toBytes(),
        suspect: new Bitfield(added.geometry.pieceCount).toBytes(),
        outlets: (added.outlets ?? []).map(({ file }) => {
          const first = added.geometry.files[file]?.firstPiece ?? 0;
          return { file, first, end: first + 4, done: false };
        }),
      }),
      expect: () => {},
      write: () => {},
      read: async (_offer, _piece, _begin, length, headroom) => new Uint8Array(headroom + length),
      recycle: () => {},
      hash: async (_offer, _first, count) => new Uint8Array(count * 32),
      verify: unused,
      hasRoom: async () => this.disk.room,
      discard: () => {},
      file: unused,
      zip: unused,
      zipInto: unused,
      saveFolder: unused,
      removeFiles: async () => {},
      removeOffer: async () => {},
      subscribe: listener => {
        this.#storeListeners.add(listener);
        return () => this.#storeListeners.delete(listener);
      },
      usage: async () => ({ quota: this.disk.quota, used: this.disk.used }),
      close: async () => {},
    };
  }

  #link(): Neighbour {
    return {
      peer: this.ann.signer.peerId,
      connection: '',
      path: 'direct',
      protocol: 'udp',
      rttMs: 1,
      connections: 1,
      features: [],
      room: 16 * MIB,
      bufferedAmount: 0,
      maxFrameBytes: 256 * 1024,
      send: frame => {
        if (frameKind(frame) === 'control') this.sent.push(decodeMessage(frame));
        return true;
      },
      close: () => {},
      stats: unused,
    };
  }
}

const unused = async (): Promise<never> => {
  throw new Error('not asked for here');
};

/** Own files at hand are here; nothing else is. */
function heldBy({ geometry, source }: AddOffer): Bitfield {
  const have = new Bitfield(geometry.pieceCount);
  for (const [file, { firstPiece, pieceCount }] of geometry.files.entries())
    if (source?.[file] !== undefined) have.setRange(firstPiece, pieceCount);
  return have;
}

/** Piece indices of a file. */
export function piecesOf(geometry: OfferGeometry, file: number): number[] {
  const { firstPiece = 0, pieceCount = 0 } = geometry.files[file] ?? {};
  return Array.from({ length: pieceCount }, (_, index) => firstPiece + index);
}

function vaultWith(options: StageOptions, ann: Author, self: Author): Vault {
  return {
    identity: unused,
    rooms: unused,
    putRoom: unused,
    removeRoom: unused,
    appendEntry: async () => {},
    keepFork: async () => {},
    entries: async () => [...self.entries, ...ann.entries].map(({ raw }) => raw),
    putHashes: async () => {},
    hashes: async () => [],
    removeHashes: async () => {},
    putSources: async () => {},
    sources: async () => undefined,
    removeSources: async () => {},
    outlets: async () => options.outlets?.() ?? new Map(),
    bitfields: unused,
    putSelection: async () => {},
    selection: async () => options.selection?.() ?? [],
    keepSpare: async () => true,
    setting: async () => undefined,
    putSetting: async () => {},
    close: () => {},
  };
}
