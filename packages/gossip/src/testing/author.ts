import { createEntry } from '@shoal/protocol';
import type { Bytes, EntryBody, LogEntry, PeerId, RoomId, Signer } from '@shoal/protocol';

/** Someone who writes a log, honestly or not. */
export class Author {
  readonly #signer: Signer;
  readonly #room: RoomId;
  readonly #entries: LogEntry[];

  constructor(signer: Signer, room: RoomId, entries: readonly LogEntry[] = []) {
    this.#signer = signer;
    this.#room = room;
    this.#entries = [...entries];
  }

  get id(): PeerId {
    return this.#signer.peerId;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  async write(body: EntryBody): Promise<LogEntry> {
    const entry = await this.at(this.#entries.length, this.#entries.at(-1)?.hash ?? new Uint8Array(32), body);
    this.#entries.push(entry);
    return entry;
  }

  text(text: string): Promise<LogEntry> {
    return this.write({ kind: 'text', text });
  }

  async texts(count: number, name = 'text'): Promise<LogEntry[]> {
    const written: LogEntry[] = [];
    for (let i = 0; i < count; i += 1) written.push(await this.text(`${name} ${i}`));
    return written;
  }

  /** A signed entry anywhere, which need not fit. */
  at(seq: number, prev: Bytes, body: EntryBody): Promise<LogEntry> {
    return createEntry(this.#signer, this.#room, seq, prev, body);
  }

  /** The same author with another future after the first `count` entries. */
  branch(count: number): Author {
    return new Author(this.#signer, this.#room, this.#entries.slice(0, count));
  }
}
