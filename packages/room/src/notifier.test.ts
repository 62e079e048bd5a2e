import { expect, test } from 'vitest';
import { Notifier } from './notifier.ts';
import type { RoomChange } from './snapshot.ts';

test('any number of changes in a frame is one call', () => {
  const frames: (() => void)[] = [];
  const notifier = new Notifier(task => frames.push(task));
  let calls = 0;
  const stop = notifier.subscribe(() => calls++);
  notifier.changed('numbers');
  notifier.changed('numbers');
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(calls).toBe(1);
  notifier.changed('numbers');
  frames.shift()?.();
  expect(calls).toBe(2);
  stop();
  notifier.changed('numbers');
  frames.shift()?.();
  expect(calls).toBe(2);
});

test('numbers gather with a state into a state, whichever came first, and the next frame begins anew', () => {
  const frames: (() => void)[] = [];
  const notifier = new Notifier(task => frames.push(task));
  const told: RoomChange[] = [];
  notifier.subscribe(change => told.push(change));
  for (const changes of [['numbers', 'state', 'numbers'], ['state', 'numbers'], ['numbers']] as const) {
    for (const change of changes) notifier.changed(change);
    frames.shift()?.();
  }
  expect(told).toEqual(['state', 'state', 'numbers']);
});
