import type { RequestWindow } from '../window.ts';
import { EventQueue } from './event-queue.ts';

/** A line with one bottleneck and a tail-drop queue before it, between one server and requesters with a window each. */
export interface LineOptions {
  /** Bytes per second; a function of time (ms) for a line that changes. */
  readonly rate: (now: number) => number;
  /** ms there and back, without queue and without the block's own time. */
  readonly rtt: (now: number) => number;
  /** ms of queue at `rate` beyond which blocks overflow. */
  readonly queueMs: number;
  /** Time a block waits at the server before it is sent (disk, CPU), ms. */
  readonly service?: () => number;
  readonly durationMs: number;
  /** Throughput and queue are judged after this, ms. */
  readonly warmMs: number;
  readonly maxBlockBytes?: number;
}

export interface LineReport {
  /** Of the line's rate, per requester, after the warm-up. */
  readonly use: readonly number[];
  readonly totalUse: number;
  /** Queueing time after the warm-up: mean and 95th percentile over blocks, ms. */
  readonly meanQueueMs: number;
  readonly p95QueueMs: number;
  /** Blocks that found the queue full, over the whole run. They arrive late (as after a retransmission). */
  readonly overflows: number;
  readonly windows: readonly number[];
}

const KIB16 = 16 * 1024;

/** Runs windows on a line. Each asks as the engine does: in batches of an eighth, blocks of about a twelfth of the window. */
export function runLine(windows: readonly RequestWindow[], options: LineOptions): LineReport {
  const queue = new EventQueue();
  const { maxBlockBytes = 64 * 1024, service = () => 0 } = options;
  const states = windows.map(window => ({ window, outstanding: 0, block: KIB16, bytes: 0 }));
  const waits: number[] = [];
  let lineFree = 0;
  let overflows = 0;

  const arrive = (state: (typeof states)[number], sentAt: number, length: number): void => {
    state.outstanding -= length;
    state.window.sample(sentAt, queue.now, length);
    if (queue.now > options.warmMs) state.bytes += length;
    fill(state);
  };
  const serve = (state: (typeof states)[number], sentAt: number, length: number): void => {
    const now = queue.now;
    const wait = Math.max(0, lineFree - now);
    const late = wait > options.queueMs ? options.rtt(now) + 200 : 0;
    if (late > 0) overflows += 1;
    if (now > options.warmMs) waits.push(wait);
    lineFree = Math.max(lineFree, now) + (length / options.rate(now)) * 1000;
    queue.after(lineFree - now + options.rtt(now) / 2 + late, () => arrive(state, sentAt, length));
  };
  const fill = (state: (typeof states)[number]): void => {
    const limit = state.window.bytes;
    let room = limit - state.outstanding;
    if (state.outstanding > 0 && room < limit / 8) return state.window.full();
    const wish = limit / 12;
    if (wish >= state.block * 2) state.block = Math.min(maxBlockBytes, state.block * 2);
    else if (wish < state.block * 0.75) state.block = Math.max(KIB16, state.block / 2);
    const sentAt = queue.now;
    while (room >= KIB16 || state.outstanding === 0) {
      const length = Math.min(state.block, 2 ** Math.floor(Math.log2(Math.max(room, KIB16))));
      room -= length;
      state.outstanding += length;
      queue.after(options.rtt(sentAt) / 2 + service(), () => serve(state, sentAt, length));
    }
    state.window.full();
  };

  for (const state of states) fill(state);
  queue.runUntil(options.durationMs);
  const seconds = (options.durationMs - options.warmMs) / 1000;
  const capacity = options.rate(options.durationMs) * seconds;
  const use = states.map(state => state.bytes / capacity);
  const sorted = [...waits].sort((a, b) => a - b);
  return {
    use,
    totalUse: use.reduce((sum, part) => sum + part, 0),
    meanQueueMs: waits.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waits.length),
    p95QueueMs: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    overflows,
    windows: windows.map(window => window.bytes),
  };
}
