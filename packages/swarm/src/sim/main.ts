import { runChurn } from './churn.ts';
import { runScenario } from './scenario.ts';
import type { ScenarioReport } from './scenario.ts';

/** What the simulator prints: per number of equal receivers how close to the bound they come, then churn over many seeds. */
export interface SimResult {
  readonly scenarios: readonly (ScenarioReport & { readonly receivers: number })[];
  readonly churn: {
    readonly seeds: number;
    readonly stuck: readonly (readonly [seed: number, members: readonly string[]])[];
  };
}

const LIMIT_MS = 3_600_000;

/** Runs all scenarios and prints a table, line by line. */
export function simulate(print: (line: string) => void, seeds = 30): SimResult {
  print('receivers   first  median    last   bound   ratio  copies  wasted  control');
  const scenarios = [1, 2, 4, 8, 16].map(receivers => {
    const report = runScenario({ seed: 1, receivers }, LIMIT_MS);
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`.padStart(8);
    const percent = (part: number): string => `${(part * 100).toFixed(2)}%`.padStart(8);
    print(
      String(receivers).padStart(9) +
        [report.first, report.median, report.last, report.bound].map(seconds).join('') +
        report.ratio.toFixed(3).padStart(8) +
        report.seedCopies.toFixed(3).padStart(8) +
        percent(report.wastedPart) +
        percent(report.controlPart),
    );
    return { receivers, ...report };
  });
  const stuck: [number, readonly string[]][] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = runChurn(seed);
    if (report.stuck.length === 0) continue;
    stuck.push([seed, report.stuck]);
    print(`churn seed ${seed} stuck: ${report.stuck.join('; ')}`);
  }
  print(`churn: ${seeds} seeds, ${stuck.length} stuck`);
  return { scenarios, churn: { seeds, stuck } };
}
