import { join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import type { Lab, Member } from '../lab/lab.ts';
import { test } from '../lab/test.ts';
import { writeNoise } from '../support/files.ts';
import type { Person, ProfileOptions } from '../support/profiles.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect } from '../support/test.ts';
import { followFile, verifiedBy, verifiedPart } from './support/progress.ts';
import { rename, watchNames } from './support/renaming.ts';
import type { Renaming } from './support/renaming.ts';
import { median, report } from './support/rows.ts';
import { downloadOverTcp } from './support/tcp-download.ts';
import { SMALL } from './support/viewport.ts';
import { chooseFile } from './support/watch-row.ts';

/** Mbit/s; little enough that two browsers and something beside them have CPU to spare on a small machine. */
const RATE = 20;
const LINE = { up: RATE, down: RATE, delay: 25, queue: 100 };
/** The file is what the line carries in so long. Nothing here waits for its end. */
const FILE_SECONDS = 60;
const BYTES = Math.round(((RATE * 1e6) / 8) * FILE_SECONDS);
const TCP_SECONDS = Number(process.env['SHOAL_BENCH_SECONDS'] ?? 15);
/** What is measured begins when both senders have found their rate. */
const START_MS = 2000;
/** New names of each person, without a transfer and beside it. */
const RENAMINGS = 10;

/** Two people of whom one, Ann, has a line. */
interface Pair {
  readonly home: Member;
  readonly away: Member;
  readonly ann: Person;
  readonly bob: Person;
}

async function pairOnLine(
  lab: Lab,
  person: (name: string, options?: ProfileOptions) => Promise<Person>,
): Promise<Pair> {
  const [home, away] = [await lab.member({ line: LINE }), await lab.member()];
  const ann = await person('ann', { ...home.browser, ...SMALL });
  return { home, away, ann, bob: await person('bob', { ...away.browser, ...SMALL }) };
}

/** Brings both into a room. */
async function meet({ ann, bob }: Pair, url: string, dir: string): Promise<void> {
  const hello = join(dir, 'hello.txt');
  await writeNoise(hello, 1000);
  await bob.page.goto(await shareFiles(ann.page, url, hello));
  await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'direct');
}

/** Ann shares a file that Bob takes. Returns when it has been under way for some 3 s. */
async function startTransfer({ ann, bob }: Pair, dir: string): Promise<void> {
  const file = join(dir, 'big.bin');
  await writeNoise(file, BYTES);
  await followFile(bob.page, 'big.bin');
  await chooseFile(ann.page, file);
  await verifiedPart(bob.page, 2.5 / FILE_SECONDS);
}

/** What Bob had verified by some moments (ms since the epoch), in bytes. @throws Error when that is all: nothing was beside a transfer */
async function verified({ bob }: Pair, moments: readonly number[]): Promise<readonly number[]> {
  const parts = await verifiedBy(bob.page, moments);
  if (Math.max(...parts) === 1) throw new Error('the transfer ended too early');
  return parts.map(part => part * BYTES);
}

test('a TCP download beside Shoal, from the same computer to the same other', async ({
  lab,
  person,
  dir,
}, info) => {
  const server = await lab.server();
  const pair = await pairOnLine(lab, person);
  await meet(pair, server.url, dir);
  await startTransfer(pair, dir);

  const tcp = await downloadOverTcp(pair.home, pair.away, TCP_SECONDS * 1000);
  const [first = 0] = tcp[0] ?? [];
  const [from, fromBytes] = tcp.find(([at]) => at >= first + START_MS) ?? [NaN, NaN];
  const [until, untilBytes] = tcp.at(-1) ?? [NaN, NaN];
  const [had = NaN, has = NaN] = await verified(pair, [from, until]);
  const carried = ((until - from) / 1000) * ((RATE * 1e6) / 8);
  const row = async (what: string, bytes: number, bar?: number): Promise<void> => {
    const value = bytes / carried;
    const verdict = bar === undefined ? {} : { bar: `>= ${bar.toFixed(2)}`, met: value >= bar };
    await report(info, { what: `${RATE} Mbit/s, ${what}`, value, unit: 'of line', ...verdict });
  };
  await row('TCP beside Shoal', untilBytes - fromBytes, 1 / 3);
  await row('Shoal meanwhile', has - had);
});

test('control messages beside a transfer: a new name, with the blocks and against them', async ({
  lab,
  person,
  dir,
}, info) => {
  const server = await lab.server();
  const pair = await pairOnLine(lab, person);
  const { ann, bob } = pair;
  for (const { context } of [ann, bob]) await watchNames(context);
  await meet(pair, server.url, dir);
  let names = 0;
  const renamings = async (load: string): Promise<void> => {
    for (const [way, page, other] of [
      ['with the blocks', ann.page, bob.page],
      ['against them', bob.page, ann.page],
    ] as const) {
      const all: Renaming[] = [];
      while (all.length < RENAMINGS) all.push(await rename(page, other, names++));
      for (const what of ['heard', 'shown'] as const)
        await reportTimes(
          info,
          `new name ${way}, ${load}: ${what}`,
          all.map(renaming => renaming[what]),
        );
    }
  };
  await renamings('idle');
  await startTransfer(pair, dir);
  await renamings('beside a transfer');
  await verified(pair, [Date.now()]);
});

async function reportTimes(info: TestInfo, what: string, times: readonly number[]): Promise<void> {
  await report(info, { what: `${what}, median`, value: median(times), unit: 'ms' });
  await report(info, { what: `${what}, worst`, value: Math.max(...times), unit: 'ms' });
}
