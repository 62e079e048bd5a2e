import { expect, test } from 'vitest';
import { Reminder } from './reminder.ts';

const MIB = 1024 * 1024;

test('after each so much work memory is asked for', () => {
  const asked: number[] = [];
  const reminder = new Reminder(100, bytes => asked.push(bytes));
  for (const work of [99, 1, 50, 49, 1, 250]) reminder.did(work);
  expect(asked).toEqual([16 * MIB, 16 * MIB, 16 * MIB]);
});

test('where there is no memory, work goes on', () => {
  let asked = 0;
  const reminder = new Reminder(1, () => {
    asked += 1;
    throw new RangeError('Array buffer allocation failed');
  });
  for (let work = 0; work < 3; work += 1) reminder.did(1);
  expect(asked).toBe(3);
});
