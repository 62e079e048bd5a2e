import type { Bytes } from '@shoal/protocol';
import type { ByteStore } from '../backends/byte-store.ts';
import { MemoryByteStore } from '../backends/memory.ts';
import { StorageError } from '../errors.ts';
import type { OfferRecords } from '../piece-store-core/ports.ts';
import { MemoryRecords } from '../vault/records.ts';

interface Write {
  readonly file: string;
  readonly at: number;
  readonly bytes: Bytes;
}

/** Decides, step by step, when the power goes and what an unflushed write leaves behind. */
export interface Fate {
  /** Steps (writes, flushes, saves) until the crash. */
  stepsLeft: number;
  /** [0, 1): which of the unflushed writes reach the disk, and how much of each. */
  random(): number;
}

class PowerCut extends Error {}

/** Spends a step; from the crash on, everything fails. */
export function step(fate: Fate): void {
  fate.stepsLeft -= 1;
  if (fate.stepsLeft < 0) throw new StorageError('io', undefined, { cause: new PowerCut() });
}

/**
 * A disk with a write cache: writes are seen at once but survive a crash only when flushed; of the rest, any subset survives, in any
 * order, each perhaps torn.
 */
export class CrashyByteStore implements ByteStore {
  readonly kind = 'memory';
  readonly #fate: Fate;
  readonly #disk: MemoryByteStore;
  #unflushed: Write[] = [];

  constructor(disk: MemoryByteStore, fate: Fate) {
    this.#disk = disk;
    this.#fate = fate;
  }

  async writeAt(file: string, at: number, data: Bytes): Promise<void> {
    // The last write before the crash may be under way when it happens.
    this.#unflushed.push({ file, at, bytes: data.slice() });
    step(this.#fate);
  }

  /** What is on the disk, and over it what is in the cache. */
  async readAt(file: string, at: number, into: Bytes): Promise<void> {
    const onDisk = (await this.#disk.size(file)) ?? 0;
    const writes = this.#unflushed.filter(write => write.file === file);
    const size = Math.max(onDisk, ...writes.map(write => write.at + write.bytes.length));
    if (size < at + into.length) throw new StorageError('not-found');
    into.fill(0);
    if (onDisk > at) await this.#disk.readAt(file, at, into.subarray(0, Math.min(into.length, onDisk - at)));
    for (const write of writes) {
      const from = Math.max(at, write.at);
      const to = Math.min(at + into.length, write.at + write.bytes.length);
      if (to > from) into.set(write.bytes.subarray(from - write.at, to - write.at), from - at);
    }
  }

  async flush(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      step(this.#fate);
      for (const write of this.#unflushed) {
        if (write.file === file) await this.#disk.writeAt(file, write.at, write.bytes);
      }
      this.#unflushed = this.#unflushed.filter(write => write.file !== file);
    }
  }

  /** What the next start finds. */
  async crash(): Promise<void> {
    const survivors = this.#unflushed
      .map(write => ({ write, order: this.#fate.random() }))
      .filter(() => this.#fate.random() < 0.5)
      .toSorted((a, b) => a.order - b.order);
    for (const { write } of survivors) {
      const torn = write.bytes.slice(0, Math.ceil(write.bytes.length * this.#fate.random()));
      await this.#disk.writeAt(write.file, write.at, torn);
    }
  }

  size(file: string): Promise<number | undefined> {
    return this.#disk.size(file);
  }

  async asBlob(file: string, at: number, length: number): Promise<Blob> {
    const bytes = new Uint8Array(length);
    await this.readAt(file, at, bytes);
    return new Blob([bytes]);
  }

  async remove(file: string): Promise<void> {
    step(this.#fate);
    this.#unflushed = this.#unflushed.filter(write => write.file !== file);
    await this.#disk.remove(file);
  }

  async removeFolder(folder: string): Promise<void> {
    step(this.#fate);
    this.#unflushed = this.#unflushed.filter(write => !write.file.startsWith(`${folder}/`));
    await this.#disk.removeFolder(folder);
  }

  folders(): Promise<readonly string[]> {
    return this.#disk.folders();
  }

  async close(): Promise<void> {}
}

/** Records that are durable when saved, as IndexedDB's transactions are; a save that the crash meets is all or nothing. */
export class CrashyRecords implements OfferRecords {
  readonly #disk: MemoryRecords;
  readonly #fate: Fate;

  constructor(disk: MemoryRecords, fate: Fate) {
    this.#disk = disk;
    this.#fate = fate;
  }

  load(...args: Parameters<OfferRecords['load']>): ReturnType<OfferRecords['load']> {
    return this.#disk.load(...args);
  }

  async save(...args: Parameters<OfferRecords['save']>): Promise<void> {
    if (this.#fate.stepsLeft === 0 && this.#fate.random() < 0.5) await this.#disk.save(...args);
    step(this.#fate);
    await this.#disk.save(...args);
  }

  outlets(...args: Parameters<OfferRecords['outlets']>): ReturnType<OfferRecords['outlets']> {
    return this.#disk.outlets(...args);
  }

  async saveOutlets(...args: Parameters<OfferRecords['saveOutlets']>): Promise<void> {
    if (this.#fate.stepsLeft === 0 && this.#fate.random() < 0.5) await this.#disk.saveOutlets(...args);
    step(this.#fate);
    await this.#disk.saveOutlets(...args);
  }

  async remove(...args: Parameters<OfferRecords['remove']>): Promise<void> {
    step(this.#fate);
    await this.#disk.remove(...args);
  }
}
