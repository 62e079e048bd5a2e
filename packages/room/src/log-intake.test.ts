import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { ProtocolError, asPeerId } from '@shoal/protocol';
import type { Bytes, GossipMessage, PeerId } from '@shoal/protocol';
import { LogIntake } from './log-intake.ts';
import { nextTask } from './next-task.ts';

const ANN = asPeerId('AAAAAAAAAAAAAAAAAAAAAA');
const BOB = asPeerId('BAAAAAAAAAAAAAAAAAAAAA');
const LARGE = new Uint8Array(64 * 1024);
const large: GossipMessage = { type: 'log-entries', entries: [LARGE] };
const done: GossipMessage = { type: 'log-done' };

function intakeWith(steps: (raw: Bytes) => Generator<undefined, void, undefined>) {
  const heard: [PeerId, GossipMessage][] = [];
  const failed = vi.fn();
  const flooded = vi.fn();
  const rest = vi.fn(nextTask);
  const intake = new LogIntake({
    decoder: { decoding: steps },
    rest,
    receive: (peer, message) => void heard.push([peer, message]),
    flooded,
    failed,
  });
  return { intake, heard, flooded, failed, rest };
}

const threeSteps = vi.fn(function* (_raw: Bytes): Generator<undefined, void, undefined> {
  yield;
  yield;
});

test('small messages are passed on at once', () => {
  const { intake, heard } = intakeWith(threeSteps);
  intake.receive(ANN, done);
  intake.receive(ANN, { type: 'log-entries', entries: [new Uint8Array(10)] });
  expect(heard).toHaveLength(2);
});

test('a large entry is decoded before, a step a task; later ones of that neighbour wait, others do not', async () => {
  threeSteps.mockClear();
  const { intake, heard } = intakeWith(threeSteps);
  intake.receive(ANN, large);
  intake.receive(ANN, done);
  intake.receive(BOB, done);
  expect(heard).toEqual([[BOB, done]]);
  await vi.waitFor(() => expect(heard).toHaveLength(3));
  expect(heard.slice(1)).toEqual([
    [ANN, large],
    [ANN, done],
  ]);
  expect(threeSteps.mock.calls).toEqual([[LARGE]]);
  intake.receive(ANN, done);
  expect(heard).toHaveLength(4);
});

test('a message of many entries goes on in parts, each in a task: one of 4 MiB would freeze a page for seconds', async () => {
  threeSteps.mockClear();
  const { intake, heard, rest } = intakeWith(threeSteps);
  const entries = Array.from({ length: 145 }, (_, number) => new Uint8Array(28_000).fill(number));
  entries.splice(7, 0, new Uint8Array(3), LARGE, new Uint8Array(4));
  intake.receive(ANN, { type: 'log-entries', entries });
  intake.receive(ANN, done);
  expect(heard).toEqual([]);
  await vi.waitFor(() => expect(heard.at(-1)?.[1] === done).toBe(true));
  const parts = heard.flatMap(([, message]) => (message.type === 'log-entries' ? [message.entries] : []));
  // By identity: what they hold is large.
  expect(parts.flat().every((raw, index) => raw === entries[index])).toBe(true);
  expect(parts.flat()).toHaveLength(entries.length);
  for (const part of parts)
    expect(part.length === 1 || part.reduce((sum, { length }) => sum + length, 0) <= 32 * 1024).toBe(true);
  expect(rest.mock.calls.length).toBeGreaterThanOrEqual(parts.length);
  expect(threeSteps.mock.calls.map(([raw]) => raw === LARGE)).toEqual([true]);
});

test('who sends much faster than we decode loses the link before it fills the memory, and nobody else does', async () => {
  const { intake, heard, flooded } = intakeWith(threeSteps);
  const entries = Array.from({ length: 64 }, () => LARGE);
  intake.receive(BOB, large);
  for (let mib = 0; mib < 124; mib += 4) intake.receive(ANN, { type: 'log-entries', entries });
  expect(flooded).not.toHaveBeenCalled();
  intake.receive(ANN, { type: 'log-entries', entries });
  expect(flooded.mock.calls).toEqual([[ANN]]);
  await vi.waitFor(() => expect(heard).toEqual([[BOB, large]]));
  // Nor do messages that hold no entries.
  intake.receive(ANN, large);
  const vector = Array.from({ length: 10_000 }, (): [PeerId, number] => [BOB, 1]);
  for (let mib = 0; mib < 135; mib += 1) intake.receive(ANN, { type: 'log-vector', vector });
  expect(flooded).toHaveBeenCalledTimes(2);
});

test('what waits is lost with the link, and the next link begins anew', async () => {
  const { intake, heard } = intakeWith(threeSteps);
  intake.receive(ANN, large);
  intake.receive(ANN, done);
  intake.left(ANN);
  const next: GossipMessage = { type: 'log-prune' };
  intake.receive(ANN, next);
  intake.receive(ANN, large);
  await vi.waitFor(() => expect(heard).toHaveLength(2));
  await wait(20);
  expect(heard).toEqual([
    [ANN, next],
    [ANN, large],
  ]);
});

test('an entry that is none goes on, for the log to say so; anything else is a failure', async () => {
  const refusing = intakeWith(function* () {
    yield;
    throw new ProtocolError('malformed-entry', 'no');
  });
  refusing.intake.receive(ANN, large);
  await vi.waitFor(() => expect(refusing.heard).toEqual([[ANN, large]]));
  expect(refusing.failed).not.toHaveBeenCalled();
  const broken = intakeWith(() => {
    throw new TypeError('bug');
  });
  broken.intake.receive(ANN, large);
  await vi.waitFor(() => expect(broken.failed).toHaveBeenCalledOnce());
  broken.intake.receive(ANN, done);
  expect(broken.heard).toEqual([[ANN, done]]);
});
