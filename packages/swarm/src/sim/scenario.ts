import type { SwarmLimits } from '../limits.ts';
import type { MemberOptions, SimMember } from './member.ts';
import { SimRoom } from './room.ts';
import type { Talks } from './talk.ts';

const MBIT = 125_000;
const MIB = 1024 * 1024;

/** One sharer and `receivers` members that all start at once. */
export interface ScenarioOptions {
  readonly seed: number;
  readonly receivers: number;
  /** Bytes. */
  readonly size?: number;
  readonly pieceLength?: number;
  /** Of every member unless `member` says otherwise. */
  readonly upMbit?: number;
  readonly downMbit?: number;
  readonly latency?: number;
  readonly limits?: Partial<SwarmLimits>;
  /** Links per member, see `RoomOptions`. */
  readonly degree?: { readonly target: number; readonly max: number };
  /** Changes one receiver. */
  readonly member?: (index: number) => Partial<MemberOptions>;
  readonly talks?: Talks;
}

/** What came of it. Times in ms of virtual time, bytes. */
export interface ScenarioReport {
  readonly completed: number;
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** max(F/u_seed, F/d_min, N·F/(u_seed+Σu_i)), Kumar and Ross 2006; ms. */
  readonly bound: number;
  readonly ratio: number;
  readonly seedCopies: number;
  readonly wastedPart: number;
  /** All that is sent but blocks, of all blocks. */
  readonly controlPart: number;
  /** Of it, what is not the swarm's: room log and peer exchange. */
  readonly talkPart: number;
}

/** Sets a scenario up; the caller may interfere before it runs. */
export function prepare(options: ScenarioOptions): {
  room: SimRoom;
  sharer: SimMember;
  receivers: SimMember[];
} {
  const { size = 32 * MIB, pieceLength = 128 * 1024, latency = 10, upMbit = 20, downMbit = 100 } = options;
  const room = new SimRoom({
    seed: options.seed,
    size,
    pieceLength,
    ...(options.degree === undefined ? {} : { degree: options.degree }),
    ...(options.talks === undefined ? {} : { talks: options.talks }),
  });
  const common = {
    up: upMbit * MBIT,
    down: downMbit * MBIT,
    latency,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const sharer = room.join({ ...common, seed: true });
  const receivers = Array.from({ length: options.receivers }, (_, index) =>
    room.join({ ...common, ...options.member?.(index) }),
  );
  room.weave();
  return { room, sharer, receivers };
}

/** A room under way, to be run until it is done; so whoever simulates more than the swarm can look after the rest between two steps. */
export interface SimRun<Report> {
  readonly room: SimRoom;
  /** Asked after each step; it may interfere. */
  readonly done: () => boolean;
  /** Virtual ms. */
  readonly limit: number;
  readonly report: () => Report;
}

/** Runs it with nothing else to look after. */
export function runAlone<Report>({ room, done, limit, report }: SimRun<Report>): Report {
  room.run(done, limit);
  return report();
}

/** A room of bounded degree, as the mesh makes it (transport's [NB1]). */
export const MESH = { target: 6, max: 12 } as const;

/** Runs a scenario to its end, at most `limit` ms. */
export function runScenario(options: ScenarioOptions, limit = 3_600_000): ScenarioReport {
  const { room, sharer, receivers } = prepare(options);
  room.run(() => receivers.every(member => member.completedAt !== undefined), limit);
  return reportOf(room, sharer, receivers);
}

export function reportOf(room: SimRoom, sharer: SimMember, receivers: readonly SimMember[]): ScenarioReport {
  const size = room.geometry.totalBytes;
  const times = receivers.flatMap(member => member.completedAt ?? []).sort((a, b) => a - b);
  const ups = receivers.reduce((sum, member) => sum + member.access.up, sharer.access.up);
  const bound = Math.max(
    size / sharer.access.up,
    ...receivers.map(member => size / member.access.down),
    (receivers.length * size) / ups,
  );
  const total = receivers.length * size;
  const last = times.at(-1) ?? Infinity;
  return {
    completed: times.length,
    first: times[0] ?? Infinity,
    median: times[Math.floor(times.length / 2)] ?? Infinity,
    last: times.length === receivers.length ? last : Infinity,
    bound,
    ratio: (times.length === receivers.length ? last : Infinity) / bound,
    seedCopies: sharer.access.upBytes / size,
    wastedPart: receivers.reduce((sum, member) => sum + member.wastedBytes, 0) / total,
    controlPart: room.members.reduce((sum, member) => sum + member.controlBytes, 0) / total,
    talkPart: room.members.reduce((sum, member) => sum + member.talkBytes, 0) / total,
  };
}
