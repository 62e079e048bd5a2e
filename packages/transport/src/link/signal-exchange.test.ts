import { createConnectionId, openSignal } from '@shoal/protocol';
import type { Bytes, Signal } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import type { SignalOutcome } from '../signaling/signaling.ts';
import { FakeScheduler } from '../testing/fake-scheduler.ts';
import { nodeCrypto, nodeSigner } from '../testing/node-crypto.ts';
import { seeded } from '../testing/seeded.ts';
import { SignalExchange } from './signal-exchange.ts';

const candidate = (name: string): Signal => ({
  kind: 'candidate',
  candidate: name,
  sdpMid: '0',
  sdpMLineIndex: 0,
});

function harness(outcomes: SignalOutcome[] = []) {
  const crypto = nodeCrypto(seeded(1));
  const signalKey = crypto.randomBytes(32);
  const scheduler = new FakeScheduler();
  const boxes: Bytes[] = [];
  const state = { undeliverable: 0 };
  const exchange = new SignalExchange({
    crypto,
    signalKey,
    signer: nodeSigner(),
    scheduler,
    from: 'a',
    to: 'b',
    connection: createConnectionId(crypto),
    relay: async box => {
      boxes.push(box);
      return outcomes.shift() ?? 'relayed';
    },
    onUndeliverable: () => {
      state.undeliverable += 1;
    },
  });
  const open = (box: Bytes) => openSignal(crypto, signalKey, { from: 'a', to: 'b' }, box);
  const settle = () => new Promise<void>(resolve => setImmediate(resolve));
  return { exchange, boxes, scheduler, state, open, settle };
}

describe('SignalExchange', () => {
  test('seals in the order of the calls, numbered from 0', async () => {
    const { exchange, boxes, open, settle } = harness();
    for (const name of ['x', 'y', 'z']) exchange.send(candidate(name));
    await settle();
    const opened = await Promise.all(boxes.map(open));
    expect(opened.map(({ route }) => route.seq)).toEqual([0, 1, 2]);
    expect(opened.map(({ signal }) => signal)).toEqual(['x', 'y', 'z'].map(candidate));
  });

  test('takes only numbers that grow; gaps are fine', () => {
    const { exchange } = harness();
    expect([0, 0, 3, 2, 3, 4].map(seq => exchange.admits(seq))).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  test('takes no more than a connection can need', () => {
    const { exchange } = harness();
    const taken = Array.from({ length: 1000 }, (_, seq) => exchange.admits(seq)).filter(Boolean);
    expect(taken).toHaveLength(256);
  });

  test('a box that was not relayed is sent again, later each time, and then given up', async () => {
    const { exchange, boxes, scheduler, settle } = harness(['failed', 'failed', 'failed', 'failed']);
    exchange.send(candidate('x'));
    const counts: number[] = [];
    for (const wait of [0, 250, 1000, 3000, 60_000]) {
      scheduler.advance(wait);
      await settle();
      counts.push(boxes.length);
    }
    expect(counts).toEqual([1, 2, 3, 3, 3]);
  });

  test('an addressee who is gone is told of, unless nobody cares any more', async () => {
    const { exchange, state, settle } = harness(['unknown-member', 'unknown-member']);
    exchange.send(candidate('x'));
    await settle();
    expect(state.undeliverable).toBe(1);
    exchange.send(candidate('y'));
    exchange.close();
    await settle();
    expect(state.undeliverable).toBe(1);
  });

  test('what cannot be sealed is undeliverable', async () => {
    const { exchange, state, settle } = harness();
    exchange.send({ kind: 'offer', sdp: 'x'.repeat(100_000) });
    await settle();
    expect(state.undeliverable).toBe(1);
  });

  test('closed: sends and takes nothing', async () => {
    const { exchange, boxes, settle } = harness();
    exchange.close();
    exchange.send(candidate('x'));
    await settle();
    expect([boxes.length, exchange.admits(0)]).toEqual([0, false]);
  });
});
