import { NO_PATH } from '../peer-connection/candidate-path.ts';
import type { LinkStats, PeerConnection } from '../peer-connection/peer-connection.ts';

/** What is known of the path that a link's connection takes. */
export class PathSight {
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

  /**
   * Looks again, unless the link has ended meanwhile.
   * @param fresh - the connection is a new one: what was known of the former one is void
   * @returns whether there is news
   */
  async look(connection: PeerConnection, fresh: boolean, ended: () => boolean): Promise<boolean> {
    const stats = await connection.stats();
    if (ended()) return false;
    const least = Math.min(fresh ? Infinity : this.#leastRttMs, stats.rttMs ?? Infinity);
    const news = fresh || stats.path !== this.#seen.path || least !== this.#leastRttMs;
    this.#seen = stats;
    this.#leastRttMs = least;
    return news;
  }
}
