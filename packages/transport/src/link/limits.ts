/** Sizes and times of a link, each of which a test may set. */
export interface LinkLimits {
  /** Bytes of send buffer at which more is asked for: what a fast path drains while the event travels. */
  readonly lowWater: number;
  /** Bytes of send buffer never exceeded: keeps the path busy, stays far below Chromium's 16 MiB, at which `send` throws. */
  readonly highWater: number;
  /** Bytes that may wait for the send buffer: a few of the largest control messages. */
  readonly maxQueued: number;
  /** Milliseconds from start to hello. */
  readonly connectTimeoutMs: number;
  /** Milliseconds to prove that a path reported as interrupted still works. */
  readonly interruptTimeoutMs: number;
  /** Beats (`Link.tick`) without a word after which a link is dead. */
  readonly silentTicksToDeath: number;
  /** Milliseconds that a goodbye has to get out. */
  readonly lingerMs: number;
}

const KIB = 1024;

export const DEFAULT_LINK_LIMITS: LinkLimits = {
  lowWater: 256 * KIB,
  highWater: 1024 * KIB,
  maxQueued: 32 * 1024 * KIB,
  connectTimeoutMs: 15_000,
  interruptTimeoutMs: 5_000,
  silentTicksToDeath: 3,
  lingerMs: 1_000,
};
