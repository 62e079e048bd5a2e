import { describe, expect, test } from 'vitest';
import { Nudger } from './nudger.ts';

const KIB = 1024;

function harness() {
  const sent: number[] = [];
  const clock = { now: 0 };
  const path: { rttMs: number | undefined } = { rttMs: 50 };
  const connection = {
    bufferedAmount: 7,
    send: (message: Uint8Array) => void sent.push(message.length),
  };
  const nudger = new Nudger(connection, clock, () => path.rttMs);
  const nudges = (bytes: number): number => {
    sent.length = 0;
    nudger.send(new Uint8Array(bytes));
    expect(sent[0]).toBe(bytes);
    expect(sent.slice(1).every(length => length === 0)).toBe(true);
    return sent.length - 1;
  };
  return { nudger, nudges, clock, path };
}

describe('Nudger', () => {
  test('[ND1] [ND2] a lone message gets one nudge for each burst but the first', () => {
    const { nudger, nudges, clock } = harness();
    for (const [bytes, wanted] of [
      [20, 0],
      [4 * KIB, 0],
      [8 * KIB, 1],
      [16 * KIB + 8, 3],
      [128 * KIB, 7],
    ] as const) {
      expect(nudges(bytes)).toBe(wanted);
      clock.now += 1_000;
    }
    expect(nudger.bufferedAmount).toBe(7);
  });

  test('[ND2] none while 64 KiB go out in a round trip: acknowledgements are dense enough', () => {
    const { nudges, clock } = harness();
    const counts: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      counts.push(nudges(16 * KIB));
      clock.now += 5;
    }
    expect(counts.slice(0, 4)).toEqual([3, 3, 3, 3]);
    expect(counts.slice(20).every(count => count === 0)).toBe(true);
    clock.now += 100;
    expect(nudges(16 * KIB)).toBe(3);
  });

  test('[ND2] a slow flow is nudged all the time', () => {
    const { nudges, clock } = harness();
    for (let n = 0; n < 50; n += 1) {
      expect(nudges(16 * KIB)).toBe(3);
      clock.now += 40;
    }
  });

  test('[ND3] none before the other side is known to take them, none on a short path', () => {
    const { nudges, path } = harness();
    path.rttMs = undefined;
    expect(nudges(16 * KIB)).toBe(0);
    path.rttMs = 9;
    expect(nudges(16 * KIB)).toBe(0);
    path.rttMs = 11;
    expect(nudges(16 * KIB)).toBe(3);
  });
});
