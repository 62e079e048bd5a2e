import { expect, test } from 'vitest';
import { EntryDecoder } from './entry-decoder.ts';
import { authors } from './testing/cast.ts';

test('the same bytes are decoded once, other bytes anew', async () => {
  const [author] = authors(1);
  const [one, two] = (await author?.texts(2)) ?? [];
  if (one === undefined || two === undefined) throw new Error('no entries');
  const decoder = new EntryDecoder();
  const first = decoder.decode(one.raw);
  expect(decoder.decode(one.raw.slice())).toBe(first);
  expect(decoder.decode(two.raw)).toEqual(two);
  expect(first).toEqual(one);
});

test('a payload that differs behind the same key and signature is not mistaken for the known one', async () => {
  const [author] = authors(1);
  const entry = await author?.text('aaaa');
  if (entry === undefined) throw new Error('no entry');
  const decoder = new EntryDecoder();
  decoder.decode(entry.raw);
  const changed = entry.raw.slice();
  const last = changed.lastIndexOf('a'.charCodeAt(0));
  changed[last] = 'b'.charCodeAt(0);
  expect(decoder.decode(changed).body).not.toEqual(entry.body);
  expect(decoder.decode(entry.raw).body).toEqual(entry.body);
});

test('what is remembered is bounded, and the oldest goes first', async () => {
  const [author] = authors(1);
  const entries = (await author?.texts(1030)) ?? [];
  const decoder = new EntryDecoder();
  const decoded = entries.map(entry => decoder.decode(entry.raw));
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no entries');
  expect(decoder.decode(last.raw)).toBe(decoded.at(-1));
  expect(decoder.decode(first.raw)).not.toBe(decoded[0]);
});

test('what was decoded in steps is known, and only once they are done', async () => {
  const [author] = authors(1);
  const [one] = (await author?.texts(1)) ?? [];
  if (one === undefined) throw new Error('no entry');
  const decoder = new EntryDecoder();
  const steps = decoder.decoding(one.raw);
  let count = 0;
  while (steps.next().done !== true) count += 1;
  expect(count).toBeGreaterThan(1);
  const known = decoder.decode(one.raw);
  expect(known).toEqual(one);
  expect(decoder.decode(one.raw)).toBe(known);
  expect([...decoder.decoding(one.raw)]).toEqual([]);
});

test('of two who decode the same bytes in turns, the second stops when the first is done', async () => {
  const [author] = authors(1);
  const [one] = (await author?.texts(1)) ?? [];
  if (one === undefined) throw new Error('no entry');
  const decoder = new EntryDecoder();
  const [first, second] = [decoder.decoding(one.raw), decoder.decoding(one.raw.slice())];
  second.next();
  while (first.next().done !== true);
  const known = decoder.decode(one.raw);
  expect(second.next().done).toBe(true);
  expect(decoder.decode(one.raw)).toBe(known);
});
