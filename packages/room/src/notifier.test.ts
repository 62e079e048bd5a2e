import { expect, test } from 'vitest';
import { Notifier } from './notifier.ts';

test('any number of changes in a frame is one call', () => {
  const frames: (() => void)[] = [];
  const notifier = new Notifier(task => frames.push(task));
  let calls = 0;
  const stop = notifier.subscribe(() => calls++);
  notifier.changed();
  notifier.changed();
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(calls).toBe(1);
  notifier.changed();
  frames.shift()?.();
  expect(calls).toBe(2);
  stop();
  notifier.changed();
  frames.shift()?.();
  expect(calls).toBe(2);
});
