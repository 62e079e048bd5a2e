import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { ProtocolError, asPeerId } from '@shoal/protocol';
import type { Bytes, GossipMessage, PeerId } from '@shoal/protocol';
import { LogIntake } from './log-intake.ts';
import { nextTask } from './next-task.ts';

const ANN = asPeerId('AAAAAAAAAAAAAAAAAAAAAA');
const BOB = asPeerId('BAAAAAAAAAAAAAAAAAAAAA');
const LARGE = new Uint8Array(64 * 1024);
const large: GossipMessage = { type: 'log-entries', entries: [new Uint8Array(10), LARGE] };
const done: GossipMessage = { type: 'log-done' };

function intakeWith(steps: (raw: Bytes) => Generator<undefined, void, undefined>) {
  const heard: [PeerId, GossipMessage][] = [];
  const failed = vi.fn();
  const intake = new LogIntake({
    decoder: { decoding: steps },
    rest: nextTask,
    receive: (peer, message) => void heard.push([peer, message]),
    failed,
  });
  return { intake, heard, failed };
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

test('who sends faster than we decode fills no memory: what is too much goes on undecoded, in order', async () => {
  threeSteps.mockClear();
  const { intake, heard } = intakeWith(threeSteps);
  for (let i = 0; i < 12; i += 1) intake.receive(ANN, large);
  await vi.waitFor(() => expect(heard).toHaveLength(12));
  expect(threeSteps.mock.calls.length).toBeLessThanOrEqual(6);
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
