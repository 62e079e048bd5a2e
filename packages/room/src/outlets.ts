import type { OfferId } from '@shoal/protocol';
import type { KeptOutlet, OutletRequest } from '@shoal/storage';
import { ask, isGranted } from './handles.ts';

/** Received files that go into picked ones as they arrive, as far as this device remembers. */
export class Outlets {
  readonly #known = new Map<OfferId, Map<number, OutletRequest>>();
  readonly #held = new Map<OfferId, Map<number, number>>();

  restore(kept: ReadonlyMap<OfferId, readonly KeptOutlet[]>): void {
    for (const [offer, outlets] of kept) {
      this.#held.set(offer, new Map(outlets.map(({ file, heldPieces }) => [file, heldPieces])));
      for (const outlet of outlets) this.add(offer, outlet);
    }
  }

  /** Pieces that the picked file had when this session began. */
  heldPieces(offer: OfferId, file: number): number {
    return this.#held.get(offer)?.get(file) ?? 0;
  }

  add(offer: OfferId, outlet: OutletRequest): void {
    const known = this.#known.get(offer) ?? new Map<number, OutletRequest>();
    known.set(outlet.file, outlet);
    this.#known.set(offer, known);
  }

  /** @param files - all of them when left out */
  forget(offer: OfferId, files?: readonly number[]): void {
    if (files === undefined) this.#known.delete(offer);
    for (const file of files ?? []) this.#known.get(offer)?.delete(file);
  }

  files(offer: OfferId): number[] {
    return [...(this.#known.get(offer)?.keys() ?? [])];
  }

  /** Those that may be written now, without asking anybody. */
  async allowed(offer: OfferId): Promise<OutletRequest[]> {
    const allowed: OutletRequest[] = [];
    for (const outlet of this.#known.get(offer)?.values() ?? [])
      if (await isGranted(outlet.handle, 'readwrite')) allowed.push(outlet);
    return allowed;
  }

  /** Asks the person where that is needed; only a click may call this. */
  async ask(offer: OfferId, files: readonly number[]): Promise<boolean> {
    for (const file of files) {
      const handle = this.#known.get(offer)?.get(file)?.handle;
      if (handle !== undefined && !(await ask(handle, 'readwrite'))) return false;
    }
    return true;
  }
}
