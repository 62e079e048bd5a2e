import { churn } from '@shoal/swarm/sim/churn';
import type { ChurnReport } from '@shoal/swarm/sim/churn';
import { stage } from '@shoal/swarm/sim/rooms';
import type { Scene, SceneReport } from '@shoal/swarm/sim/rooms';
import { RoomTalks, runTalking } from './room-talks.ts';
import type { RoomTalksOptions } from './room-talks.ts';

/** Runs a scene with the members' whole control traffic: the room log with its receipts, and peer exchange. */
export async function runTalkingScene(
  scene: Scene,
  lies: Pick<RoomTalksOptions, 'receipt'> = {},
): Promise<SceneReport> {
  const { seed, receivers } = scene.options;
  const talks = await RoomTalks.create({ seed, members: receivers + 1, ...lies });
  return runTalking(stage(scene, talks), talks);
}

/** The same for churn; who is there at the beginning knows as little of the others as who comes later. */
export async function runTalkingChurn(seed: number): Promise<ChurnReport> {
  const talks = await RoomTalks.create({ seed, members: 0 });
  return runTalking(churn(seed, talks), talks);
}
