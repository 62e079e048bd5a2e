import type { Bytes } from '@shoal/protocol';
import type { PickedFile, PickedWritable } from '../outlet/outlet.ts';
import { StorageError } from '../errors.ts';
import { step, type Fate } from './crashy-byte-store.ts';

/** As browsers give it: it cannot be read any more once the file was written. */
class Snapshot extends File {
  readonly #of: PickedDisk;

  constructor(of: PickedDisk) {
    super([of.content], 'picked', { lastModified: of.modified });
    this.#of = of;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.#of.modified !== this.lastModified) throw new DOMException('changed', 'NotReadableError');
    return await super.arrayBuffer();
  }
}

/** A file that a person picked, as browsers treat it: writes go to a copy, which takes its place when it is closed or is lost. */
export class PickedDisk {
  content: Bytes = new Uint8Array(0);
  modified = 0;
  /** Bytes it may grow to. */
  room = Infinity;
  /** Existing bytes copied by all that was opened. */
  copied = 0;
  puts = 0;

  /** Somebody else writes into it. */
  spoil(at: number): void {
    this.content = this.content.slice();
    this.content[at] = (this.content[at] ?? 0) ^ 0xff;
    this.modified += 1;
  }

  handle(fate: Fate = { stepsLeft: Infinity, random: () => 0 }): PickedFile {
    return {
      getFile: async () => new Snapshot(this),
      createWritable: async ({ keepExistingData }) => {
        step(fate);
        return this.#writable(fate, keepExistingData ? this.content : new Uint8Array(0));
      },
    };
  }

  #writable(fate: Fate, before: Bytes): PickedWritable {
    let copy = before.slice();
    this.copied += copy.length;
    const commit = (): void => {
      this.content = copy;
      this.modified += 1;
      this.puts += 1;
    };
    return {
      write: async ({ position, data }) => {
        step(fate);
        if (position + data.size > this.room) throw new StorageError('disk-full');
        const grown = new Uint8Array(Math.max(copy.length, position + data.size));
        grown.set(copy);
        grown.set(new Uint8Array(await data.arrayBuffer()), position);
        copy = grown;
      },
      close: async () => {
        if (fate.stepsLeft === 0 && fate.random() < 0.5) commit();
        step(fate);
        commit();
      },
      abort: async () => {},
    };
  }
}
