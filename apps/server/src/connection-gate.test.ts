import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './config.ts';
import { ConnectionGate } from './connection-gate.ts';

test('handshakes that were admitted side by side still share one cap', async () => {
  const gate = new ConnectionGate({ ...DEFAULT_LIMITS, maxConnectionsPerIp: 2 });
  expect(await Promise.all([gate.admits('a'), gate.admits('a'), gate.admits('a')])).toEqual([
    true,
    true,
    true,
  ]);
  const places = [gate.enter('a'), gate.enter('a'), gate.enter('a')];
  expect(places.map(place => place !== undefined)).toEqual([true, true, false]);
  expect(gate.enter('b')).toBeDefined();
});

test('a place is given back once, however often it is left', () => {
  const gate = new ConnectionGate({ ...DEFAULT_LIMITS, maxConnections: 2 });
  const [first] = [gate.enter('a'), gate.enter('b')];
  first?.();
  first?.();
  expect(gate.enter('c')).toBeDefined();
  expect(gate.enter('d')).toBeUndefined();
});
