import { asPeerId } from '@shoal/protocol';
import { expect, test } from 'vitest';
import { Unreached } from './unreached.ts';

const [PEER, OTHER] = [asPeerId('A'.repeat(22)), asPeerId('B'.repeat(21) + 'A')];
const nameOf = (peer: string): string => `name of ${peer}`;

test('a member whom a neighbour reaches is listed instead of told, as long as that is so', () => {
  const nearby = new Set([PEER]);
  const linked = new Set<string>();
  const unreached = new Unreached({ isNearby: peer => nearby.has(peer) }, peer => linked.has(peer));
  expect(unreached.takes({ code: 'connect-timeout', peer: OTHER })).toBe(false);
  expect(unreached.takes({ code: 'protocol-violation', peer: PEER })).toBe(false);
  expect(unreached.takes({ code: 'connection-failed' })).toBe(false);
  expect(unreached.views(nameOf)).toEqual([]);
  expect(unreached.takes({ code: 'connection-failed', peer: PEER })).toBe(true);
  expect(unreached.views(nameOf)).toEqual([{ id: PEER, name: `name of ${PEER}` }]);
  linked.add(PEER);
  expect(unreached.views(nameOf)).toEqual([]);
  linked.clear();
  nearby.clear();
  expect(unreached.views(nameOf)).toEqual([]);
  nearby.add(PEER);
  unreached.joined(PEER);
  expect(unreached.views(nameOf)).toEqual([]);
});

test('other members are further ones as long as a neighbour reaches them, and we do not', () => {
  const nearby = new Set([PEER]);
  const linked = new Set<string>();
  const unreached = new Unreached({ isNearby: peer => nearby.has(peer) }, peer => linked.has(peer));
  const further = () => unreached.further([PEER, OTHER], nameOf).map(({ id }) => id);
  expect(further()).toEqual([PEER]);
  unreached.takes({ code: 'connection-failed', peer: PEER });
  expect(further()).toEqual([]);
  unreached.joined(PEER);
  linked.add(PEER);
  expect(further()).toEqual([]);
  linked.clear();
  nearby.add(OTHER);
  expect(further()).toEqual([PEER, OTHER]);
  nearby.clear();
  expect(further()).toEqual([]);
});
