import { describe, expect, test } from 'vitest';
import { OFFER, Solo, peerNamed } from './sim/solo.ts';

const KIB = 1024;
const BLOCK = 16 * KIB;

/** Lets time pass, with the waits that the engine asks for and a tick each 500 ms. */
function pass(solo: Solo, ms: number, act: () => void): void {
  const end = solo.now + ms;
  let nextTick = solo.now + 500;
  let wake = waitOf(solo);
  act();
  wake = waitOf(solo) ?? wake;
  while (solo.now < end) {
    const due = Math.min(nextTick, wake ?? Infinity);
    // A whole step at least, as timers have: fractions would only be rounding.
    solo.now = Math.max(solo.now + 1, due);
    if (due === wake) solo.receive({ type: 'waited' });
    else {
      solo.receive({ type: 'tick' });
      nextTick += 500;
    }
    wake = waitOf(solo) ?? (due === wake ? undefined : wake);
    act();
    wake = waitOf(solo) ?? wake;
  }
}

function waitOf(solo: Solo): number | undefined {
  const [wait] = solo.of('wait').slice(-1);
  return wait === undefined ? undefined : solo.now + wait.ms;
}

describe('a cap on what goes out', () => {
  function serving(): Solo {
    const solo = new Solo();
    solo.offer([64 * 40], { have: Array.from({ length: 40 }, (_, piece) => piece) });
    solo.receive({ type: 'caps', up: 10 * BLOCK, down: undefined });
    return solo.join('ann').tell('ann', { type: 'interested' });
  }

  const sentBytes = (solo: Solo) => solo.swarm.peerStats(peerNamed('ann'))?.upBytes ?? 0;

  /** The link takes everything at once. */
  const send = (solo: Solo) => () => {
    const reads = solo.of('read');
    for (const { request } of reads) {
      solo.receive({ type: 'block-sent', peer: peerNamed('ann'), request, room: 1024 * KIB });
      reads.push(...solo.of('read'));
    }
  };

  test('[CP1] [CP2] holds for all that is asked for, and is lifted at once', () => {
    const solo = serving();
    const blocks = Array.from({ length: 160 }, (_, id): [number, number, number, number] => [
      id,
      id >> 2,
      (id & 3) * BLOCK,
      BLOCK,
    ]);
    solo.tell('ann', { type: 'request', offer: OFFER, blocks });
    pass(solo, 4000, send(solo));
    expect(sentBytes(solo) / BLOCK).toBeGreaterThanOrEqual(39);
    expect(sentBytes(solo) / BLOCK).toBeLessThanOrEqual(42);
    solo.receive({ type: 'caps', up: undefined, down: undefined });
    send(solo)();
    expect(sentBytes(solo)).toBe(160 * BLOCK);
  });
});

describe('a cap on what comes in', () => {
  test('[CP1] [CP2] holds for all neighbours together, and is lifted at once', () => {
    const solo = new Solo({ maxBlockBytes: BLOCK });
    solo.offer([64 * 100]);
    solo.receive({ type: 'caps', up: undefined, down: 10 * BLOCK });
    solo.seeder('ann').seeder('bob');
    const answered = { ann: 0, bob: 0 };
    // What was asked for comes, in order, with the next look.
    const answer = () => {
      for (const name of ['ann', 'bob'] as const)
        for (const [id, , , length] of solo.asked(name).slice(answered[name])) {
          answered[name] += 1;
          solo.block(name, id, length);
        }
    };
    pass(solo, 4000, answer);
    const capped = answered.ann + answered.bob;
    expect(capped).toBeGreaterThanOrEqual(38);
    expect(capped).toBeLessThanOrEqual(42);
    solo.receive({ type: 'caps', up: undefined, down: undefined });
    for (let n = 0; n < 10; n += 1) answer();
    expect(answered.ann + answered.bob).toBeGreaterThan(2 * capped);
  });

  test('[CP1] what is refused is not counted, since it never comes', () => {
    const solo = new Solo({ maxBlockBytes: BLOCK });
    solo.offer(Array<number>(200).fill(16));
    solo.receive({ type: 'caps', up: undefined, down: 10 * BLOCK });
    solo.seeder('ann').seeder('bob');
    const answered = { ann: 0, bob: 0 };
    // Ann refuses all, Bob nothing.
    const answer = () => {
      for (const [id] of solo.asked('ann').slice(answered.ann)) {
        answered.ann += 1;
        solo.tell('ann', { type: 'reject', ids: [id] });
      }
      for (const [id, , , length] of solo.asked('bob').slice(answered.bob)) {
        answered.bob += 1;
        solo.block('bob', id, length);
      }
    };
    pass(solo, 4000, answer);
    expect(answered.bob).toBeGreaterThanOrEqual(38);
    expect(answered.bob).toBeLessThanOrEqual(42);
  });

  /** Blocks that come in two minutes, from Bob and in all, beside eight that answer after `lateMs` each, under a cap of a block in 1.6 s. */
  function besideSilent(lateMs: number): { readonly bob: number; readonly all: number } {
    const solo = new Solo({ maxBlockBytes: BLOCK });
    solo.offer([64 * 256]);
    const names = Array.from({ length: 8 }, (_, at) => `eve${at}`);
    for (const name of names) solo.seeder(name);
    solo.seeder('bob').receive({ type: 'caps', up: undefined, down: 10_000 });
    const seen = new Map<string, number>();
    let due: { readonly name: string; readonly id: number; readonly length: number; readonly at: number }[] =
      [];
    const blocks = { bob: 0, all: 0 };
    pass(solo, 120_000, () => {
      for (const name of [...names, 'bob'])
        for (const [id, , , length] of solo.asked(name).slice(seen.get(name) ?? 0)) {
          seen.set(name, (seen.get(name) ?? 0) + 1);
          due.push({ name, id, length, at: solo.now + (name === 'bob' ? 0 : lateMs) });
        }
      const ready = due.filter(({ at }) => at <= solo.now);
      due = due.filter(({ at }) => at > solo.now);
      for (const { name, id, length } of ready) {
        solo.block(name, id, length);
        blocks.all += length / BLOCK;
        if (name === 'bob') blocks.bob += length / BLOCK;
      }
    });
    return blocks;
  }

  test('[CP1] what silent neighbours are asked for does not use it up', () => {
    expect(besideSilent(Infinity).bob).toBeGreaterThanOrEqual(63);
  });

  test('[CP1] and counts when it comes after all', () => {
    // Asked for before the cap was set: two of each.
    const { all } = besideSilent(15_000);
    expect(all).toBeGreaterThanOrEqual(63);
    expect(all).toBeLessThanOrEqual(74 + 16);
  });

  test('[CP1] what a silent neighbour is asked for counts when it comes, and not before', () => {
    const silent = (): Solo => {
      const solo = new Solo({ maxBlockBytes: BLOCK });
      solo.offer([1024]);
      solo.receive({ type: 'caps', up: undefined, down: BLOCK }).seeder('ann').tick(11_000);
      expect(solo.asked('ann')).toHaveLength(2);
      return solo;
    };
    const solo = silent().block('ann', 1, BLOCK);
    expect(solo.asked('ann')).toHaveLength(2);
    const other = silent().seeder('bob');
    expect(other.asked('bob')).toHaveLength(1);
    other.tell('ann', { type: 'reject', ids: [1] });
    expect(other.asked('bob')).toHaveLength(1);
  });

  test.each([
    [
      'asked of one who leaves',
      (solo: Solo) => solo.receive({ type: 'neighbour-left', peer: peerNamed('ann') }),
    ],
    [
      'taken back',
      (solo: Solo) =>
        solo
          .tell('ann', { type: 'choke' })
          .want(new Map())
          .want(new Map([[0, 0]])),
    ],
  ])('[CP1] what was %s is not counted', (_, end) => {
    const solo = new Solo({ maxBlockBytes: BLOCK });
    solo.offer([1024]);
    solo.receive({ type: 'caps', up: undefined, down: BLOCK }).seeder('ann');
    expect(solo.asked('ann')).toHaveLength(1);
    end(solo);
    expect(solo.seeder('bob').asked('bob')).toHaveLength(1);
  });

  test('[CP1] [RQ7] a neighbour that the cap holds back has not run out: what it refused is not tried again', () => {
    const solo = new Solo({ maxBlockBytes: BLOCK });
    solo.offer(Array<number>(20).fill(16));
    // Each before the next: the one that is refused would be asked for at once.
    solo.want(new Map(Array.from({ length: 20 }, (_, file) => [file, 20 - file])));
    solo.receive({ type: 'caps', up: undefined, down: BLOCK });
    solo.seeder('ann').tell('ann', { type: 'reject', ids: [0] });
    const asked = (): number[] => solo.asked('ann').map(([, piece]) => piece);
    for (let id = 1; id <= 4; id += 1) {
      solo.block('ann', id, BLOCK).tick(500);
      solo.now += 500;
      solo.receive({ type: 'waited' });
    }
    expect(asked()).toHaveLength(6);
    expect(new Set(asked()).size).toBe(6);
  });
});
