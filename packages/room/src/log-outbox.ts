import type { GossipMessage, PeerId } from '@shoal/protocol';
import type { Links } from './links.ts';

/** Bytes of entries that may wait for one neighbour: all that a log holds of others and of ourselves, and half as much again. Entries lie in the log anyway. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/** Bytes counted for a message beside its entries: an answer of a few bytes waits too, and may be asked for without end. */
const MESSAGE_BYTES = 1024;

interface Line {
  readonly messages: GossipMessage[];
  bytes: number;
}

/**
 * What the room log tells neighbours, in order and as fast as each link takes it: a newcomer may lack 64 MiB, more than may wait in a link. Other
 * messages do not wait behind it.
 */
export class LogOutbox {
  readonly #links: Pick<Links, 'get' | 'send' | 'drop'>;
  readonly #lines = new Map<PeerId, Line>();

  constructor(links: Pick<Links, 'get' | 'send' | 'drop'>) {
    this.#links = links;
  }

  send(peer: PeerId, message: GossipMessage): void {
    const line = this.#lines.get(peer) ?? { messages: [], bytes: 0 };
    const small = message.type !== 'log-entries';
    if (line.messages.length === 0 && (small || this.#hasRoom(peer))) {
      this.#links.send(peer, message);
      return;
    }
    line.messages.push(message);
    line.bytes += bytesOf(message);
    this.#lines.set(peer, line);
    if (line.bytes <= MAX_WAITING_BYTES) return;
    this.left(peer);
    this.#links.drop(peer, 'send-overrun', 'asked for more of the room log than it takes');
  }

  /** A link may take more. */
  writable(peer: PeerId): void {
    const line = this.#lines.get(peer);
    if (line === undefined) return;
    while (this.#hasRoom(peer)) {
      const message = line.messages.shift();
      if (message === undefined) {
        this.#lines.delete(peer);
        return;
      }
      line.bytes -= bytesOf(message);
      this.#links.send(peer, message);
    }
  }

  /** What waited is lost with the link. */
  left(peer: PeerId): void {
    this.#lines.delete(peer);
  }

  #hasRoom(peer: PeerId): boolean {
    return (this.#links.get(peer)?.room ?? 0) > 0;
  }
}

function bytesOf(message: GossipMessage): number {
  if (message.type !== 'log-entries') return MESSAGE_BYTES;
  return message.entries.reduce((sum, raw) => sum + raw.length, MESSAGE_BYTES);
}
