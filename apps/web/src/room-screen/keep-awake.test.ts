import { expect, test } from 'vitest';
import { keepAwake } from './keep-awake.ts';

test('holds a lock while the page is in sight, asks again after it was hidden, and lets go at the end', async () => {
  const held = new Set<object>();
  const locks = {
    request: async () => {
      const sentinel = { release: async () => void held.delete(sentinel) };
      held.add(sentinel);
      return sentinel;
    },
  };
  const listeners = new Set<() => void>();
  const page = {
    visibilityState: 'visible' as DocumentVisibilityState,
    addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
  };
  const settle = () => new Promise(resolve => setImmediate(resolve));
  const show = async (state: DocumentVisibilityState) => {
    page.visibilityState = state;
    for (const listener of listeners) listener();
    await settle();
  };
  const stop = keepAwake(locks, page);
  await settle();
  expect(held.size).toBe(1);
  // The browser itself lets go of a hidden page's lock.
  held.clear();
  await show('hidden');
  expect(held.size).toBe(0);
  await show('visible');
  expect(held.size).toBe(1);
  stop();
  await settle();
  expect(held.size).toBe(0);
  expect(listeners.size).toBe(0);
});

test('a browser that refuses is left alone', async () => {
  const stop = keepAwake(
    { request: async () => await Promise.reject(new DOMException('low battery', 'NotAllowedError')) },
    { visibilityState: 'visible', addEventListener: () => {}, removeEventListener: () => {} },
  );
  await new Promise(resolve => setImmediate(resolve));
  stop();
});
