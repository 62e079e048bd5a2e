import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, fromHex, toHex, type Bytes } from '../bytes.ts';
import { bytes, mutated } from '../testing/arbitraries.ts';
import { outcomeNow } from '../testing/outcome.ts';
import { FragmentJoiner, splitControl } from './fragments.ts';

const control = bytes(0, 2000).map(rest => concatBytes(new Uint8Array([1]), rest));

function join(frames: readonly Bytes[], joiner = new FragmentJoiner()): (Bytes | undefined)[] {
  return frames.map(frame => joiner.push(frame));
}

test('[PM6] whatever the size, the fragments fit and join to the same frame, time after time', () => {
  fc.assert(
    fc.property(fc.array(control, { maxLength: 4 }), fc.integer({ min: 5, max: 3000 }), (frames, size) => {
      const joiner = new FragmentJoiner();
      for (const frame of frames) {
        const parts = splitControl(frame, size);
        expect(Math.max(...parts.map(part => part.length))).toBeLessThanOrEqual(size);
        const results = join(parts, joiner);
        expect(results.slice(0, -1).every(result => result === undefined)).toBe(true);
        expect(toHex(results.at(-1) ?? new Uint8Array(0))).toBe(toHex(frame));
      }
    }),
  );
});

test('[PM6] a frame that fits stays as it is, and may come between fragments', () => {
  const small = fromHex('0180');
  expect(splitControl(small, 2)).toEqual([small]);
  const long = concatBytes(fromHex('01'), new Uint8Array(20));
  const [first, second, third] = splitControl(long, 14);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three fragments');
  expect(join([first, small, second, third])).toEqual([undefined, small, undefined, long]);
});

test('[PM6] lost, repeated or swapped fragments, flags and kinds out of place are refused', () => {
  const parts = splitControl(concatBytes(fromHex('01'), new Uint8Array(20)), 14);
  const [first, second, third] = parts;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three fragments');
  expect(outcomeNow(() => join([second]))).toBe('fragment-out-of-order');
  expect(outcomeNow(() => join([first, third]))).toBe('fragment-out-of-order');
  expect(outcomeNow(() => join([first, first]))).toBe('fragment-out-of-order');
  expect(outcomeNow(() => join([fromHex('0302000001')]))).toBe('fragment-out-of-order');
  expect(outcomeNow(() => join([fromHex('03010000')]))).toBe('frame-truncated');
  expect(outcomeNow(() => join([new Uint8Array(0)]))).toBe('frame-truncated');
  expect(outcomeNow(() => join([fromHex('0300000003')]))).toBe('unknown-frame');
  expect(outcomeNow(() => join([fromHex('0200000000000001ff')]))).toBe('unknown-frame');
});

test('[PM7] no more than 4 MiB are ever collected', () => {
  const size = 192 * 1024;
  const joiner = new FragmentJoiner();
  const fragment = (index: number) => {
    const frame = new Uint8Array(size).fill(1);
    frame.set([3, 0, index >> 8, index & 0xff]);
    return frame;
  };
  const codes = Array.from({ length: 22 }, (_, index) => outcomeNow(() => joiner.push(fragment(index))));
  expect(codes).toEqual([...Array.from({ length: 21 }, () => 'ok'), 'frame-too-large']);
  expect(outcomeNow(() => splitControl(new Uint8Array(100), 4))).toBe('frame-too-large');
  expect(outcomeNow(() => splitControl(new Uint8Array(70_000), 5))).toBe('frame-too-large');
});

test('[PM7] the cap is per frame, not for the life of a link', () => {
  const joiner = new FragmentJoiner();
  const frame = new Uint8Array(3 * 1024 * 1024).fill(1);
  for (let time = 0; time < 3; time += 1)
    expect(join(splitControl(frame, 192 * 1024), joiner).at(-1)?.length).toBe(frame.length);
});

test('[PM8] random and changed fragments give only ProtocolErrors', () => {
  const codes = ['ok', 'frame-truncated', 'unknown-frame', 'fragment-out-of-order'];
  const fragment = control.map(frame => splitControl(frame, 50)[0] ?? frame);
  const frames = fc.array(fc.oneof(bytes(0, 30), mutated(fragment), fragment), { maxLength: 10 });
  fc.assert(
    fc.property(frames, sent => {
      const joiner = new FragmentJoiner();
      for (const frame of sent) expect(codes).toContain(outcomeNow(() => joiner.push(frame)));
    }),
    { numRuns: 500 },
  );
});
