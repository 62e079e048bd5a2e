import { describe, expect, test } from 'vitest';
import { SendQueue } from './send-queue.ts';

function harness(highWater = 100, maxQueued = 200) {
  const connection = {
    bufferedAmount: 0,
    sent: [] as number[],
    send(message: Uint8Array) {
      this.bufferedAmount += message.length;
      this.sent.push(message[0] ?? -1);
    },
  };
  const queue = new SendQueue(connection, { highWater, maxQueued });
  let next = 0;
  const push = (size: number) => queue.push(new Uint8Array(size).fill(next++));
  return { connection, queue, push };
}

describe('SendQueue', () => {
  test('fills to the high water mark, keeps the rest and its order', () => {
    const { connection, queue, push } = harness();
    expect([push(60), push(40), push(10), push(1)]).toEqual(['sent', 'sent', 'waiting', 'waiting']);
    expect(connection.sent).toEqual([0, 1]);
    expect(queue.room).toBe(0);
    connection.bufferedAmount = 20;
    queue.drain();
    expect(connection.sent).toEqual([0, 1, 2, 3]);
    expect(queue.room).toBe(69);
  });

  test('a frame above the mark goes out alone instead of never', () => {
    const { connection, queue, push } = harness();
    push(1);
    push(150);
    expect(connection.sent).toEqual([0]);
    connection.bufferedAmount = 0;
    queue.drain();
    expect(connection.sent).toEqual([0, 1]);
  });

  test('says no when too much waits', () => {
    const { push } = harness();
    expect([push(100), push(150), push(50), push(1)]).toEqual(['sent', 'waiting', 'waiting', 'refused']);
  });
});
