import { encodeMessage } from '@shoal/protocol';
import type { GossipMessage, LogEntry, PeerId } from '@shoal/protocol';
import type { GossipEvent } from '../events.ts';
import { mapKey } from '../map-key.ts';
import { RoomLog } from '../room-log.ts';
import { Timeline } from './timeline.ts';

/** Milliseconds, as the shell does it. */
const FLUSH_MS = 500;
const TICK_MS = 30_000;
/** Milliseconds until a signature is checked. */
const CHECK_MS = 1;

export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

interface Member {
  readonly log: RoomLog;
  readonly links: Set<PeerId>;
  messages: number;
  bytes: number;
  received: number;
}

interface Happening {
  readonly to: PeerId;
  readonly event: GossipEvent;
  /** Bytes of a message. */
  readonly bytes: number;
}

export interface TimedRoomOptions {
  readonly random: () => number;
  /** One-way delay of a new link, milliseconds. */
  readonly delay: () => number;
}

/** Members on links with delays, in virtual time: what is sent, when who has what. Reliable and in order, as data channels are. */
export class TimedRoom {
  readonly #options: TimedRoomOptions;
  readonly #members = new Map<PeerId, Member>();
  readonly #delays = new Map<string, number>();
  readonly #timeline = new Timeline<Happening>();
  readonly #written = new Map<string, { readonly at: number; readonly delays: number[] }>();
  /** Entries that came in, repeats among them. */
  entriesReceived = 0;
  now = 0;

  constructor(options: TimedRoomOptions) {
    this.#options = options;
  }

  get ids(): readonly PeerId[] {
    return [...this.#members.keys()];
  }

  /** A member that knows some entries already. Its timers start anywhere in their period. */
  add(id: PeerId, known: readonly LogEntry[]): RoomLog {
    const log = new RoomLog({ self: id });
    log.receive({ type: 'restored', entries: known });
    this.#members.set(id, { log, links: new Set(), messages: 0, bytes: 0, received: 0 });
    const { random } = this.#options;
    this.#timeline.put(this.now + random() * FLUSH_MS, { to: id, event: { type: 'flush' }, bytes: 0 });
    this.#timeline.put(this.now + random() * TICK_MS, { to: id, event: { type: 'tick' }, bytes: 0 });
    return log;
  }

  degree(id: PeerId): number {
    return this.#members.get(id)?.links.size ?? 0;
  }

  link(a: PeerId, b: PeerId): boolean {
    const [one, other] = [this.#members.get(a), this.#members.get(b)];
    if (a === b || one === undefined || other === undefined || one.links.has(b)) return false;
    const delay = this.#options.delay();
    this.#delays.set(`${a} ${b}`, delay).set(`${b} ${a}`, delay);
    one.links.add(b);
    other.links.add(a);
    this.#tell(a, { type: 'neighbour-joined', peer: b });
    this.#tell(b, { type: 'neighbour-joined', peer: a });
    return true;
  }

  unlink(a: PeerId, b: PeerId): void {
    if (this.#members.get(a)?.links.delete(b) !== true) return;
    this.#members.get(b)?.links.delete(a);
    this.#tell(a, { type: 'neighbour-left', peer: b });
    this.#tell(b, { type: 'neighbour-left', peer: a });
  }

  authored(entry: LogEntry): void {
    this.#written.set(mapKey(entry.hash), { at: this.now, delays: [] });
    this.#tell(entry.author, { type: 'authored', entry });
  }

  /** Lets time pass; stops early, and says so, once `until` holds after something happened. */
  run(ms: number, until: () => boolean = () => false): boolean {
    const end = this.now + ms;
    for (let next = this.#timeline.take(end); next !== undefined; next = this.#timeline.take(end)) {
      this.now = next.at;
      this.#happen(next.what);
      if (until()) return true;
    }
    this.now = end;
    return false;
  }

  /** What a member has sent since it was last asked. */
  sent(id: PeerId): Traffic {
    const member = this.#members.get(id);
    const traffic = { messages: member?.messages ?? 0, bytes: member?.bytes ?? 0 };
    if (member !== undefined) [member.messages, member.bytes] = [0, 0];
    return traffic;
  }

  /** Bytes of all messages that a member got. */
  receivedBytes(id: PeerId): number {
    return this.#members.get(id)?.received ?? 0;
  }

  /** Milliseconds from writing to acceptance, of all entries and members, and how many of them are still missing. */
  delays(): { readonly sorted: readonly number[]; readonly missing: number } {
    const all = [...this.#written.values()].flatMap(({ delays }) => delays);
    const expected = this.#written.size * (this.#members.size - 1);
    return { sorted: all.toSorted((a, b) => a - b), missing: expected - all.length };
  }

  #happen({ to, event, bytes }: Happening): void {
    const member = this.#members.get(to);
    if (member === undefined || (event.type === 'message' && !member.links.has(event.peer))) return;
    member.received += bytes;
    if (event.type === 'message' && event.message.type === 'log-entries')
      this.entriesReceived += event.message.entries.length;
    if (event.type === 'flush') this.#timeline.put(this.now + FLUSH_MS, { to, event, bytes: 0 });
    if (event.type === 'tick') this.#timeline.put(this.now + TICK_MS, { to, event, bytes: 0 });
    this.#tell(to, event);
  }

  #tell(id: PeerId, event: GossipEvent): void {
    const member = this.#members.get(id);
    for (const effect of member?.log.receive(event) ?? []) {
      if (effect.type === 'send') this.#send(id, effect.peer, effect.message);
      else if (effect.type === 'check') {
        const checked = { type: 'checked', entry: effect.entry, valid: true } as const;
        this.#timeline.put(this.now + CHECK_MS, { to: id, event: checked, bytes: 0 });
      } else if (effect.type === 'accepted' && effect.entry.author !== id) {
        const written = this.#written.get(mapKey(effect.entry.hash));
        written?.delays.push(this.now - written.at);
      }
    }
  }

  #send(from: PeerId, to: PeerId, message: GossipMessage): void {
    const member = this.#members.get(from);
    const delay = this.#delays.get(`${from} ${to}`);
    if (member?.links.has(to) !== true || delay === undefined) return;
    const bytes = encodeMessage(message).length;
    member.messages += 1;
    member.bytes += bytes;
    this.#timeline.put(this.now + delay, { to, event: { type: 'message', peer: from, message }, bytes });
  }
}
