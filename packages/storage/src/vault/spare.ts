import * as v from 'valibot';
import { utf8, type Bytes, type RoomId } from '@shoal/protocol';
import { held } from '../backends/held.ts';
import { countSchema, roomSchema, selectionSchema, type OfferSelection, type VaultRoom } from './rooms.ts';

/**
 * What a room would be missed for most, kept a second time in a file beside the vault's database: Chromium (seen in 156) now and then
 * opens an empty database after it was killed in its first moments, without a word, while the files are all there. The identity is not
 * in it ([VA3]). Pieces need no record: what lies in the store is compared with its hashes ([VA2]).
 */
export interface Spare {
  readonly room: VaultRoom;
  readonly selection: readonly OfferSelection[];
  /** The room log, as it was signed; each author's in order. */
  readonly entries: readonly Bytes[];
  readonly settings: readonly (readonly [name: string, value: string])[];
}

const headerSchema = v.object({
  room: roomSchema,
  selection: selectionSchema,
  settings: v.array(v.tuple([v.string(), v.string()])),
  /** Length of each entry that follows. */
  entries: v.array(countSchema),
});

const LENGTH_BYTES = 4;

/**
 * One file per room in a folder of the origin private file system. A file is [length of the header][header as JSON][entries]; the browser
 * writes it beside the old one and swaps them. All of this is a second chance only: what fails here fails silently.
 */
export class SpareFiles {
  readonly #folder: string;

  /** @param database - name of the database that these belong to */
  constructor(database: string) {
    this.#folder = `${database}-spare`;
  }

  /** @returns false when it is worth another try */
  async write(spare: Spare): Promise<boolean> {
    try {
      const { room, selection, settings, entries } = spare;
      const header = utf8(
        JSON.stringify({ room, selection, settings, entries: entries.map(({ length }) => length) }),
      );
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, header.length);
      const folder = await this.#open(true);
      const file = await held(folder, parent => parent.getFileHandle(fileOf(room.room), { create: true }));
      const writable = await held(file, handle => handle.createWritable());
      await writable.write(new Blob([length, header, ...entries]));
      await writable.close();
      return true;
    } catch {
      // Not every browser writes such files from a page.
      return (
        typeof FileSystemFileHandle === 'undefined' || !('createWritable' in FileSystemFileHandle.prototype)
      );
    }
  }

  /** What is readable, the room that was seen last at the end. */
  async all(): Promise<readonly Spare[]> {
    const spares: Spare[] = [];
    try {
      for await (const [name, handle] of (await this.#open(false)).entries()) {
        if (handle.kind !== 'file' || !name.endsWith(SUFFIX)) continue;
        const spare = read(new Uint8Array(await (await held(handle, file => file.getFile())).arrayBuffer()));
        if (spare !== undefined) spares.push(spare);
      }
    } catch {
      // None there, or no such file system: what was read is what there is.
    }
    return spares.sort((a, b) => a.room.lastSeen - b.room.lastSeen);
  }

  async remove(room: RoomId): Promise<void> {
    try {
      await held(await this.#open(false), folder => folder.removeEntry(fileOf(room)));
    } catch {
      return;
    }
  }

  async #open(create: boolean): Promise<FileSystemDirectoryHandle> {
    return held(await navigator.storage.getDirectory(), top =>
      top.getDirectoryHandle(this.#folder, { create }),
    );
  }
}

const SUFFIX = '.room';

function fileOf(room: RoomId): string {
  return `${room}${SUFFIX}`;
}

/** Undefined for what is cut off, or of another version. */
function read(bytes: Bytes): Spare | undefined {
  try {
    let at = LENGTH_BYTES + new DataView(bytes.buffer).getUint32(0);
    const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, at));
    const { entries, ...rest } = v.parse(headerSchema, JSON.parse(text));
    if (at + entries.reduce((sum, length) => sum + length, 0) !== bytes.length) return undefined;
    return { ...rest, entries: entries.map(length => bytes.slice(at, (at += length))) };
  } catch {
    return undefined;
  }
}
