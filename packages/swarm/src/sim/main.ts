import { runChurn } from './churn.ts';
import { drawPicture } from './picture.ts';
import { equalPeers, freeRiders, mixedPeers, runScene, sharerLeaves } from './rooms.ts';
import type { Scene, SceneReport } from './rooms.ts';

/** What the simulator prints: how close each room comes to the bound, then churn and lies over many seeds. */
export interface SimResult {
  readonly scenes: readonly SceneReport[];
  readonly churn: {
    readonly seeds: number;
    readonly stuck: readonly (readonly [seed: number, members: readonly string[]])[];
    readonly unverified: number;
  };
  /** SVG of availability and completion over time. */
  readonly picture: string;
  readonly failed: boolean;
}

/** All of it; the largest room takes most of the time. */
function scenes(): readonly Scene[] {
  return [
    equalPeers(2, 512),
    equalPeers(8, 512),
    equalPeers(32, 512),
    equalPeers(128, 1000),
    equalPeers(1000, 600),
    mixedPeers(32, 1000),
    freeRiders(20, 2, 2000),
    sharerLeaves(32, 512),
  ];
}

/** Runs all scenarios and prints a table, line by line. */
export function simulate(print: (line: string) => void, seeds = 200): SimResult {
  print(`${'room'.padEnd(38)}   first  median    last   bound   ratio  copies  wasted  control`);
  const reports = scenes().map(scene => {
    const report = runScene(scene);
    print(lineOf(report));
    return report;
  });
  let unverified = 0;
  const stuck: [number, readonly string[]][] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = runChurn(seed);
    unverified += report.unverified;
    if (report.stuck.length === 0) continue;
    stuck.push([seed, report.stuck]);
    print(`churn seed ${seed} stuck: ${report.stuck.join('; ')}`);
  }
  print(
    `comings, goings, crashes and lies: ${seeds} seeds, ${stuck.length} stuck, ${unverified} unverified blocks served`,
  );
  return {
    scenes: reports,
    churn: { seeds, stuck, unverified },
    picture: drawPicture(reports.map(({ name, curve, bound }) => ({ title: name, points: curve, bound }))),
    failed: stuck.length > 0 || unverified > 0 || reports.some(({ faults }) => faults.length > 0),
  };
}

function lineOf(report: SceneReport): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`.padStart(8);
  const percent = (part: number): string => `${(part * 100).toFixed(2)}%`.padStart(8);
  return [
    report.name.padEnd(38),
    ...[report.first, report.median, report.last, report.bound].map(seconds),
    report.ratio.toFixed(3).padStart(8),
    report.seedCopies.toFixed(3).padStart(8),
    percent(report.wastedPart),
    percent(report.controlPart),
    report.riderFactor === undefined ? '' : `  who takes: ${report.riderFactor.toFixed(2)} times as long`,
    ...report.faults.map(fault => `  FAULT: ${fault}`),
  ].join('');
}
