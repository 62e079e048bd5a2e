import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cut, Lab, Member } from '../lab/lab.ts';
import { expect, test } from '../lab/test.ts';
import { FULL, countSent, record, sleepProcesses } from '../support/faults.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import type { Person } from '../support/profiles.ts';
import { downloadAll, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { NAME, progress, reaches } from './transfer.ts';

const MIB = 1024 * 1024;
const SIZE = (FULL ? 96 : 12) * MIB;
/** What one member's line carries, Mbit/s: the transfer must outlast what happens to it. */
const RATE = FULL ? 80 : 20;
const LINE = { up: RATE, down: RATE, delay: 5 };
/** Under way when a line is cut: what fits the window, twice. */
const IN_FLIGHT = 2 * MIB;
/** Seconds from the end of the fault to the next verified bytes, at most. */
const BACK = 10;
/** A cut of ten minutes is for once in a while: SHOAL_FAULT_CUT=600. */
const LONG = process.env['SHOAL_FAULT_CUT'];

interface Scene {
  readonly lab: Lab;
  readonly home: Member;
  readonly away: Member;
  readonly ann: Person;
  readonly bob: Person;
}

interface Fixtures {
  readonly lab: Lab;
  readonly person: (name: string, options?: Member['browser']) => Promise<Person>;
  readonly dir: string;
}

/** Lets something happen to a transfer between two networks, and waits until it goes on by itself and ends well. */
async function survives(
  { lab, person, dir }: Fixtures,
  fault: string,
  happens: (scene: Scene) => Promise<void>,
): Promise<void> {
  const server = await lab.server();
  const [home, away] = [await lab.member({ line: LINE }), await lab.member()];
  const path = join(dir, NAME);
  const sum = await writeNoise(path, SIZE);
  const [ann, bob] = await Promise.all([person('ann', home.browser), person('bob', away.browser)]);
  const sent = await countSent(ann.context);
  await bob.page.goto(await shareFiles(ann.page, server.url, path));
  await downloadAll(bob.page);
  await reaches(bob.page, 0.2);
  await happens({ lab, home, away, ann, bob });
  const healed = performance.now();
  // What had arrived already, and shows within a second, is no sign that it goes on.
  await sleep(1_000);
  const before = await progress(bob.page);
  await reaches(bob.page, before + Number.EPSILON, 60_000);
  const back = (performance.now() - healed) / 1000;
  await waitComplete(bob.page, NAME);
  expect(await sha256OfFile(await saveRow(bob.page, NAME))).toBe(sum);
  record({ fault, size: SIZE, end: 'complete, SHA-256 right', sent: sent.bytes, cuts: 1, back });
  expect(back).toBeLessThan(BACK);
  expect(sent.bytes).toBeLessThan(SIZE * 1.01 + IN_FLIGHT);
}

function cut(whose: 'home' | 'away', where: Cut, seconds: number): (scene: Scene) => Promise<void> {
  return async ({ lab, ...members }) => {
    await lab.cut(members[whose], where);
    await sleep(seconds * 1000);
    await lab.heal(members[whose], where);
  };
}

test("link cut for 5 s: the receiver's cable", async ({ lab, person, dir }) => {
  await survives({ lab, person, dir }, "the receiver's cable is pulled for 5 s", cut('away', 'cable', 5));
});

for (const seconds of LONG === undefined ? [60] : [Number(LONG)]) {
  test(`link cut for ${seconds} s: the sharer's cable`, { tag: '@full' }, async ({ lab, person, dir }) => {
    test.setTimeout((seconds + 240) * 1000);
    await survives(
      { lab, person, dir },
      `the sharer's cable is pulled for ${seconds} s`,
      cut('home', 'cable', seconds),
    );
  });

  test(`link cut for ${seconds} s: the receiver's line`, { tag: '@full' }, async ({ lab, person, dir }) => {
    test.setTimeout((seconds + 240) * 1000);
    await survives(
      { lab, person, dir },
      `the receiver's line is dead for ${seconds} s, which its browser is not told of`,
      cut('away', 'line', seconds),
    );
  });
}

test("link cut for 30 s: the sharer's line", { tag: '@full' }, async ({ lab, person, dir }) => {
  await survives(
    { lab, person, dir },
    "the sharer's line is dead for 30 s, which its browser is not told of",
    cut('home', 'line', 30),
  );
});

test('address change', { tag: '@full' }, async ({ lab, person, dir }) => {
  await survives({ lab, person, dir }, 'the receiver gets another address', async ({ lab, away }) => {
    await lab.move(away);
  });
});

test('sleep', { tag: '@full' }, async ({ lab, person, dir }) => {
  await survives({ lab, person, dir }, "the receiver's machine sleeps for 60 s", async ({ bob }) => {
    const wake = await sleepProcesses(bob.context, bob.page);
    await sleep(60_000);
    wake();
  });
});
