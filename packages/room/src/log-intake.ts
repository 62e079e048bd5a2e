import type { Bytes, GossipMessage, PeerId } from '@shoal/protocol';
import { ProtocolError } from '@shoal/protocol';

/** Entries from this size on are decoded in steps, bytes: some 1,000 files, which a slow page reads in 7 ms. */
const LARGE_BYTES = 32 * 1024;
/** With more messages than this behind it (of 4 MiB at most), one is passed on as it is: who sends faster than we decode must not fill the memory. */
const MAX_WAITING = 4;

export interface LogIntakeOptions {
  readonly decoder: { decoding(raw: Bytes): Iterator<undefined, void, undefined> };
  /** Lets the page do something else. */
  readonly rest: () => Promise<void>;
  readonly receive: (peer: PeerId, message: GossipMessage) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Takes messages of the room log from neighbours and passes them on in each one's order. Those with large entries are decoded in several tasks
 * before: an offer of 10,000 files takes a slow page 70 ms in one.
 */
export class LogIntake {
  readonly #options: LogIntakeOptions;
  /** Messages that wait behind one that is being decoded. */
  readonly #waiting = new Map<PeerId, GossipMessage[]>();

  constructor(options: LogIntakeOptions) {
    this.#options = options;
  }

  receive(peer: PeerId, message: GossipMessage): void {
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) waiting.push(message);
    else if (largeOf(message).length === 0) this.#options.receive(peer, message);
    else this.#work(peer, [message]).catch(this.#options.failed);
  }

  /** What a neighbour said and was not passed on yet is lost with its link. */
  left(peer: PeerId): void {
    this.#waiting.delete(peer);
  }

  async #work(peer: PeerId, messages: GossipMessage[]): Promise<void> {
    this.#waiting.set(peer, messages);
    // Not by the peer alone: it may be back over another link.
    const here = (): boolean => this.#waiting.get(peer) === messages;
    try {
      for (let next = messages[0]; next !== undefined; next = messages[0]) {
        for (const raw of largeOf(next)) if (messages.length <= 1 + MAX_WAITING) await this.#decode(raw);
        if (!here()) return;
        messages.shift();
        this.#options.receive(peer, next);
      }
    } finally {
      if (here()) this.#waiting.delete(peer);
    }
  }

  async #decode(raw: Bytes): Promise<void> {
    const { decoder, rest } = this.#options;
    try {
      const steps = decoder.decoding(raw);
      do await rest();
      while (steps.next().done !== true);
    } catch (error) {
      // Whoever gets the message finds out again, and knows what it means.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

function largeOf(message: GossipMessage): readonly Bytes[] {
  return message.type === 'log-entries' ? message.entries.filter(raw => raw.length >= LARGE_BYTES) : [];
}
