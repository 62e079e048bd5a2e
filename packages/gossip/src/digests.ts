import {
  BUCKET_DIGEST_BYTES,
  LOG_BUCKETS,
  equalBytes,
  logBucketDigest,
  logBucketOf,
  logRootDigest,
} from '@shoal/protocol';
import type { Bytes, LogState, PeerId } from '@shoal/protocol';
import type { AuthorLog } from './author-log.ts';

/** Digests over all logs, made anew only for the buckets that changed. */
export class LogDigests {
  readonly #logs: ReadonlyMap<PeerId, AuthorLog>;
  readonly #members: PeerId[][] = Array.from({ length: LOG_BUCKETS }, () => []);
  readonly #known = new Set<PeerId>();
  readonly #stale = new Set<number>();
  readonly #buckets: Bytes = new Uint8Array(LOG_BUCKETS * BUCKET_DIGEST_BYTES);
  #root: Bytes = logRootDigest(this.#buckets);

  constructor(logs: ReadonlyMap<PeerId, AuthorLog>) {
    this.#logs = logs;
  }

  /** The author's log or fork is not what it was. */
  changed(author: PeerId): void {
    const bucket = logBucketOf(author);
    if (!this.#known.has(author)) this.#members[bucket]?.push(author);
    this.#known.add(author);
    this.#stale.add(bucket);
  }

  /** Authors in a bucket of whom anything is held. */
  authorsIn(bucket: number): readonly PeerId[] {
    return this.#members[bucket] ?? [];
  }

  get root(): Bytes {
    this.#refresh();
    return this.#root;
  }

  /** All bucket digests, one after the other. The bytes stay as they are. */
  get buckets(): Bytes {
    this.#refresh();
    return this.#buckets.slice();
  }

  /** Buckets whose digests differ from those of a neighbour. */
  differing(theirs: Bytes): number[] {
    this.#refresh();
    const found: number[] = [];
    for (let bucket = 0; bucket < LOG_BUCKETS; bucket += 1) {
      const [from, to] = [bucket * BUCKET_DIGEST_BYTES, (bucket + 1) * BUCKET_DIGEST_BYTES];
      if (!equalBytes(this.#buckets.subarray(from, to), theirs.subarray(from, to))) found.push(bucket);
    }
    return found;
  }

  #refresh(): void {
    if (this.#stale.size === 0) return;
    for (const bucket of this.#stale) {
      const states = this.authorsIn(bucket).flatMap(author => this.#stateOf(author));
      this.#buckets.set(logBucketDigest(states), bucket * BUCKET_DIGEST_BYTES);
    }
    this.#stale.clear();
    this.#root = logRootDigest(this.#buckets);
  }

  #stateOf(author: PeerId): LogState[] {
    const log = this.#logs.get(author);
    if (log === undefined || (log.nextSeq === 0 && log.fork === undefined)) return [];
    const fork = log.fork === undefined ? {} : { forkedFrom: log.fork.fromSeq };
    return [{ author, count: log.nextSeq, tip: log.prevHash, ...fork }];
  }
}
