import type { SimMember } from './member.ts';
import type { SimRoom } from './room.ts';

/** Parts of all members' work done at a moment, each 0 to 1. */
export interface CurvePoint {
  /** ms */
  readonly at: number;
  /** Of the receivers: how far the slowest, the median and the fastest are. */
  readonly slowest: number;
  readonly median: number;
  readonly fastest: number;
  /** Receivers that have everything. */
  readonly complete: number;
  /** Pieces that at least one receiver has, and those that at least half of them have. */
  readonly spread: number;
  readonly common: number;
}

/** Looks at a room every so many virtual ms for as long as it runs. */
export function recordCurve(room: SimRoom, receivers: readonly SimMember[], everyMs: number): CurvePoint[] {
  const points: CurvePoint[] = [];
  const look = (): void => {
    points.push(pointOf(room, receivers));
    room.queue.after(everyMs, look);
  };
  look();
  return points;
}

/** How far everyone is now. */
export function pointOf(room: SimRoom, receivers: readonly SimMember[]): CurvePoint {
  const { pieceCount, totalBytes } = room.geometry;
  const parts = receivers.map(({ verifiedBytes }) => verifiedBytes / totalBytes).sort((a, b) => a - b);
  const holders = new Uint16Array(pieceCount);
  for (const { pieces } of receivers) for (const piece of pieces) holders[piece] = (holders[piece] ?? 0) + 1;
  const atLeast = (count: number): number => holders.filter(has => has >= count).length / pieceCount;
  return {
    at: room.queue.now,
    slowest: parts[0] ?? 0,
    median: parts[Math.floor(parts.length / 2)] ?? 0,
    fastest: parts.at(-1) ?? 0,
    complete: receivers.filter(({ completedAt }) => completedAt !== undefined).length / receivers.length,
    spread: atLeast(1),
    common: atLeast(receivers.length / 2),
  };
}
