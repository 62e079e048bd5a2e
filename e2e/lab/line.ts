/** Bytes that even the shortest queue holds: ten full frames. */
const LEAST_QUEUE = 15_000;

/** A line, as a member sees it. */
export interface LineShape {
  /** Mbit/s towards the internet; 0 or absent: no limit. */
  readonly up?: number;
  /** Mbit/s from the internet; 0 or absent: no limit. */
  readonly down?: number;
  /** Milliseconds, each way. */
  readonly delay?: number;
  /** Percent of frames lost at random, each way. */
  readonly loss?: number;
  /** Milliseconds that a full queue takes to drain, each way; default 100. What does not fit is dropped. */
  readonly queue?: number;
}

/** Frames that met the line so far, one way. */
export interface LineCount {
  readonly frames: number;
  readonly lost: number;
  /** Dropped because the queue was full. */
  readonly dropped: number;
}

export interface LineCounts {
  readonly up: LineCount;
  readonly down: LineCount;
}

/** What a member's line can be told and asked, whoever makes it. */
export interface Line {
  /** Changes what is named, at once. */
  set(change: LineShape): void;
  counts(): Promise<LineCounts>;
  close(): Promise<void>;
}

/** Bytes that a queue of so many milliseconds holds. */
export function queueBytes(mbit: number, milliseconds: number): number {
  return Math.round(Math.max(LEAST_QUEUE, (mbit * 1000 * milliseconds) / 8));
}
