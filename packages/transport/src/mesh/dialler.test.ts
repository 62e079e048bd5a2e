import { describe, expect, test, vi } from 'vitest';
import { FakeScheduler } from '../testing/fake-scheduler.ts';
import { Dialler } from './dialler.ts';
import { DEFAULT_TIMING } from './options.ts';

function harness(wanted: number) {
  const scheduler = new FakeScheduler();
  const dialled: string[] = [];
  const state = { wanted, asked: 0, room: true, sample: ['a', 'b', 'c'] };
  const dialler = new Dialler({
    signaling: {
      state: 'online',
      members: async () => {
        state.asked += 1;
        return state.sample;
      },
    },
    scheduler,
    random: () => 0,
    timing: DEFAULT_TIMING,
    wanted: () => state.wanted - dialled.length,
    mayMix: () => state.room,
    usesAddress: address => dialled.includes(address),
    shuns: () => false,
    dial: address => dialled.push(address),
  });
  return { dialler, scheduler, dialled, state };
}

describe('Dialler', () => {
  test('dials as many of the sample as are wanted', () => {
    const { dialler, dialled } = harness(2);
    dialler.joined('me', ['a', 'b', 'c', 'me']);
    expect(dialled).toHaveLength(2);
    expect(dialled).not.toContain('me');
  });

  test('six failures at once are one reason to look again, after the first wait', () => {
    const { dialler, scheduler } = harness(3);
    for (let failure = 0; failure < 6; failure += 1) dialler.retry();
    expect(scheduler.next).toBe(DEFAULT_TIMING.retryBase / 2);
    scheduler.advance(DEFAULT_TIMING.retryBase / 2);
    dialler.retry();
    expect(scheduler.next).toBe(DEFAULT_TIMING.retryBase);
  });

  test('with enough neighbours the server is not asked', async () => {
    const { dialler, scheduler, state } = harness(0);
    dialler.retry();
    scheduler.advance(10_000);
    await Promise.resolve();
    expect(state.asked).toBe(0);
  });

  test('with too few the room is looked at again from time to time', async () => {
    const { dialler, scheduler, state } = harness(5);
    dialler.joined('me', ['a']);
    scheduler.advance(DEFAULT_TIMING.refresh);
    await Promise.resolve();
    expect(state.asked).toBe(1);
  });

  test('woken: the room is looked at at once, and whoever was given up is tried again', async () => {
    const { dialler, scheduler, state, dialled } = harness(1);
    dialler.joined('me', ['a']);
    dialled.length = 0;
    for (let tries = 0; tries < 6; tries += 1) dialler.book.failed('a');
    state.sample = ['a'];
    dialler.retry();
    dialler.wake();
    expect(scheduler.next).toBe(0);
    scheduler.advance(0);
    await Promise.resolve();
    await Promise.resolve();
    expect(dialled).toEqual(['a']);
  });

  test('a wish that is due later never puts off what is due before', () => {
    const { dialler, scheduler } = harness(5);
    dialler.joined('me', ['a']);
    const due = scheduler.now + (scheduler.next ?? 0);
    scheduler.advance(due - 100);
    // The first wait is shorter than the one that runs, and ends after it.
    dialler.retry();
    expect(scheduler.now + (scheduler.next ?? 0)).toBe(due);
  });

  test('[NB9] one more is dialled on demand though there are enough, and only while there is room', async () => {
    const { dialler, scheduler, dialled, state } = harness(1);
    dialler.joined('me', ['a']);
    dialler.seek();
    scheduler.advance(0);
    await vi.waitFor(() => expect(dialled).toHaveLength(2));
    state.room = false;
    dialler.seek();
    scheduler.advance(0);
    await Promise.resolve();
    expect(state.asked).toBe(1);
  });

  test('[NB9] where the server knows nobody new, it is not asked again for a minute', async () => {
    const { dialler, scheduler, state } = harness(1);
    dialler.joined('me', ['a']);
    state.sample = ['a'];
    for (let second = 0; second < 60; second += 4) {
      dialler.seek();
      scheduler.advance(0);
      await vi.waitFor(() => expect(state.asked).toBe(1));
      scheduler.advance(4_000);
    }
    dialler.seek();
    scheduler.advance(0);
    await vi.waitFor(() => expect(state.asked).toBe(2));
  });

  test('closed: no timer goes on', () => {
    const { dialler, scheduler } = harness(5);
    dialler.joined('me', []);
    dialler.close();
    dialler.retry();
    expect(scheduler.next).toBeUndefined();
  });
});
