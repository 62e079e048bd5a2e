import { expect, test } from 'vitest';
import { memorySink, reminding } from './memory.ts';

test('memory that is given away is gone at once, however often', () => {
  const free = memorySink();
  for (let time = 0; time < 3; time += 1) {
    const memory = new ArrayBuffer(1000);
    free(memory);
    expect(memory.byteLength).toBe(0);
  }
});

test('digests ask for memory now and then, and do not fail when there is none', async () => {
  const asked: number[] = [];
  const sha256 = async (data: Uint8Array<ArrayBuffer>) => data;
  const crypto = reminding({ sha256 }, bytes => {
    asked.push(bytes);
    if (asked.length > 1) throw new RangeError('Array buffer allocation failed');
  });
  const data = new Uint8Array([7]);
  for (let digest = 0; digest < 1024; digest += 1) expect(await crypto.sha256(data)).toBe(data);
  expect(asked).toEqual([16 * 1024 * 1024, 16 * 1024 * 1024]);
});
