import type { Bitfield, OfferGeometry } from '@shoal/protocol';
import type { OfferLayout } from '../piece-store-core/layout.ts';
import type { CorePorts } from '../piece-store-core/ports.ts';
import { OutletFile } from './outlet-file.ts';
import type { OutletRecord, OutletRequest, PickedFile } from './outlet.ts';
import type { Outlets } from './outlets.ts';

type Requests = readonly OutletRequest<PickedFile>[];

/** Brings back the outlets of an earlier session, and begins new ones. */
export class OutletRestorer {
  readonly #ports: Pick<CorePorts, 'bytes' | 'records'>;
  readonly #layout: OfferLayout;
  readonly #geometry: OfferGeometry;
  readonly #outlets: Outlets;

  constructor(
    ports: Pick<CorePorts, 'bytes' | 'records'>,
    layout: OfferLayout,
    geometry: OfferGeometry,
    outlets: Outlets,
  ) {
    this.#ports = ports;
    this.#layout = layout;
    this.#geometry = geometry;
    this.#outlets = outlets;
  }

  /**
   * What was kept of them. Pieces in a picked file are had as long as the browser lets us at it; they are suspects when somebody else
   * was there, and of no use while it does not.
   */
  async takeBack(asked: Requests, have: Bitfield, suspect: Bitfield): Promise<void> {
    const { records, bytes } = this.#ports;
    for (const record of await records.outlets(this.#outlets.offer)) {
      const outlet = this.#make(record);
      if (outlet === undefined) continue;
      this.#outlets.add(outlet);
      const request = asked.find(({ file }) => file === record.file);
      let state: 'as-left' | 'changed' | 'closed' = 'closed';
      try {
        if (request !== undefined) state = (await outlet.open(request.handle)) ? 'as-left' : 'changed';
      } catch (error) {
        this.#outlets.tell(outlet, error);
      }
      const { firstPiece, pieceCount } = outlet.span;
      for (let piece = firstPiece; piece < firstPiece + pieceCount; piece += 1) {
        if (!outlet.holds(piece)) continue;
        if (state === 'as-left') have.set(piece);
        else have.clear(piece);
        // A record of an interrupted comparison may say so of a file that nobody can look into now.
        if (state === 'changed') suspect.set(piece);
        else suspect.clear(piece);
      }
      // Left over by a crash: the record says that they are in the picked file.
      await outlet.tidy();
      await bytes.remove(this.#layout.file(record.file).file);
    }
  }

  /** What has come of the files goes into the picked ones; where that fails all stays as it was. */
  async begin(asked: Requests, have: Bitfield): Promise<void> {
    const held = new Uint8Array(0);
    for (const request of asked) {
      if (this.#outlets.get(request.file) !== undefined) continue;
      const outlet = this.#make({ ...request, held, size: 0, modified: 0 });
      if (outlet === undefined) continue;
      try {
        await outlet.open(request.handle);
        const { firstPiece, pieceCount } = outlet.span;
        const here = Array.from({ length: pieceCount }, (_, at) => firstPiece + at).filter(p => have.has(p));
        if (here.length > 0) await outlet.put(here, piece => this.#layout.piece(piece));
        this.#outlets.add(outlet);
        await this.#outlets.save();
      } catch (error) {
        this.#outlets.remove(request.file);
        this.#outlets.tell(outlet, error);
        outlet.close();
        continue;
      }
      await this.#ports.bytes.remove(this.#layout.file(request.file).file);
    }
  }

  /** Small files lie in a container and fit anywhere. */
  #make(record: OutletRecord): OutletFile | undefined {
    const span = this.#geometry.files[record.file];
    if (span === undefined || record.segmentBytes % this.#geometry.pieceLength !== 0) return undefined;
    const { own, file } = this.#layout.file(record.file);
    return own ? new OutletFile(this.#ports.bytes, this.#geometry, span, file, record) : undefined;
  }
}
