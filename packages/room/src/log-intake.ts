import type { Bytes, GossipMessage, PeerId } from '@shoal/protocol';
import { ProtocolError } from '@shoal/protocol';

/** So much of entries is decoded in one task, bytes: at most some 5,000 files, which a slow page reads in 30 ms. A longer entry is decoded in steps. */
const TASK_BYTES = 32 * 1024;
/** Memory for what waits to be decoded, of all neighbours, bytes: all that a log holds, and half as much again. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** Memory counted for a message, and for each author that one names, bytes. */
const [MESSAGE_BYTES, AUTHOR_BYTES] = [256, 100];

export interface LogIntakeOptions {
  readonly decoder: { decoding(raw: Bytes): Iterator<undefined, void, undefined> };
  /** Lets the page do something else. */
  readonly rest: () => Promise<void>;
  readonly receive: (peer: PeerId, message: GossipMessage) => void;
  /** A neighbour sends faster than we decode: most of what waits is its own, and is forgotten. */
  readonly flooded: (peer: PeerId) => void;
  readonly failed: (error: unknown) => void;
}

interface Line {
  readonly parts: GossipMessage[];
  bytes: number;
}

/**
 * Takes messages of the room log from neighbours and passes them on in each one's order. Those with many or large entries are passed on in parts, each in a
 * task of its own, and large entries are decoded in several tasks before: an offer of 10,000 files takes a slow page 70 ms in one, and one message may hold sixty.
 */
export class LogIntake {
  readonly #options: LogIntakeOptions;
  /** What is being decoded, and what waits behind it. */
  readonly #lines = new Map<PeerId, Line>();
  #bytes = 0;

  constructor(options: LogIntakeOptions) {
    this.#options = options;
  }

  receive(peer: PeerId, message: GossipMessage): void {
    const parts = partsOf(message);
    const waiting = this.#lines.get(peer);
    if (waiting === undefined && parts.length === 1 && !isLarge(message)) {
      this.#options.receive(peer, message);
      return;
    }
    const line = waiting ?? { parts: [], bytes: 0 };
    for (const part of parts) {
      line.parts.push(part);
      line.bytes += bytesOf(part);
      this.#bytes += bytesOf(part);
    }
    this.#lines.set(peer, line);
    if (waiting === undefined) this.#work(peer, line).catch(this.#options.failed);
    if (this.#bytes > MAX_WAITING_BYTES) this.#shed();
  }

  /** What a neighbour said and was not passed on yet is lost with its link. */
  left(peer: PeerId): void {
    const line = this.#lines.get(peer);
    if (line === undefined) return;
    this.#lines.delete(peer);
    this.#bytes -= line.bytes;
  }

  #shed(): void {
    const [most] = [...this.#lines].toSorted(([, a], [, b]) => b.bytes - a.bytes);
    if (most === undefined) return;
    const [peer] = most;
    this.left(peer);
    this.#options.flooded(peer);
  }

  async #work(peer: PeerId, line: Line): Promise<void> {
    const { rest, receive } = this.#options;
    // Not by the peer alone: it may be back over another link.
    const here = (): boolean => this.#lines.get(peer) === line;
    try {
      for (let next = line.parts[0]; next !== undefined; next = line.parts[0]) {
        await rest();
        for (const raw of largeOf(next)) await this.#decode(raw);
        if (!here()) return;
        line.parts.shift();
        line.bytes -= bytesOf(next);
        this.#bytes -= bytesOf(next);
        receive(peer, next);
      }
    } finally {
      if (here()) this.left(peer);
    }
  }

  async #decode(raw: Bytes): Promise<void> {
    const { decoder, rest } = this.#options;
    try {
      const steps = decoder.decoding(raw);
      while (steps.next().done !== true) await rest();
    } catch (error) {
      // Whoever gets the message finds out again, and knows what it means.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** The message as it is, or cut where its entries become more than a task decodes. */
function partsOf(message: GossipMessage): readonly GossipMessage[] {
  if (message.type !== 'log-entries') return [message];
  const parts: Bytes[][] = [];
  let room = 0;
  for (const raw of message.entries) {
    room -= raw.length;
    if (room >= 0) parts.at(-1)?.push(raw);
    else {
      parts.push([raw]);
      room = TASK_BYTES - raw.length;
    }
  }
  return parts.length <= 1 ? [message] : parts.map(entries => ({ type: 'log-entries', entries }));
}

function isLarge(message: GossipMessage): boolean {
  return largeOf(message).length > 0;
}

function largeOf(message: GossipMessage): readonly Bytes[] {
  return message.type === 'log-entries' ? message.entries.filter(raw => raw.length >= TASK_BYTES) : [];
}

function bytesOf(message: GossipMessage): number {
  switch (message.type) {
    case 'log-entries':
      return message.entries.reduce((sum, raw) => sum + raw.length, MESSAGE_BYTES);
    case 'log-vector':
    case 'log-part':
      return MESSAGE_BYTES + AUTHOR_BYTES * message.vector.length;
    case 'log-heads':
      return MESSAGE_BYTES + AUTHOR_BYTES * message.heads.length;
    case 'log-digest':
      return MESSAGE_BYTES + message.buckets.length;
    case 'log-done':
    case 'log-prune':
      return MESSAGE_BYTES;
  }
}
