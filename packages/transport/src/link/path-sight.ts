import { NO_PATH } from '../peer-connection/candidate-path.ts';
import type { LinkStats, PeerConnection } from '../peer-connection/peer-connection.ts';

/** What is known of the path that a link's connection takes. */
export class PathSight {
  #connection: PeerConnection | undefined;
  /** As it was looked at last. */
  #seen: LinkStats = NO_PATH;
  #leastRttMs = Infinity;

  get seen(): LinkStats {
    return this.#seen;
  }

  /** Smallest round trip that ICE measured on this connection, ms; undefined while it has measured none. Its checks wait in our own queue too. */
  get leastRttMs(): number | undefined {
    return this.#leastRttMs === Infinity ? undefined : this.#leastRttMs;
  }

  /** Takes a look at the path of the connection that carries the link now. What was known of another one is void. */
  take(connection: PeerConnection, stats: LinkStats): 'first' | 'news' | 'same' {
    const first = connection !== this.#connection;
    const least = Math.min(first ? Infinity : this.#leastRttMs, stats.rttMs ?? Infinity);
    const news = stats.path !== this.#seen.path || least !== this.#leastRttMs;
    this.#connection = connection;
    this.#seen = stats;
    this.#leastRttMs = least;
    if (first) return 'first';
    return news ? 'news' : 'same';
  }
}
