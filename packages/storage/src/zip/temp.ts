import type { Bytes } from '@shoal/protocol';
import type { ByteStore } from '../backends/byte-store.ts';

/** Folder of files made for saving; emptied at every start. */
export const TEMP_FOLDER = 'tmp';

/** Takes a file from front to back and gives it as a Blob. */
export interface TempSink {
  append(bytes: Bytes): Promise<void>;
  finish(): Promise<Blob>;
  /** Gives the space back; the file is not wanted. */
  drop(): Promise<void>;
}

/** In the byte store, so that the Blob is a file on disk. */
export class StoreTemp implements TempSink {
  readonly #bytes: ByteStore;
  readonly #name = `${TEMP_FOLDER}/${crypto.randomUUID()}`;
  #size = 0;

  constructor(bytes: ByteStore) {
    this.#bytes = bytes;
  }

  async append(bytes: Bytes): Promise<void> {
    await this.#bytes.writeAt(this.#name, this.#size, bytes);
    this.#size += bytes.length;
  }

  finish(): Promise<Blob> {
    return this.#bytes.asBlob(this.#name, 0, this.#size);
  }

  drop(): Promise<void> {
    return this.#bytes.remove(this.#name);
  }
}

/** Bytes gathered before they go to the browser's blob store, which spills to disk what it does not hold. */
const PART_BYTES = 8 * 1024 * 1024;

/** Where there is no file system of the origin. */
export class BlobTemp implements TempSink {
  readonly #parts: Blob[] = [];
  #pending: Bytes[] = [];
  #pendingBytes = 0;

  async append(bytes: Bytes): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= PART_BYTES) this.#spill();
  }

  async finish(): Promise<Blob> {
    this.#spill();
    return new Blob(this.#parts);
  }

  async drop(): Promise<void> {
    this.#parts.length = 0;
    this.#pending = [];
  }

  #spill(): void {
    this.#parts.push(new Blob(this.#pending));
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

/** In a file that a person picked. The browser keeps what is there until the end, and puts the new file in its place then. */
export class FileTemp implements TempSink {
  readonly #file: FileSystemFileHandle;
  #writable: Promise<FileSystemWritableFileStream> | undefined;

  constructor(file: FileSystemFileHandle) {
    this.#file = file;
  }

  async append(bytes: Bytes): Promise<void> {
    await (await this.#open()).write(bytes);
  }

  async finish(): Promise<Blob> {
    await (await this.#open()).close();
    return await this.#file.getFile();
  }

  async drop(): Promise<void> {
    await (await this.#writable)?.abort().catch(() => undefined);
  }

  #open(): Promise<FileSystemWritableFileStream> {
    this.#writable ??= this.#file.createWritable();
    return this.#writable;
  }
}
