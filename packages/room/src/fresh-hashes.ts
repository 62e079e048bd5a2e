import type { OfferId } from '@shoal/protocol';
import type { KeptRun } from '@shoal/storage';

/** Pieces in a row. */
export interface PieceRun {
  readonly first: number;
  readonly count: number;
}

/** Runs of piece hashes that are new and not yet written: only these are, since an offer of 20 GB has thousands of them. */
export class FreshHashes {
  readonly #put: (offer: OfferId, runs: readonly KeptRun[]) => Promise<void>;
  readonly #fresh = new Map<OfferId, PieceRun[]>();
  #flushing: Promise<void> = Promise.resolve();

  constructor(put: (offer: OfferId, runs: readonly KeptRun[]) => Promise<void>) {
    this.#put = put;
  }

  add(offer: OfferId, run: PieceRun): void {
    const fresh = this.#fresh.get(offer);
    if (fresh === undefined) this.#fresh.set(offer, [run]);
    else fresh.push(run);
  }

  forget(offer: OfferId): void {
    this.#fresh.delete(offer);
  }

  /** Writes what is new since the last flush, as `kept` tells it. Rejects with the error of the first write that failed. */
  flush(kept: (offer: OfferId, run: PieceRun) => readonly KeptRun[]): Promise<void> {
    // One after the other: what is new meanwhile is written by the next, and those behind it find nothing to do.
    const flushed = this.#flushing.then(async () => {
      for (const [offer, runs] of [...this.#fresh]) {
        this.#fresh.delete(offer);
        const written = runs.flatMap(run => kept(offer, run));
        try {
          await this.#put(offer, written);
        } catch (error) {
          // A full disk has room again one day: the next flush tries these too.
          for (const run of runs) this.add(offer, run);
          throw error;
        }
      }
    });
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }
}
