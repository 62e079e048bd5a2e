import { measureCatchUp, measureIdle, measureSpread, scene } from './measures.ts';
import type { CatchUp, Load, Spread } from './measures.ts';

const SEED = 1;
const SIZES = [10, 100, 1000];
const ENTRIES = 1000;
/** Receipts per second of a room that does nothing but transfer ([GR2]): one of each member in 30 s, and no more in larger rooms. */
const receiptRate = (members: number): number => Math.min(members, 100) / 30;
/** Entries per second of a very busy room, and the largest in which that is measured: it takes minutes in larger ones. */
const BUSY = 20;
const BUSY_MEMBERS = 100;

export interface GossipRow {
  readonly members: number;
  readonly idle: Load;
  /** With all the receipts that there can be. */
  readonly receipts: Spread;
  readonly busy: Spread | undefined;
  readonly latecomer: CatchUp;
  readonly returning: CatchUp;
}

/**
 * What the room log costs in rooms of 10, 100 and 1,000 members with 8 to 12 neighbours each, who know 1,000 entries at the start.
 * Prints a table line by line; takes minutes.
 */
export async function simulateGossip(print: (line: string) => void): Promise<GossipRow[]> {
  const rows: GossipRow[] = [];
  print('Room log, 1,000 entries known; per member and minute: messages (busiest member) / KB sent');
  print(
    'members | idle | receipts: load, copies, median s, slowest s | 20 entries/s: the same | latecomer: round trips, KB (new KB) | back after 20 entries',
  );
  for (const members of SIZES) {
    const options = { members, seed: SEED, entries: ENTRIES };
    const room = await scene(options);
    const idle = measureIdle(room);
    const receipts = await measureSpread(room, receiptRate(members), 15, 30, 'receipt');
    const busy = members > BUSY_MEMBERS ? undefined : await measureSpread(await scene(options), BUSY, 5, 10);
    const still = await scene({ ...options, fixedDelay: true });
    const latecomer = measureCatchUp(still, ENTRIES);
    const row = { members, idle, receipts, busy, latecomer, returning: measureCatchUp(still, 20) };
    rows.push(row);
    print(
      [
        members,
        loadText(idle),
        spreadText(receipts),
        busy === undefined ? '–' : spreadText(busy),
        catchUpText(latecomer),
        catchUpText(row.returning),
      ].join(' | '),
    );
  }
  return rows;
}

function loadText({ messages, mostMessages, bytes }: Load): string {
  return `${messages.toFixed(1)} (${mostMessages.toFixed(0)}) / ${(bytes / 1000).toFixed(1)}`;
}

function spreadText(spread: Spread): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  const lost = spread.missing === 0 ? '' : `, ${spread.missing} MISSING`;
  return `${loadText(spread)}, ${spread.copies.toFixed(2)}, ${seconds(spread.median)}, ${seconds(spread.slowest)}${lost}`;
}

function catchUpText({ roundTrips, bytes, newBytes, complete }: CatchUp): string {
  const kb = (count: number): string => (count / 1000).toFixed(1);
  return `${roundTrips.toFixed(1)}, ${kb(bytes)} (${kb(newBytes)})${complete ? '' : ' INCOMPLETE'}`;
}
