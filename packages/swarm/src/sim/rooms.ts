import { pointOf, recordCurve } from './curves.ts';
import type { CurvePoint } from './curves.ts';
import type { MemberOptions, SimMember } from './member.ts';
import { MESH, prepare, reportOf, runAlone } from './scenario.ts';
import type { ScenarioOptions, ScenarioReport, SimRun } from './scenario.ts';
import type { Talks } from './talk.ts';

const MBIT = 125_000;
const KIB = 1024;
const PIECE = 64 * KIB;
const LIMIT_MS = 3_600_000;

/** A scenario that the simulator prints, with the figures it must reach. */
export interface Scene {
  readonly name: string;
  readonly options: ScenarioOptions;
  /** Last completion in bounds, at most. */
  readonly ratio?: number;
  /** The sharer's upload in copies, at most. */
  readonly copies?: number;
  /** The sharer leaves as soon as every piece is with some receiver. */
  readonly sharerLeaves?: boolean;
  /** The first of so many receivers that take and never give is to finish at least twice as late as the median of the others. */
  readonly freeRiders?: number;
}

/** What came of a {@link Scene}. */
export interface SceneReport extends ScenarioReport {
  readonly name: string;
  readonly receivers: number;
  /** First free rider's time over the median giver's. */
  readonly riderFactor?: number;
  /** What fell short, in words; empty when all is as it must be. */
  readonly faults: readonly string[];
  readonly curve: readonly CurvePoint[];
}

/** Equal members: 20 Mbit/s up, 100 down, 20 ms from each to each. */
export function equalPeers(receivers: number, pieces: number, seed = 1): Scene {
  return {
    name: `${receivers} equal receivers`,
    options: { seed, receivers, size: pieces * PIECE, pieceLength: PIECE, degree: MESH },
    ratio: 1.25,
    ...(receivers >= 8 && { copies: 1.1 }),
  };
}

/** Every other receiver sends at a tenth of the rate of the rest. */
export function mixedPeers(receivers: number, pieces: number, seed = 1): Scene {
  const member = (index: number): Partial<MemberOptions> => (index % 2 === 0 ? { up: 2 * MBIT } : {});
  return {
    name: `${receivers} receivers, uplinks 10:1`,
    options: { seed, receivers, size: pieces * PIECE, pieceLength: PIECE, degree: MESH, member },
    ratio: 1.5,
  };
}

/** A tenth to a fifth take and do not give; the uplink is a tenth of the downlink, and givers leave when they have all. */
export function freeRiders(receivers: number, riders: number, pieces: number, seed = 1): Scene {
  const member = (index: number): Partial<MemberOptions> =>
    index < riders ? { freeRides: true } : { leavesAfter: 2000 };
  return {
    name: `${receivers} receivers, ${riders} only take`,
    options: {
      seed,
      receivers,
      size: pieces * PIECE,
      pieceLength: PIECE,
      degree: MESH,
      upMbit: 5,
      downMbit: 50,
      member,
    },
    freeRiders: riders,
  };
}

/** The sharer is gone when one copy is out. */
export function sharerLeaves(receivers: number, pieces: number, seed = 1): Scene {
  return {
    name: `${receivers} receivers, the sharer leaves`,
    options: { seed, receivers, size: pieces * PIECE, pieceLength: PIECE, degree: MESH },
    sharerLeaves: true,
  };
}

/** Sets a scene up, to be run to its end, judged, and its curve kept. */
export function stage(scene: Scene, talks?: Talks): SimRun<SceneReport> {
  const { room, sharer, receivers } = prepare({ ...scene.options, ...(talks !== undefined && { talks }) });
  const { size = 0 } = scene.options;
  if (talks === undefined) room.spreadReceipts();
  const curve = recordCurve(room, receivers, size / sharer.access.up / 50);
  const all = (): boolean => receivers.every(({ completedAt }) => completedAt !== undefined);
  // What is out stays out: asked after each event, it goes on where it stood.
  let piecesOut = 0;
  const out = (): boolean => {
    if (sharer.access.upBytes < size) return false;
    while (receivers.some(({ pieces }) => pieces.has(piecesOut))) piecesOut += 1;
    return piecesOut === room.geometry.pieceCount;
  };
  const done = (): boolean => {
    if (scene.sharerLeaves === true && sharer.present && out()) room.leave(sharer);
    return all();
  };
  const report = (): SceneReport => {
    curve.push(pointOf(room, receivers));
    return judge(scene, reportOf(room, sharer, receivers), receivers, curve);
  };
  return { room, done, limit: LIMIT_MS, report };
}

/** Runs a scene in which nobody says anything but what the swarm says. */
export function runScene(scene: Scene): SceneReport {
  return runAlone(stage(scene));
}

function judge(
  scene: Scene,
  report: ScenarioReport,
  receivers: readonly SimMember[],
  curve: readonly CurvePoint[],
): SceneReport {
  const riderFactor = scene.freeRiders === undefined ? undefined : factorOf(receivers, scene.freeRiders);
  const faults = [
    report.completed < receivers.length && `${receivers.length - report.completed} did not complete`,
    scene.ratio !== undefined && report.ratio > scene.ratio && `later than ${scene.ratio} bounds`,
    scene.copies !== undefined && report.seedCopies > scene.copies && `more than ${scene.copies} copies`,
    riderFactor !== undefined && riderFactor < 2 && 'taking pays',
  ].filter(fault => fault !== false);
  return {
    name: scene.name,
    receivers: receivers.length,
    ...report,
    ...(riderFactor !== undefined && { riderFactor }),
    faults,
    curve,
  };
}

function factorOf(receivers: readonly SimMember[], riders: number): number {
  const times = receivers.map(({ completedAt }) => completedAt ?? Infinity);
  const givers = times.slice(riders).sort((a, b) => a - b);
  return Math.min(...times.slice(0, riders)) / (givers[Math.floor(givers.length / 2)] ?? Infinity);
}
