import type {
  ChosenFile,
  FileState,
  FileView,
  NeighbourView,
  OfferView,
  RoomChange,
  RoomHandle,
  RoomSnapshot,
} from '@shoal/room';

/** A room without a network: what tests of the page render and press buttons on. Not part of the built app. */
export class FakeRoom implements RoomHandle {
  /** Verbs in the order they were called. */
  readonly calls: string[] = [];
  readonly shared: ChosenFile[] = [];
  closed = false;
  #snapshot: RoomSnapshot;
  readonly #listeners = new Set<(change: RoomChange) => void>();

  constructor(snapshot: RoomSnapshot = fakeSnapshot()) {
    this.#snapshot = snapshot;
  }

  getSnapshot(): RoomSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: (change: RoomChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Replaces parts of the snapshot and tells the page. */
  set(parts: Partial<RoomSnapshot>, change: RoomChange = 'state'): void {
    this.#snapshot = { ...this.#snapshot, ...parts };
    for (const listener of this.#listeners) listener(change);
  }

  async share(files: readonly ChosenFile[]): Promise<void> {
    this.shared.push(...files);
    const offer = fakeOffer({
      id: `mine${this.#snapshot.offers.length}`,
      mine: true,
      files: files.map(({ path, file }) => ({ path, size: file.size, state: 'seeding', progress: 1 })),
    });
    this.set({ offers: [...this.#snapshot.offers, offer] });
  }

  async shareAgain(offer: OfferView['id']): Promise<void> {
    this.calls.push(`shareAgain ${offer}`);
  }

  accept(offer: OfferView['id'], files?: readonly number[]): void {
    this.#act('accept', offer, files);
    this.#move(offer, files, file => ({ ...file, state: 'downloading' }));
  }

  acceptAll(): void {
    this.calls.push('acceptAll');
    for (const { id, mine } of this.#snapshot.offers) if (!mine) this.#move(id, undefined, start);
  }

  pause(offer: OfferView['id'], files?: readonly number[]): void {
    this.#act('pause', offer, files);
    this.#move(offer, files, file => ({ ...file, state: 'paused' }));
  }

  cancel(offer: OfferView['id'], files?: readonly number[]): void {
    this.#act('cancel', offer, files);
    this.#move(offer, files, file => ({ ...file, state: 'offered', progress: 0 }));
  }

  async withdraw(offer: OfferView['id']): Promise<void> {
    this.calls.push(`withdraw ${offer}`);
    this.set({ offers: this.#snapshot.offers.filter(({ id }) => id !== offer) });
  }

  async save(offer: OfferView['id'], file: number): Promise<{ readonly name: string; readonly blob: Blob }> {
    this.#act('save', offer, [file]);
    return { name: 'saved.bin', blob: new Blob(['saved']) };
  }

  async saveAll(): Promise<{ readonly name: string; readonly blob: Blob } | undefined> {
    this.calls.push('saveAll');
    return { name: 'shoal.zip', blob: new Blob(['zip']) };
  }

  async saveFolder(into: FileSystemDirectoryHandle): Promise<void> {
    this.calls.push(`saveFolder ${into.name}`);
  }

  async saveInto(offer: OfferView['id'], file: number): Promise<void> {
    this.#act('saveInto', offer, [file]);
  }

  async setName(name: string): Promise<void> {
    this.calls.push(`setName ${name}`);
    this.set({ self: { ...this.#snapshot.self, name } });
  }

  dismiss(failure: string): void {
    this.calls.push(`dismiss ${failure}`);
    this.set({ failures: this.#snapshot.failures.filter(({ id }) => id !== failure) });
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #act(verb: string, offer: string, files: readonly number[] | undefined): void {
    this.calls.push(`${verb} ${offer} ${files?.join(',') ?? 'all'}`);
  }

  #move(offer: string, files: readonly number[] | undefined, change: (file: FileView) => FileView): void {
    const offers = this.#snapshot.offers.map(view =>
      view.id === offer
        ? withTotals({
            ...view,
            files: view.files.map(f => (files?.includes(f.index) === false ? f : change(f))),
          })
        : view,
    );
    this.set({ offers });
  }
}

function start(file: FileView): FileView {
  return file.state === 'complete' || file.state === 'seeding' ? file : { ...file, state: 'downloading' };
}

/** Brands a made-up id. */
export function fakeOfferId(id: string): OfferView['id'] {
  return id as OfferView['id'];
}

/** Brands a made-up id. */
export function fakePeerId(id: string): NeighbourView['id'] {
  return id as NeighbourView['id'];
}

export interface FakeFile {
  readonly path: string;
  readonly size?: number;
  readonly state?: FileState;
  readonly progress?: number;
}

type FakeOffer = Omit<Partial<OfferView>, 'id' | 'files'> & {
  readonly id: string;
  readonly files: readonly FakeFile[];
};

export function fakeOffer({ id, files, ...rest }: FakeOffer): OfferView {
  const offer = fakeOfferId(id);
  return withTotals({
    id: offer,
    author: fakePeerId(`author-of-${id}`),
    authorName: 'Blue Heron',
    mine: false,
    totalBytes: 0,
    verifiedBytes: 0,
    downRate: 0,
    etaSeconds: undefined,
    hashed: 1,
    again: 'no',
    seeds: 0,
    ...rest,
    files: files.map(({ path, size = 1000, state = 'offered', progress = 0 }, index) => ({
      key: `${id}/${index}`,
      offer,
      index,
      path,
      size,
      state,
      progress,
    })),
  });
}

function withTotals(offer: OfferView): OfferView {
  const totalBytes = offer.files.reduce((sum, file) => sum + file.size, 0);
  const verifiedBytes = offer.files.reduce((sum, file) => sum + file.size * file.progress, 0);
  return { ...offer, totalBytes, verifiedBytes };
}

export function fakeNeighbour(id: string, rest: Partial<NeighbourView> = {}): NeighbourView {
  return {
    name: 'Blue Heron',
    device: 'Firefox on Windows',
    path: 'direct',
    protocol: 'udp',
    connections: 1,
    downRate: 0,
    upRate: 0,
    downBytes: 0,
    upBytes: 0,
    rttMs: undefined,
    ...rest,
    id: fakePeerId(id),
  };
}

export function fakeSnapshot(change: Partial<RoomSnapshot> = {}): RoomSnapshot {
  return {
    link: 'https://shoal.example/#AAECAwQFBgcICQoLDA0ODw',
    self: { id: fakePeerId('self'), name: 'Green Otter' },
    connection: 'online',
    storage: { kind: 'opfs', keeps: true, quota: 13.9e9, used: 1.2e9 },
    offers: [],
    neighbours: [],
    indirect: [],
    further: [],
    failures: [],
    saving: false,
    ...change,
  };
}
