import { createEntry, generateIdentity, offerIdOf, signerOf } from '@shoal/protocol';
import type { EntryBody, LogEntry, OfferId, RoomId, Signer } from '@shoal/protocol';

/** A member's log, entry by entry. */
export class Author {
  readonly signer: Signer;
  readonly entries: LogEntry[] = [];
  readonly #room: RoomId;

  private constructor(room: RoomId, signer: Signer) {
    this.#room = room;
    this.signer = signer;
  }

  static async in(room: RoomId): Promise<Author> {
    return new Author(room, signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto)));
  }

  async say(body: EntryBody): Promise<LogEntry> {
    const before = this.entries.at(-1)?.hash ?? new Uint8Array(32);
    const entry = await createEntry(this.signer, this.#room, this.entries.length, before, body);
    this.entries.push(entry);
    return entry;
  }

  async offer(pieceLength: number, files: readonly { path: string; size: number }[]): Promise<OfferId> {
    const offered = files.map(file => ({ ...file, modified: 1 }));
    return offerIdOf(await this.say({ kind: 'offer', pieceLength, files: offered }));
  }

  /** Another first entry than the one that was told: the proof of a fork. */
  async fork(): Promise<LogEntry> {
    return await createEntry(this.signer, this.#room, 0, new Uint8Array(32), {
      kind: 'profile',
      name: 'another',
      device: '',
    });
  }
}
