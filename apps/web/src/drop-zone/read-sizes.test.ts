import { expect, test } from 'vitest';
import { readSizes } from './read-sizes.ts';

test('looks at each file once, and pauses when a slice is over', async () => {
  const looked: number[] = [];
  let now = 0;
  const files = Array.from({ length: 10 }, (_, index) => {
    const file = new File([], `${index}`);
    // Each look at the disk takes 8 ms here.
    Object.defineProperty(file, 'size', {
      get: () => {
        looked.push(index);
        now += 8;
        return 0;
      },
    });
    return { file, path: file.name };
  });
  const pauses: number[] = [];
  await readSizes(
    files,
    count => pauses.push(count),
    () => now,
  );
  expect(looked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(pauses).toEqual([3, 6, 9]);
});
