import { locatePiece, type Bitfield, type Bytes, type OfferGeometry, type OfferId } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import type { Region } from '../piece-store-core/layout.ts';
import type { CorePorts } from '../piece-store-core/ports.ts';
import type { OutletFile } from './outlet-file.ts';
import type { OutletState } from './outlet.ts';

/** The outlets of an offer: what is ripe goes out, one segment at a time. */
export class Outlets {
  readonly offer: OfferId;
  readonly #geometry: OfferGeometry;
  readonly #ports: Pick<CorePorts, 'records' | 'emit'>;
  readonly #files = new Map<number, OutletFile>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(offer: OfferId, geometry: OfferGeometry, ports: Pick<CorePorts, 'records' | 'emit'>) {
    this.offer = offer;
    this.#geometry = geometry;
    this.#ports = ports;
  }

  get size(): number {
    return this.#files.size;
  }

  /** How far those are that are open. */
  get states(): OutletState[] {
    return [...this.#files.values()].filter(({ opened }) => opened).map(({ state }) => state);
  }

  add(outlet: OutletFile): void {
    this.#files.set(outlet.index, outlet);
  }

  remove(file: number): void {
    this.#files.delete(file);
  }

  /** The outlet of the file that a piece belongs to. */
  of(piece: number): OutletFile | undefined {
    return this.#files.size === 0 ? undefined : this.#files.get(locatePiece(this.#geometry, piece).file);
  }

  get(file: number): OutletFile | undefined {
    return this.#files.get(file);
  }

  /** Where a piece of such a file is staged. */
  place(piece: number): Region | undefined {
    return this.of(piece)?.place(piece);
  }

  /** Reads what a picked file has; who cannot read it hands nothing over either. */
  async read(outlet: OutletFile, piece: number, begin: number, into: Bytes): Promise<void> {
    try {
      await outlet.read(piece, begin, into);
    } catch (error) {
      this.fail(outlet, error);
      throw error;
    }
  }

  async save(): Promise<void> {
    await this.#ports.records.saveOutlets(
      this.offer,
      [...this.#files.values()].map(({ record }) => record),
    );
  }

  /** Hands over what is whole. */
  advance(have: Bitfield): void {
    if (this.#running !== undefined || this.#closed) return;
    for (const outlet of this.#files.values()) {
      const pieces = outlet.ripe(have);
      if (pieces === undefined) continue;
      this.#running = this.#handOver(outlet, pieces).finally(() => {
        this.#running = undefined;
        this.advance(have);
      });
      return;
    }
  }

  /** Whatever they hold was compared: what was lost of it is said, and it goes on. */
  async confirm(): Promise<void> {
    const waiting = [...this.#files.values()].filter(({ inDoubt }) => inDoubt);
    if (waiting.length === 0) return;
    for (const outlet of waiting) await outlet.confirm().catch((error: unknown) => this.fail(outlet, error));
    await this.save();
    for (const { stopped, state } of waiting)
      if (!stopped) this.#ports.emit({ type: 'outlet', offer: this.offer, outlet: state });
  }

  /** Forgets outlets and what is staged; the picked files stay as they are. */
  async drop(files: readonly number[]): Promise<void> {
    const dropped = files.flatMap(file => this.#files.get(file) ?? []);
    if (dropped.length === 0) return;
    for (const outlet of dropped) outlet.close();
    await this.#running;
    for (const outlet of dropped) {
      this.#files.delete(outlet.index);
      await outlet.discard();
    }
    await this.save();
  }

  /** Nothing is handed over from now on; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const outlet of this.#files.values()) outlet.close();
    await this.#running;
  }

  /** The file stays as it is until it is opened anew. */
  fail(outlet: OutletFile, error: unknown): void {
    if (outlet.stopped && !outlet.inDoubt) return;
    outlet.stop();
    if (!this.#closed) this.tell(outlet, error);
  }

  tell(outlet: OutletFile, error: unknown): void {
    const { code, message: text } = outletError(error);
    this.#ports.emit({ type: 'outlet-failed', offer: this.offer, file: outlet.index, code, text });
  }

  /** Never rejects. */
  async #handOver(outlet: OutletFile, pieces: readonly number[]): Promise<void> {
    try {
      await outlet.put(pieces, piece => outlet.place(piece));
      // Only when the record says where they are: a crash before finds them staged, one after finds them in the picked file.
      await this.save();
      await outlet.unstage(pieces);
      this.#ports.emit({ type: 'outlet', offer: this.offer, outlet: outlet.state });
    } catch (error) {
      this.fail(outlet, error);
    }
  }
}

/** What went wrong, as far as it is about the picked file. */
function outletError(error: unknown): StorageError {
  const mapped = toStorageError(error);
  const code =
    mapped.code === 'disk-full'
      ? 'outlet-full'
      : mapped.code === 'source-changed' || mapped.code === 'not-found'
        ? 'outlet-changed'
        : 'outlet-failed';
  return new StorageError(code, undefined, { cause: error });
}
