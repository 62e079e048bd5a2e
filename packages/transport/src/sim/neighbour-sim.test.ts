import { describe, expect, test, vi } from 'vitest';
import { NeighbourSim } from './neighbour-sim.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 60_000 });

const CHURN = { churnPerMinute: 0.2 };
const DEAD = { ...CHURN, serverDiesAt: 60 };

describe('[NB6] the graph under 20 % churn a minute', () => {
  test.each([10, 100, 1000])('the server up: %i members stay one component', members => {
    const result = new NeighbourSim({
      ...CHURN,
      members,
      seconds: 150,
      serverDiesAt: Infinity,
      joins: true,
      seed: 1,
    }).run();
    expect(result).toMatchObject({ splitSeconds: 0, stranded: 0, relayed: 0 });
    expect(result.meanDegree).toBeGreaterThan(5.5);
    expect(result.maxDegree).toBeLessThanOrEqual(12);
  });

  test.each([10, 100, 1000])('the server dead after a minute: %i members stay one component', members => {
    const result = new NeighbourSim({ ...DEAD, members, seconds: 240, joins: false, seed: 2 }).run();
    expect(result).toMatchObject({ splitSeconds: 0, stranded: 0 });
    expect(result.relayed).toBeGreaterThan(0);
    expect(result.meanDegree).toBeGreaterThan(Math.min(5.5, result.alive - 1.1));
  });

  test('the server dead, newcomers that know one member: they become full neighbours, and the room one component', () => {
    const result = new NeighbourSim({ ...DEAD, members: 200, seconds: 360, joins: true, seed: 3 }).run();
    expect(result.splitSeconds).toBe(0);
    // Whose only acquaintance left in the first seconds; everybody else has what a member wants.
    expect(result.stranded).toBeLessThanOrEqual(10);
    expect(result.meanDegree).toBeGreaterThan(5.5);
    expect(result.cuts).toBeGreaterThan(0);
  });

  test('the same seed gives the same room', () => {
    const run = () => new NeighbourSim({ ...DEAD, members: 60, seconds: 150, joins: true, seed: 4 }).run();
    expect(run()).toEqual(run());
  });
});
