import { expect, test } from 'vitest';
import { watchWakes } from './wakes.ts';

function rig() {
  const page = new EventTarget();
  const state = { now: 0, wakes: 0, look: (): void => undefined };
  const stop = watchWakes(() => (state.wakes += 1), {
    page,
    now: () => state.now,
    every: (_, task) => {
      state.look = task;
      return () => (state.look = () => undefined);
    },
  });
  return {
    page,
    state,
    stop,
    after: (ms: number) => {
      state.now += ms;
      state.look();
    },
  };
}

test('a clock that jumped tells of a sleep, one that ticks does not', () => {
  const { state, after } = rig();
  for (let look = 0; look < 20; look++) after(2_000);
  expect(state.wakes).toBe(0);
  after(60_000);
  expect(state.wakes).toBe(1);
  after(2_000);
  expect(state.wakes).toBe(1);
});

test('a network that came back is told at once; after the end nothing is', () => {
  const { page, state, stop, after } = rig();
  page.dispatchEvent(new Event('online'));
  expect(state.wakes).toBe(1);
  stop();
  page.dispatchEvent(new Event('online'));
  after(60_000);
  expect(state.wakes).toBe(1);
});
