import { expect, test } from 'vitest';
import { MemberSocket } from './member-socket.ts';

test('boxes that wait for a receiver are few, however small they are, until they have left', () => {
  const received: number[] = [];
  const member = new MemberSocket(
    'address',
    () => 0,
    (_from, box) => received.push(box.length),
  );
  const tiny = new Uint8Array(1);
  while (member.deliver('sender', tiny));
  // Two packets each: half of what gets a client cut that does not read.
  expect(received.length).toBeLessThanOrEqual(1_024);
  expect(received.length).toBeGreaterThan(1_000);
  member.drained();
  expect(member.deliver('sender', tiny)).toBe(true);
});
