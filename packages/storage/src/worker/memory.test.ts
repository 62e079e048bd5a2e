import { expect, test, vi } from 'vitest';
import { memorySink, reminding } from './memory.ts';

test('memory that is given away is gone at once, however often', () => {
  const free = memorySink();
  for (let time = 0; time < 3; time += 1) {
    const memory = new ArrayBuffer(1000);
    free(memory);
    expect(memory.byteLength).toBe(0);
  }
});

test('each digest counts as work that leaves garbage behind', async () => {
  const reminder = { did: vi.fn<(work: number) => void>() };
  const crypto = reminding({ sha256: async data => data }, reminder);
  const data = new Uint8Array([7]);
  for (let digest = 0; digest < 3; digest += 1) expect(await crypto.sha256(data)).toBe(data);
  expect(reminder.did.mock.calls).toEqual([[1], [1], [1]]);
});
