import type { EntryBody, LogEntry, PeerId } from '@shoal/protocol';
import { Author } from '../testing/author.ts';
import { TEST_ROOM } from '../testing/cast.ts';
import { fakeSigner, seededRandom } from '../testing/fake-crypto.ts';
import { TimedRoom } from './timed-room.ts';

const MIN_DEGREE = 8;
const MAX_DEGREE = 12;
/** Milliseconds one way, for the latecomer: so a round trip is 100 ms. */
const FIXED_DELAY = 50;
const MINUTE = 60_000;
/** Milliseconds until all that is under way has come to rest. */
const SETTLE = 15_000;

export interface Scene {
  readonly room: TimedRoom;
  readonly people: readonly Author[];
  readonly known: readonly LogEntry[];
  readonly random: () => number;
}

/** Sent per member and minute. */
export interface Load {
  readonly messages: number;
  /** Of the busiest member. */
  readonly mostMessages: number;
  readonly bytes: number;
}

export interface Spread extends Load {
  /** Times an entry came to a member, on average: 1 is the least. */
  readonly copies: number;
  /** Milliseconds from writing to acceptance. */
  readonly median: number;
  readonly slowest: number;
  readonly missing: number;
}

export interface CatchUp {
  readonly roundTrips: number;
  readonly bytes: number;
  /** Bytes of the entries that were missing. */
  readonly newBytes: number;
  readonly complete: boolean;
}

export interface SceneOptions {
  readonly members: number;
  readonly seed: number;
  /** Entries that everyone knows at the start. */
  readonly entries: number;
  /** How many members have written them. */
  readonly writers?: number;
  readonly fixedDelay?: boolean;
}

/** A room at rest: everyone knows the same entries, and has 8 to 12 neighbours as far as there are so many. */
export async function scene({ members, seed, entries, ...more }: SceneOptions): Promise<Scene> {
  const random = seededRandom(seed);
  const people = Array.from({ length: members }, () => new Author(fakeSigner(random), TEST_ROOM));
  const writers = people.slice(0, more.writers ?? members);
  const known: LogEntry[] = [];
  for (let i = 0; i < entries; i += 1) {
    const writer = writers[i % writers.length];
    if (writer !== undefined) known.push(await writer.text(`entry ${i} of a room that has been used`));
  }
  const delay = () => (more.fixedDelay === true ? FIXED_DELAY : 10 + random() * 90);
  const room = new TimedRoom({ random, delay });
  for (const { id } of people) room.add(id, known);
  weave(room, random);
  room.run(SETTLE);
  for (const { id } of people) room.sent(id);
  return { room, people, known, random };
}

/** Nothing happens for a minute. */
export function measureIdle({ room }: Scene): Load {
  room.run(MINUTE);
  return loadOf(room, 1);
}

/** Entries by anyone at a steady rate, after some seconds in which the tree finds itself. */
export async function measureSpread(
  { room, people, random }: Scene,
  perSecond: number,
  warmUp: number,
  seconds: number,
  kind: 'text' | 'receipt' = 'text',
): Promise<Spread> {
  const bodyAt = (i: number): EntryBody =>
    kind === 'text'
      ? { kind, text: `entry ${i} at ${room.now}` }
      : { kind, givers: people.slice(0, MAX_DEGREE).map(({ id }) => [id, room.now + i + 1] as const) };
  const talk = async (time: number): Promise<void> => {
    for (let i = 0; i < time * perSecond; i += 1) {
      const writer = people[Math.floor(random() * people.length)];
      if (writer !== undefined) room.authored(await writer.write(bodyAt(i)));
      room.run(1000 / perSecond);
    }
  };
  await talk(warmUp);
  for (const id of room.ids) room.sent(id);
  const [received, before] = [room.entriesReceived, room.delays().sorted.length];
  await talk(seconds);
  const load = loadOf(room, seconds / 60);
  const copies = (room.entriesReceived - received) / (room.delays().sorted.length - before);
  room.run(SETTLE);
  const { sorted, missing } = room.delays();
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return { ...load, copies, median: at(0.5), slowest: at(1), missing };
}

/** Someone who knows all but the last `missing` entries joins 8 members at once. */
export function measureCatchUp({ room, known, people, random }: Scene, missing: number): CatchUp {
  const late = new Author(fakeSigner(random), TEST_ROOM).id;
  const log = room.add(late, missing === known.length ? [] : known.slice(0, -missing));
  const lacked = known.slice(-missing);
  const hosts = new Set<PeerId>();
  while (hosts.size < Math.min(MIN_DEGREE, people.length)) {
    const host = people[Math.floor(random() * people.length)];
    if (host !== undefined) hosts.add(host.id);
  }
  const [begun, uploaded] = [room.now, room.receivedBytes(late)];
  for (const host of hosts) room.link(late, host);
  const complete = room.run(MINUTE, () => lacked.every(({ author, seq }) => log.head(author).nextSeq > seq));
  const roundTrips = (room.now - begun) / (2 * FIXED_DELAY);
  // All that still comes, the comparisons with the other neighbours among it.
  room.run(10_000);
  const bytes = room.receivedBytes(late) - uploaded + room.sent(late).bytes;
  return {
    roundTrips,
    bytes,
    newBytes: lacked.reduce((sum, { raw }) => sum + raw.length, 0),
    complete,
  };
}

function loadOf(room: TimedRoom, minutes: number): Load {
  const loads = room.ids.map(id => room.sent(id));
  const mean = (of: (load: { messages: number; bytes: number }) => number): number =>
    loads.reduce((sum, load) => sum + of(load), 0) / loads.length / minutes;
  return {
    messages: mean(({ messages }) => messages),
    mostMessages: Math.max(...loads.map(({ messages }) => messages)) / minutes,
    bytes: mean(({ bytes }) => bytes),
  };
}

/** A ring, so that it is connected, and chords. */
function weave(room: TimedRoom, random: () => number): void {
  const { ids } = room;
  const pick = (): PeerId | undefined => ids[Math.floor(random() * ids.length)];
  ids.forEach((id, index) => room.link(id, ids[(index + 1) % ids.length] ?? id));
  for (const id of ids) {
    for (let tries = 0; tries < 200 && room.degree(id) < MIN_DEGREE; tries += 1) {
      const other = pick();
      if (other !== undefined && room.degree(other) < MAX_DEGREE) room.link(id, other);
    }
  }
}
