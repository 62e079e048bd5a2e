import { expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

/** Trials on a machine that others use too; the quickest says what the work takes. */
const TRIALS = 4;
const BOUND_MS = 2000;

test(
  '[SW9] 100,000 blocks of a 25,600-piece offer with 8 neighbours take less than 2 s',
  { timeout: 60_000 },
  () => {
    let quickest = Infinity;
    for (let trial = 0; trial < TRIALS && quickest >= BOUND_MS; trial += 1)
      quickest = Math.min(quickest, millisecondsOfBlocks());
    expect(quickest).toBeLessThan(BOUND_MS);
  },
);

function millisecondsOfBlocks(): number {
  const solo = new Solo({ windowInitialBytes: 1024 * 1024, maxBlockBytes: 64 * 1024 });
  const geometry = solo.offer([25_600 * 256], { pieceLength: 256 * 1024 });
  const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
  const left = new Map<number, number>();
  const pending: {
    readonly name: string;
    readonly id: number;
    readonly piece: number;
    readonly length: number;
  }[] = [];
  const collect = (): void => {
    for (const effect of solo.effects)
      if (effect.type === 'send' && effect.message.type === 'request')
        for (const [id, piece, , length] of effect.message.blocks)
          pending.push({ name: effect.peer.replaceAll('_', ''), id, piece, length });
  };
  for (const name of names) {
    solo.seeder(name);
    collect();
  }
  solo.all.length = 0;
  // CPU time and not the clock: other work on the machine must not fail it.
  const begun = process.cpuUsage();
  let blocks = 0;
  for (let at = 0; blocks < 100_000; at += 1) {
    const { name, id, piece, length } = pending[at] ?? { name: '', id: 0, piece: 0, length: 0 };
    if (name === '') break;
    solo.now += 1;
    solo.block(name, id, length);
    collect();
    blocks += 1;
    const rest = (left.get(piece) ?? 256 * 1024) - length;
    left.set(piece, rest);
    if (rest === 0) {
      solo.receive({ type: 'piece-verified', offer: OFFER, piece });
      collect();
    }
    if (at % 500 === 0) {
      solo.receive({ type: 'tick' });
      collect();
      solo.all.length = 0;
    }
  }
  const used = process.cpuUsage(begun);
  const ms = (used.user + used.system) / 1000;
  expect(geometry.pieceCount).toBe(25_600);
  expect(blocks).toBe(100_000);
  expect(solo.swarm.peerStats(peerNamed('n0'))?.downBytes).toBeGreaterThan(0);
  return ms;
}
