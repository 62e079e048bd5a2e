import type { ByteStore } from '../backends/byte-store.ts';
import { MemoryByteStore } from '../backends/memory.ts';
import type { OutletRequest, PickedFile } from '../outlet/outlet.ts';
import { PieceStoreCore } from '../piece-store-core/piece-store-core.ts';
import { DEFAULT_LIMITS, type OfferRecords, type CoreLimits, type Timer } from '../piece-store-core/ports.ts';
import { MemoryRecords } from '../vault/records.ts';
import { blocksOf, cryptoPort, EventLog, type Sample } from './fixtures.ts';

/** A clock that tests turn by hand. */
export class ManualTimer implements Timer {
  #now = 0;
  #alarms: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): void {
    this.#alarms.push({ at: this.#now + ms, run });
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#alarms.filter(alarm => alarm.at <= this.#now);
    this.#alarms = this.#alarms.filter(alarm => alarm.at > this.#now);
    for (const { run } of due) run();
  }
}

export interface Rig {
  readonly core: PieceStoreCore;
  readonly log: EventLog;
  readonly timer: ManualTimer;
  add(sample: Sample, outlets?: readonly OutletRequest<PickedFile>[]): Promise<Uint8Array<ArrayBuffer>>;
  put(sample: Sample, piece: number): Promise<void>;
}

/** A core without a worker and without a browser. */
export function rig(
  ports: { readonly bytes?: ByteStore; readonly records?: OfferRecords } = {},
  limits: Partial<CoreLimits> = {},
): Rig {
  const log = new EventLog();
  const timer = new ManualTimer();
  const core = new PieceStoreCore(
    {
      bytes: ports.bytes ?? new MemoryByteStore(),
      records: ports.records ?? new MemoryRecords(),
      crypto: cryptoPort,
      timer,
      // Blocks of samples are views on what other blocks lie in as well.
      free: () => undefined,
      emit: log.listener,
    },
    { ...DEFAULT_LIMITS, ...limits },
  );
  return {
    core,
    log,
    timer,
    async add(sample, outlets) {
      const { have } = await core.addOffer(sample.offer, sample.geometry, undefined, outlets);
      for (const piece of sample.pieces) await core.expect(sample.offer, piece, await sample.hash(piece));
      return outlets === undefined ? have : (await core.verify(sample.offer)).have;
    },
    async put(sample, piece) {
      for (const { begin, data } of blocksOf(sample.piece(piece)))
        await core.write(sample.offer, piece, begin, data);
    },
  };
}
