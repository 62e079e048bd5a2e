import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  iceReply,
  joinReply,
  joinRequest,
  membersReply,
  shutdownNotice,
  signalDelivery,
  signalReply,
  signalRequest,
} from './signaling.ts';
import { outcomeNow } from './testing/outcome.ts';

const room = 'AAAAAAAAAAAAAAAAAAAAAA';
const box = new Uint8Array([1, 2, 3]);
const parsers = {
  joinRequest,
  joinReply,
  iceReply,
  membersReply,
  signalRequest,
  signalReply,
  signalDelivery,
  shutdownNotice,
};
const joined = {
  ok: true,
  address: 'a-1_B',
  members: ['b', 'c'],
  iceServers: [
    { urls: ['stun:x:3478'] },
    { urls: ['turn:y', 'turns:y?transport=tcp'], username: 'u', credential: 'p' },
  ],
};

test('[SG1] every event of the protocol is taken as it is', () => {
  expect(joinRequest({ version: 1, room })).toEqual({ version: 1, room });
  expect(joinReply(joined)).toEqual(joined);
  expect(joinReply({ ...joined, iceSeconds: 60 })).toMatchObject({ iceSeconds: 60 });
  expect(iceReply({ ok: true, iceServers: [], iceSeconds: 60 })).toMatchObject({ iceSeconds: 60 });
  expect(joinReply({ ok: false, code: 'room-full' })).toEqual({ ok: false, code: 'room-full' });
  expect(membersReply({ ok: true, members: [] })).toEqual({ ok: true, members: [] });
  expect(membersReply({ ok: false, code: 'not-joined' })).toEqual({ ok: false, code: 'not-joined' });
  expect(signalRequest({ to: 'b', box })).toEqual({ to: 'b', box });
  expect(signalReply({ ok: true })).toEqual({ ok: true });
  expect(signalReply({ ok: false, code: 'unknown-member' })).toEqual({ ok: false, code: 'unknown-member' });
  expect(signalDelivery({ from: 'b', box })).toEqual({ from: 'b', box });
  expect(shutdownNotice({ retryAfterMs: 500 })).toEqual({ retryAfterMs: 500 });
});

test('[SG5] a box is the same bytes whether it comes as Buffer, ArrayBuffer or Uint8Array', () => {
  for (const form of [box, box.buffer, Buffer.from(box)]) {
    const taken = signalDelivery({ from: 'b', box: form }).box;
    expect(Object.getPrototypeOf(taken)).toBe(Uint8Array.prototype);
    expect([...taken]).toEqual([1, 2, 3]);
  }
});

test('[SG2] extra, missing and wrong fields are refused', () => {
  const bad: [(value: unknown) => unknown, unknown][] = [
    [joinRequest, { version: 1, room, extra: 1 }],
    [joinRequest, { version: 1, room: 'short' }],
    [joinRequest, { version: 1, room: `${'A'.repeat(21)}B` }],
    [joinRequest, { room }],
    [joinRequest, undefined],
    [signalRequest, { to: 'b' }],
    [signalRequest, { to: 'b', box: new Uint8Array(0) }],
    [signalRequest, { to: 'b', box: 'text' }],
    [signalRequest, { to: '', box }],
    [signalRequest, { to: 'x'.repeat(65), box }],
    [signalRequest, { to: 'a b', box }],
  ];
  for (const [parser, value] of bad) expect(outcomeNow(() => parser(value))).toBe('bad-request');
  const badReplies: [(value: unknown) => unknown, unknown][] = [
    [joinReply, { ...joined, members: Array.from({ length: 257 }, () => 'a') }],
    [joinReply, { ...joined, iceServers: [{ urls: ['http://x'] }] }],
    [joinReply, { ...joined, iceServers: [{ urls: [] }] }],
    [joinReply, { ok: false, code: 'nonsense' }],
    [joinReply, { ...joined, iceSeconds: 0 }],
    [iceReply, { ok: true }],
    [iceReply, { ok: true, iceServers: [], iceSeconds: 1e9 }],
    [joinReply, { ok: 'maybe' }],
    [membersReply, { ok: true }],
    [signalReply, { ok: false }],
    [signalDelivery, { from: 'a', box, to: 'b' }],
    [shutdownNotice, { retryAfterMs: -1 }],
    [shutdownNotice, { retryAfterMs: 1e9 }],
  ];
  for (const [parser, value] of badReplies) expect(outcomeNow(() => parser(value))).toBe('malformed-event');
});

test('[SG3] the code of a refused request is the one to answer with', () => {
  expect(outcomeNow(() => joinRequest({ version: 2, room }))).toBe('unsupported-version');
  expect(outcomeNow(() => joinRequest({ version: 2, room, more: true }))).toBe('unsupported-version');
  expect(outcomeNow(() => joinRequest({ version: 'x', room }))).toBe('bad-request');
});

test('[SG4] a box has at most 32 KiB', () => {
  expect(outcomeNow(() => signalRequest({ to: 'b', box: new Uint8Array(32 * 1024) }))).toBe('ok');
  expect(outcomeNow(() => signalRequest({ to: 'b', box: new Uint8Array(32 * 1024 + 1) }))).toBe('too-large');
  expect(outcomeNow(() => signalRequest({ to: 'b', box: new ArrayBuffer(32 * 1024 + 1) }))).toBe('too-large');
  expect(outcomeNow(() => signalDelivery({ from: 'b', box: new Uint8Array(32 * 1024 + 1) }))).toBe(
    'malformed-event',
  );
});

test('[SG2] anything at all gives a ProtocolError or an event, never another throw', () => {
  const almost = fc.record(
    {
      version: fc.anything(),
      room: fc.anything(),
      ok: fc.anything(),
      code: fc.anything(),
      members: fc.anything(),
      box: fc.anything(),
      to: fc.anything(),
      from: fc.anything(),
      retryAfterMs: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const anything = fc.oneof(fc.anything({ withNullPrototype: true, withTypedArray: true }), almost);
  fc.assert(
    fc.property(anything, fc.constantFrom(...Object.values(parsers)), (value, parser) => {
      outcomeNow(() => parser(value));
    }),
    { numRuns: 1000 },
  );
});
