import { NeighbourSim } from './neighbour-sim.ts';

const CHURN_PER_MINUTE = 0.2;
const ROOMS = [10, 100, 1000];

/** One row for each kind of weather: rooms of 10, 100 and 1,000 members, 20 % of which leave each minute. */
const WEATHERS = [
  { name: 'server up, as many come as go, 10 min', serverDiesAt: Infinity, joins: true, seconds: 660 },
  { name: 'server dies after 1 min, nobody comes, 5 min', serverDiesAt: 60, joins: false, seconds: 360 },
  {
    name: 'server dies after 1 min, newcomers know one member, 10 min',
    serverDiesAt: 60,
    joins: true,
    seconds: 660,
  },
] as const;

/** Of all seeds of one room in one weather. */
export interface NeighbourRow {
  readonly weather: string;
  readonly members: number;
  readonly splitSeconds: number;
  readonly stranded: number;
}

/** Runs all weathers with so many seeds each and prints a line for each room: sums over the seeds, means of degrees. */
export function simulateNeighbours(print: (line: string) => void, seeds: number): NeighbourRow[] {
  const rows: NeighbourRow[] = [];
  for (const { name, ...weather } of WEATHERS) {
    print(name);
    for (const members of ROOMS) {
      const results = Array.from({ length: seeds }, (_, index) =>
        new NeighbourSim({ ...weather, members, churnPerMinute: CHURN_PER_MINUTE, seed: index + 1 }).run(),
      );
      const sum = (pick: (result: (typeof results)[number]) => number): number =>
        results.reduce((total, result) => total + pick(result), 0);
      const splitSeconds = sum(result => result.splitSeconds);
      const stranded = sum(result => result.stranded);
      rows.push({ weather: name, members, splitSeconds, stranded });
      print(
        [
          `  ${members} members x ${seeds} seeds`,
          `runs that split ${results.filter(({ splitSeconds }) => splitSeconds > 0).length}`,
          `split seconds ${splitSeconds}`,
          `worst split ${Math.max(...results.map(({ worstSplit }) => worstSplit))}`,
          `stranded ${stranded}`,
          `alive ${(sum(result => result.alive) / seeds).toFixed(0)}`,
          `links ${(sum(result => result.meanDegree) / seeds).toFixed(1)} (at most ${Math.max(...results.map(({ maxDegree }) => maxDegree))})`,
          `relayed ${sum(result => result.relayed)}`,
          `cuts ${sum(result => result.cuts)}`,
        ].join(', '),
      );
    }
  }
  return rows;
}
