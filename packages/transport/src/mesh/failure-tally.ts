import type { PeerId } from '@shoal/protocol';
import type { TransportErrorCode } from '../errors.ts';
import type { LinkEnd } from '../link/events.ts';

/** Members remembered; beyond it all start from nothing, and a failure is told of one try later. */
const MAX_PEERS = 1024;

/** Tries of one connection before a person is told: one may fail for reasons that pass. */
const TRIES_BEFORE_WORD = 2;

/** Counts connections with a member, whoever started them, that came to nothing. */
export class FailureTally {
  readonly #counts = new Map<PeerId, number>();

  add(peer: PeerId): number {
    if (this.#counts.size >= MAX_PEERS) this.#counts.clear();
    const count = (this.#counts.get(peer) ?? 0) + 1;
    this.#counts.set(peer, count);
    return count;
  }

  clear(peer: PeerId): void {
    this.#counts.delete(peer);
  }
}

export interface ConnectFacts {
  /** How often it failed by now, this time included. */
  readonly tries: number;
  /** The other side sent at least one authentic signal. */
  readonly answered: boolean;
  /** There is no neighbour at all. */
  readonly lonely: boolean;
  /** A neighbour is linked to the other side. */
  readonly nearby: boolean;
}

/**
 * Whether a person should hear of a connection that never opened, and how it is called. Silence may only mean that the
 * server remembers someone who has left, so it counts only while there is nobody else.
 */
export function connectFailure(
  end: LinkEnd,
  { tries, answered, lonely, nearby }: ConnectFacts,
): TransportErrorCode | undefined {
  if (end.code === 'unsupported-version' || end.code === 'protocol-violation') return end.code;
  if (end.by !== 'failure' || !(answered || lonely)) return undefined;
  // That passes by itself only if whoever runs the relay acts.
  if (end.code === 'turn-refused') return tries === 1 ? 'turn-refused' : undefined;
  // There is another way, so that it is no alarm.
  if (tries !== (nearby ? 1 : TRIES_BEFORE_WORD)) return undefined;
  return end.code === 'connection-failed' ? 'connection-failed' : 'connect-timeout';
}
