import { asPeerId } from '@shoal/protocol';
import type { EntryBody, PeerId } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { ReceiptKeeper } from './receipts.ts';
import type { NeighbourCounts } from './receipts.ts';

const MIB = 1024 * 1024;
const id = (letter: string): PeerId => asPeerId(`${letter.repeat(21)}A`);
const [self, ann, bob, cleo] = [id('S'), id('A'), id('B'), id('C')];

/** A room log that takes every receipt at once, a clock that is set, and counts that are set. */
function stage(written: readonly (readonly [PeerId, number])[] = [], members = 2) {
  const receipts = new Map<PeerId, Map<PeerId, number>>([[self, new Map(written)]]);
  const counts = new Map<PeerId, NeighbourCounts>();
  const bodies: Extract<EntryBody, { kind: 'receipt' }>[] = [];
  const told: [PeerId, number][] = [];
  let now = 0;
  let refuse = false;
  const keeper = new ReceiptKeeper({
    self,
    clock: () => now,
    neighbours: () => counts.values(),
    receipts: () => receipts,
    members: () => members,
    author: body => {
      bodies.push(body);
      if (refuse) return Promise.reject(new Error('log-full'));
      for (const [giver, bytes] of body.givers) receipts.get(self)?.set(giver, bytes);
      return Promise.resolve();
    },
    standing: (peer, standing) => told.push([peer, standing]),
  });
  return {
    keeper,
    bodies,
    told,
    receipts,
    counts,
    set: (peer: PeerId, downBytes: number, upBytes = 0) => counts.set(peer, { peer, downBytes, upBytes }),
    refuse: () => (refuse = true),
    async after(seconds: number) {
      now += seconds * 1000;
      keeper.tick();
      // The author's promise settles.
      await Promise.resolve().then(() => undefined);
      await new Promise<void>(resolve => queueMicrotask(resolve));
    },
  };
}

test('[GR1] a receipt names all who gave since the last one, with what they gave in all', async () => {
  const s = stage();
  s.set(ann, 3 * MIB);
  s.set(bob, MIB);
  s.set(cleo, 0);
  await s.after(1);
  expect(s.bodies).toEqual([
    {
      kind: 'receipt',
      givers: [
        [ann, 3 * MIB],
        [bob, MIB],
      ],
    },
  ]);
  s.set(bob, 9 * MIB);
  await s.after(30);
  expect(s.bodies[1]).toEqual({ kind: 'receipt', givers: [[bob, 9 * MIB]] });
});

test('[GR2] at most one receipt in 30 s, longer in a room of more than 100', async () => {
  for (const [members, seconds] of [
    [5, 30],
    [400, 120],
  ] as const) {
    const s = stage([], members);
    s.set(ann, 10 * MIB);
    await s.after(1);
    s.set(ann, 500 * MIB);
    await s.after(seconds - 1);
    expect(s.bodies, `${members} members`).toHaveLength(1);
    await s.after(1);
    expect(s.bodies, `${members} members`).toHaveLength(2);
  }
});

test('[GR2] only for a quarter more, or 64 MiB, or at the end of a download', async () => {
  const growths: [had: number, more: number, ended: boolean, due: boolean][] = [
    [0, MIB - 1, false, false],
    [0, MIB, false, true],
    [0, 1, true, true],
    [100, 24, false, false],
    [100, 25, false, true],
    [1000, 63, false, false],
    [1000, 64, false, true],
    [1000, 20, true, true],
    // Less than a 64th more is worth no entry, ever.
    [1000, 15, true, false],
    [8192, 127, false, false],
    [8192, 128, false, true],
  ];
  for (const [had, more, ended, due] of growths) {
    const unit = had === 0 ? 1 : MIB;
    const s = stage(had === 0 ? [] : [[ann, had * unit]]);
    s.set(ann, more * unit);
    if (ended) s.keeper.downloadEnded();
    await s.after(1);
    expect(s.bodies.length, `${had} ${more} ${ended}`).toBe(due ? 1 : 0);
  }
});

test('[GR2] however long it goes on, the log grows with the logarithm of what was got', async () => {
  const s = stage();
  let got = 0;
  for (let i = 0; i < 4000; i += 1) {
    got += 64 * MIB;
    s.set(ann, got);
    s.keeper.downloadEnded();
    await s.after(30);
  }
  expect(s.bodies.length).toBeLessThan(45 * Math.log2(4000) + 2);
});

test('[GR1] counts go on over a new link and over a reload, and never fall', async () => {
  const s = stage([[ann, 40 * MIB]]);
  s.set(ann, 20 * MIB);
  await s.after(1);
  expect(s.bodies[0]?.givers).toEqual([[ann, 60 * MIB]]);
  s.keeper.left(ann, { peer: ann, downBytes: 30 * MIB, upBytes: 0 });
  s.set(ann, 25 * MIB);
  await s.after(30);
  expect(s.bodies[1]?.givers).toEqual([[ann, 95 * MIB]]);
  // A link that was replaced between two looks.
  s.set(ann, 24 * MIB);
  await s.after(30);
  expect(s.bodies[2]?.givers).toEqual([[ann, 119 * MIB]]);
});

test('a log that takes no more entries is tried again an interval later, and nothing fails', async () => {
  const s = stage();
  s.refuse();
  s.set(ann, 10 * MIB);
  await s.after(1);
  await s.after(1);
  expect(s.bodies).toHaveLength(1);
  await s.after(30);
  expect(s.bodies).toHaveLength(2);
});

test('[GR7] neighbours are told once how well their giving is vouched for: by what they gave us, and by those we gave to', async () => {
  const s = stage();
  s.set(ann, 0, 10 * MIB);
  // Asked for 8 KiB, as everyone who has had less than a MiB.
  s.set(bob, 4096);
  s.receipts.set(ann, new Map([[bob, 2048]]));
  s.receipts.set(cleo, new Map([[ann, 1e15]]));
  await s.after(1);
  expect(s.told).toEqual([[bob, 0.75]]);
  await s.after(10);
  expect(s.told).toHaveLength(1);
  s.receipts.set(bob, new Map([[ann, MIB]]));
  await s.after(1);
  expect(s.told).toHaveLength(1);
  await s.after(4);
  expect(s.told.slice(1)).toEqual([[ann, 1]]);
  // Whoever joins anew is a stranger to the swarm, and is told again.
  s.keeper.left(bob, s.counts.get(bob));
  s.set(bob, 0);
  await s.after(5);
  expect(s.told.slice(2)).toEqual([[bob, 0.75]]);
});
