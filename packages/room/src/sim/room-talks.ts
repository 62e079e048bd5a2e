import { Author } from '@shoal/gossip/testing/author';
import { TEST_ROOM } from '@shoal/gossip/testing/cast';
import { fakeSigner, randomBytes, seededRandom } from '@shoal/gossip/testing/fake-crypto';
import { decodeEntry, offerIdOf } from '@shoal/protocol';
import type { Bytes, EntryBody, LogEntry, PeerId } from '@shoal/protocol';
import type { SimMember } from '@shoal/swarm/sim/member';
import type { SimRun } from '@shoal/swarm/sim/scenario';
import type { TalkLine, Talks } from '@shoal/swarm/sim/talk';
import { MemberTalk } from './member-talk.ts';

/** Bytes a millisecond of the sharer's hashing, after which it seals its offer. */
const HASH_RATE = 500_000;

export interface RoomTalksOptions {
  readonly seed: number;
  /** Who is there when it begins and knows of all others, the sharer first; who comes later knows nobody. */
  readonly members: number;
  /** What the `index`th member writes in place of a receipt. */
  readonly receipt?: (
    index: number,
    body: Extract<EntryBody, { kind: 'receipt' }>,
    idOf: (index: number) => PeerId,
  ) => EntryBody;
}

/** Room logs, receipts and peer exchange for a simulated room: members with keys, and the writing of entries, which takes promises. */
export class RoomTalks implements Talks {
  readonly #options: RoomTalksOptions;
  readonly #random: () => number;
  readonly #people: Author[] = [];
  readonly #known: LogEntry[] = [];
  readonly #signed = new Set<string>();
  readonly #chains = new Map<Author, Promise<unknown>>();
  #begun = 0;
  readonly #decoder = new SharedDecoder();
  #writing = false;

  private constructor(options: RoomTalksOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Members who have told each other their names already. */
  static async create(options: RoomTalksOptions): Promise<RoomTalks> {
    const talks = new RoomTalks(options);
    for (let index = 0; index < options.members; index += 1)
      talks.#known.push(await talks.#write(talks.#person(index), profile(index)));
    return talks;
  }

  idOf(index: number): PeerId {
    return this.#person(index).id;
  }

  begin(member: SimMember, line: TalkLine): MemberTalk {
    const index = this.#begun;
    this.#begun += 1;
    const old = index < this.#options.members;
    const { receipt } = this.#options;
    const talk = new MemberTalk(member, this.#person(index), {
      ...line,
      known: old ? this.#known : [],
      decoder: this.#decoder,
      genuine: ({ signature }) => this.#signed.has(mapKey(signature)),
      write: (author, body) => this.#write(author, body),
      ...(receipt !== undefined && { receipt: body => receipt(index, body, each => this.idOf(each)) }),
    });
    if (!old) void talk.write(profile(index));
    if (member.options.seed === true) void this.#share(talk, line);
    return talk;
  }

  /** Something is being written. */
  get busy(): boolean {
    return this.#writing;
  }

  /** Waits until what was to be written is written: virtual time stands still meanwhile. */
  async settle(): Promise<void> {
    while (this.#writing) {
      this.#writing = false;
      // A whole turn of the event loop: every promise that follows from a written entry is settled by then.
      await new Promise(resolve => setTimeout(resolve));
    }
  }

  async #share(talk: MemberTalk, { geometry, queue }: TalkLine): Promise<void> {
    const files = geometry.files.map(({ path, size }) => ({ path, size }));
    const offer = await talk.write({ kind: 'offer', pieceLength: geometry.pieceLength, files });
    const root = randomBytes(this.#random, 32);
    queue.after(geometry.totalBytes / HASH_RATE, () => {
      void talk.write({ kind: 'seal', offer: offerIdOf(offer), root });
    });
  }

  /** One after the other: each entry names the hash of the one before. */
  #write(author: Author, body: EntryBody): Promise<LogEntry> {
    this.#writing = true;
    const before = this.#chains.get(author) ?? Promise.resolve();
    const next = before.then(async () => {
      const entry = await author.write(body);
      this.#signed.add(mapKey(entry.signature));
      return entry;
    });
    this.#chains.set(author, next);
    return next;
  }

  #person(index: number): Author {
    for (let next = this.#people.length; next <= index; next += 1)
      this.#people.push(new Author(fakeSigner(this.#random), TEST_ROOM));
    const person = this.#people[index];
    if (person === undefined) throw new Error(`nobody is the ${index}th`);
    return person;
  }
}

/** Nobody's bytes are changed, so what all of them are sent is decoded, and kept, once. */
class SharedDecoder {
  readonly #known = new WeakMap<Bytes, LogEntry>();

  decode(raw: Bytes): LogEntry {
    const known = this.#known.get(raw) ?? decodeEntry(raw);
    this.#known.set(raw, known);
    this.#known.set(known.raw, known);
    return known;
  }
}

/** Runs a room with all that its members say. */
export async function runTalking<Report>(
  { room, done, limit, report }: SimRun<Report>,
  talks: RoomTalks,
): Promise<Report> {
  await talks.settle();
  while (!done() && room.queue.now <= limit && room.queue.step()) if (talks.busy) await talks.settle();
  return report();
}

function profile(index: number): EntryBody {
  return { kind: 'profile', name: `Member ${index}`, device: 'Simulated browser' };
}

function mapKey(bytes: Bytes): string {
  return String.fromCharCode(...bytes);
}
