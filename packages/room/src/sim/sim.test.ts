import { equalPeers, freeRiders, sharerLeaves } from '@shoal/swarm/sim/rooms';
import { expect, test, vi } from 'vitest';
import { runTalkingChurn, runTalkingScene } from './scenes.ts';

// Seconds on a free machine; a loaded one must not fail it.
vi.setConfig({ testTimeout: 120_000 });

test('[GS13] [GR2] with the room log, receipts and peer exchange a room of 32 keeps its bounds, and they cost it next to nothing', async () => {
  const report = await runTalkingScene(equalPeers(32, 512));
  expect(report.faults).toEqual([]);
  expect(report.talkPart).toBeGreaterThan(0);
  expect(report.talkPart).toBeLessThan(0.005);
  expect(report.controlPart).toBeLessThan(0.02);
});

test('[GS11] whoever has heard of the offer completes, though the sharer leaves when one copy is out', async () => {
  expect((await runTalkingScene(sharerLeaves(16, 128))).faults).toEqual([]);
});

test('[GS1] 10 seeds of comings, goings, crashes and lies: who comes late learns of the offer from the log, and completes', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const report = await runTalkingChurn(seed);
    expect(report.stuck, `seed ${seed}`).toEqual([]);
    expect(report.unverified, `seed ${seed}`).toBe(0);
  }
});

test('[GR4] [CH5] takers who write themselves and puppets receipts for terabytes are still done at least twice as late', async () => {
  const report = await runTalkingScene(freeRiders(20, 2, 1000), {
    receipt: (index, body, idOf) => {
      // The sharer is the 0th, the takers come behind it.
      if (index !== 1 && index !== 2) return body;
      const puppets = Array.from({ length: 30 }, (_, puppet) => idOf(1000 + puppet));
      return { kind: 'receipt', givers: [idOf(index), ...puppets].map(giver => [giver, 1e12] as const) };
    },
  });
  expect(report.faults).toEqual([]);
});

test('[GR6] [CH5] takers who write receipts for each other are done at least twice as late', async () => {
  for (const takers of [2, 3]) {
    const report = await runTalkingScene(freeRiders(20, takers, 1000), {
      receipt: (index, body, idOf) => {
        if (index < 1 || index > takers) return body;
        const others = Array.from({ length: takers }, (_, taker) => taker + 1).filter(each => each !== index);
        return { kind: 'receipt', givers: others.map(other => [idOf(other), 1e12] as const) };
      },
    });
    expect(report.faults, `${takers} takers`).toEqual([]);
  }
});

test('the same seed gives the same room', async () => {
  const [one, other] = [await runTalkingScene(equalPeers(8, 64)), await runTalkingScene(equalPeers(8, 64))];
  expect(one).toEqual(other);
});
