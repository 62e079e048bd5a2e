import { expect, test } from 'vitest';
import { paced } from './paced.ts';

function rig() {
  const timers: { ms: number; task: () => void }[] = [];
  let runs = 0;
  const call = paced(
    200,
    () => runs++,
    (ms, task) => timers.push({ ms, task }),
  );
  return { call, runs: () => runs, timers, over: () => timers.shift()?.task() };
}

test('a task that has rested runs at once', () => {
  const { call, runs, over } = rig();
  call();
  expect(runs()).toBe(1);
  over();
  expect(runs()).toBe(1);
  call();
  expect(runs()).toBe(2);
});

test('calls that come too soon end in one run, when the time is over, and then it rests again', () => {
  const { call, runs, timers, over } = rig();
  call();
  call();
  call();
  expect(runs()).toBe(1);
  expect(timers.map(({ ms }) => ms)).toEqual([200]);
  over();
  expect(runs()).toBe(2);
  call();
  expect(runs()).toBe(2);
  over();
  expect(runs()).toBe(3);
  over();
  expect(runs()).toBe(3);
  expect(timers).toEqual([]);
});

test('a task that calls itself runs again after its rest, and one that throws rests all the same', () => {
  const timers: (() => void)[] = [];
  let runs = 0;
  const call = paced(
    1,
    () => {
      runs += 1;
      if (runs === 1) call();
      if (runs === 2) throw new Error('once');
    },
    (_, task) => timers.push(task),
  );
  call();
  expect(() => timers.shift()?.()).toThrow('once');
  call();
  timers.shift()?.();
  expect(runs).toBe(3);
});
