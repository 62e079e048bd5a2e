import { once } from 'node:events';
import type { Member } from '../../lab/lab.ts';
import { pairOf, startInside } from './in-namespace.ts';
import type { Samples } from './flow.ts';

/** One computer of the lab downloads from another for so long. @returns what had come when, in ms since the epoch */
export async function downloadOverTcp(from: Member, to: Member, ms: number): Promise<Samples> {
  await once(startInside(from.place, 'download.mjs', ['serve']), 'line');
  const samples: (readonly [number, number])[] = [];
  for await (const line of startInside(to.place, 'download.mjs', ['get', from.address, String(ms)]))
    samples.push(pairOf(line));
  return samples;
}
