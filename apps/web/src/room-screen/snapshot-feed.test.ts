import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeRoom } from '../dev/fake-room.ts';
import { SnapshotFeed } from './snapshot-feed.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('shows a change at once, and a hundred changes a second as about two, once it lasts', () => {
  const room = new FakeRoom();
  const feed = new SnapshotFeed(room);
  let seen = 0;
  feed.subscribe(() => {
    seen += 1;
  });
  room.set({ saving: true });
  expect(seen).toBe(1);
  expect(feed.getSnapshot().saving).toBe(true);
  for (let change = 0; change < 200; change += 1) {
    room.set({ saving: change % 2 === 0 });
    vi.advanceTimersByTime(10);
  }
  expect(seen).toBeGreaterThanOrEqual(8);
  expect(seen).toBeLessThanOrEqual(10);
});

test('shows no more than two pictures a second either when changes come slowly', () => {
  const room = new FakeRoom();
  const feed = new SnapshotFeed(room);
  let seen = 0;
  feed.subscribe(() => {
    seen += 1;
  });
  for (let change = 0; change < 40; change += 1) {
    room.set({ saving: change % 2 === 0 });
    vi.advanceTimersByTime(250);
  }
  expect(seen).toBeGreaterThanOrEqual(20);
  expect(seen).toBeLessThanOrEqual(26);
});

test('shows a click within a frame or two, and the end of a download, while numbers move all the time', () => {
  const room = new FakeRoom();
  const feed = new SnapshotFeed(room);
  let seen = 0;
  feed.subscribe(() => {
    seen += 1;
  });
  const move = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 10) {
      room.set({ storage: { kind: 'opfs', keeps: true, quota: 1, used: passed } }, 'numbers');
      vi.advanceTimersByTime(10);
    }
  };
  move(5_000);
  expect(seen).toBeLessThanOrEqual(16);
  for (let click = 1; click <= 4; click += 1) {
    room.set({ saving: click % 2 === 1 });
    move(20);
    expect(feed.getSnapshot().saving).toBe(click % 2 === 1);
    move(1_980);
  }
  // Each click is one picture more, no second pace for the numbers.
  expect(seen).toBeLessThanOrEqual(16 + 4 * 5);
});

test('never leaves out the last change, and is prompt again after a quiet time', () => {
  const room = new FakeRoom();
  const feed = new SnapshotFeed(room);
  feed.subscribe(() => {});
  room.set({ saving: true });
  room.set({ saving: false });
  expect(feed.getSnapshot().saving).toBe(true);
  vi.advanceTimersByTime(1000);
  expect(feed.getSnapshot()).toBe(room.getSnapshot());
  room.set({ saving: true });
  expect(feed.getSnapshot().saving).toBe(true);
});

test('catches up on subscribing, and is silent once nobody listens', () => {
  const room = new FakeRoom();
  const feed = new SnapshotFeed(room);
  room.set({ saving: true });
  expect(feed.getSnapshot().saving).toBe(false);
  let seen = 0;
  const unsubscribe = feed.subscribe(() => {
    seen += 1;
  });
  expect(feed.getSnapshot().saving).toBe(true);
  unsubscribe();
  room.set({ saving: false });
  vi.runAllTimers();
  expect(seen).toBe(0);
});
