import type { MemberOptions, SimMember } from './member.ts';
import { seededRandom } from './random.ts';
import { prepare, runAlone } from './scenario.ts';
import type { SimRun } from './scenario.ts';
import type { Talks } from './talk.ts';

const MBIT = 125_000;
const MIB = 1024 * 1024;
/** By then all comings and goings have been. */
const ALL_HAVE_COME_MS = 9500;

/** How a churn run ended; the seed replays it. */
export interface ChurnReport {
  readonly seed: number;
  /** Members that stayed and did not complete. */
  readonly stuck: readonly string[];
  readonly stayed: number;
  readonly left: number;
  readonly liarsDropped: number;
  /** Blocks served of pieces that were not verified. */
  readonly unverified: number;
  /** Virtual ms of the last completion. */
  readonly last: number;
}

/**
 * Members of all kinds come, go, crash and lie; the sharer stays. A tenth of the members lies now and then.
 * Everyone that stays and is honest must complete.
 */
export function churn(seed: number, talks?: Talks): SimRun<ChurnReport> {
  const random = seededRandom(seed ^ 0x5eed);
  const between = (low: number, high: number): number => low + random() * (high - low);
  const someone = (): MemberOptions => ({
    up: between(2, 50) * MBIT,
    down: between(10, 100) * MBIT,
    latency: between(1, 60),
    lies: random() < 0.15 ? between(0.02, 1) : 0,
  });
  const { room, sharer, receivers } = prepare({
    seed,
    receivers: 2 + Math.floor(random() * 5),
    size: Math.floor(between(1, 12) * MIB),
    pieceLength: 64 * 1024 * 2 ** Math.floor(random() * 4),
    member: () => someone(),
    ...(talks !== undefined && { talks }),
  });
  const comings = Array.from({ length: 6 }, () => between(100, 8000));
  for (const at of comings) room.queue.after(at, () => receivers.push(room.join(someone())));
  let left = 0;
  for (let step = 0; step < 5; step += 1)
    room.queue.after(between(500, 9000), () => {
      const present = receivers.filter(member => member.present);
      const unlucky = present[Math.floor(random() * present.length)];
      if (unlucky === undefined) return;
      left += 1;
      room.leave(unlucky, random() < 0.5);
    });
  const waiting = (): SimMember[] =>
    receivers.filter(
      member => member.present && member.completedAt === undefined && (member.options.lies ?? 0) === 0,
    );
  return {
    room,
    done: () => room.queue.now >= ALL_HAVE_COME_MS && waiting().length === 0,
    limit: 600_000,
    report: () => ({
      seed,
      stuck: waiting().map(
        member => `${member.peer}: ${member.verifiedBytes} of ${room.geometry.totalBytes}`,
      ),
      stayed: receivers.filter(member => member.present).length,
      left,
      unverified: room.members.reduce((sum, { unverifiedReads }) => sum + unverifiedReads, 0),
      liarsDropped: new Set([sharer, ...receivers].flatMap(member => member.dropped)).size,
      last: Math.max(...receivers.map(member => member.completedAt ?? 0)),
    }),
  };
}

/** Churn in which nobody says anything but what the swarm says. */
export function runChurn(seed: number): ChurnReport {
  return runAlone(churn(seed));
}
