import { simulateGossip } from '@shoal/gossip/sim/main';
import type { GossipRow } from '@shoal/gossip/sim/main';
import { drawPicture } from '@shoal/swarm/sim/picture';
import { equalPeers, freeRiders, mixedPeers, runScene, sharerLeaves } from '@shoal/swarm/sim/rooms';
import type { Scene, SceneReport } from '@shoal/swarm/sim/rooms';
import { simulateNeighbours } from '@shoal/transport/sim/main';
import type { NeighbourRow } from '@shoal/transport/sim/main';
import { runTalkingChurn, runTalkingScene } from './scenes.ts';

/** What the simulator prints: how close each room comes to the bound, churn and lies, what the room log costs, whether the graph holds. */
export interface SimResult {
  readonly scenes: readonly SceneReport[];
  readonly churn: {
    readonly seeds: number;
    readonly stuck: readonly (readonly [seed: number, members: readonly string[]])[];
    readonly unverified: number;
  };
  readonly gossip: readonly GossipRow[];
  readonly neighbours: readonly NeighbourRow[];
  /** SVG of availability and completion over time. */
  readonly picture: string;
  readonly failed: boolean;
}

/** Receivers up to which the room log is part of the room. With 1,000 each keeps 1,000 logs, which takes gigabytes: what it costs there is in a table of its own. */
const TALKING = 128;

/** All of it; the largest room takes most of the time. */
function scenes(): readonly Scene[] {
  return [
    equalPeers(2, 512),
    equalPeers(8, 512),
    equalPeers(32, 512),
    equalPeers(128, 1000),
    equalPeers(1000, 600),
    ...[1, 2, 3, 4, 5].map(seed => mixedPeers(32, 1000, seed)),
    freeRiders(20, 2, 2000),
    sharerLeaves(32, 512),
  ];
}

/** Runs all scenarios and prints tables, line by line. */
export async function simulate(print: (line: string) => void, seeds = 200): Promise<SimResult> {
  print(`${'room'.padEnd(38)}   first  median    last   bound   ratio  copies  wasted control room log`);
  const reports: SceneReport[] = [];
  for (const scene of scenes()) {
    const { receivers } = scene.options;
    const report = await (receivers > TALKING ? runScene(scene) : runTalkingScene(scene));
    print(lineOf(report));
    reports.push(report);
  }
  const churn = await simulateChurn(print, seeds);
  print('');
  const gossip = await simulateGossip(print);
  print('');
  print('Neighbourhood, 20 % of the members leave each minute, one in five of them without a word');
  const neighbours = simulateNeighbours(print, 1);
  return {
    scenes: reports,
    churn,
    gossip,
    neighbours,
    picture: drawPicture(reports.map(({ name, curve, bound }) => ({ title: name, points: curve, bound }))),
    failed:
      churn.stuck.length > 0 ||
      churn.unverified > 0 ||
      reports.some(({ faults }) => faults.length > 0) ||
      gossip.some(({ receipts, latecomer }) => receipts.missing > 0 || !latecomer.complete) ||
      neighbours.some(({ splitSeconds }) => splitSeconds > 0),
  };
}

async function simulateChurn(print: (line: string) => void, seeds: number): Promise<SimResult['churn']> {
  let unverified = 0;
  const stuck: [number, readonly string[]][] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runTalkingChurn(seed);
    unverified += report.unverified;
    if (report.stuck.length === 0) continue;
    stuck.push([seed, report.stuck]);
    print(`churn seed ${seed} stuck: ${report.stuck.join('; ')}`);
  }
  print(
    `comings, goings, crashes and lies: ${seeds} seeds, ${stuck.length} stuck, ${unverified} unverified blocks served`,
  );
  return { seeds, stuck, unverified };
}

function lineOf(report: SceneReport): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`.padStart(8);
  const percent = (part: number): string => `${(part * 100).toFixed(2)}%`.padStart(8);
  return [
    report.name.padEnd(38),
    ...[report.first, report.median, report.last, report.bound].map(seconds),
    report.ratio.toFixed(3).padStart(8),
    report.seedCopies.toFixed(3).padStart(8),
    ...[report.wastedPart, report.controlPart, report.talkPart].map(percent),
    report.riderFactor === undefined ? '' : `  who takes: ${report.riderFactor.toFixed(2)} times as long`,
    ...report.faults.map(fault => `  FAULT: ${fault}`),
  ].join('');
}
