import { fromBase64Url, sealSignal, toBase64Url } from '@shoal/protocol';
import type { Bytes } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { nodeSigner } from '../testing/node-crypto.ts';
import { World } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

/** Where a box holds connection (16 bytes), sequence number and ciphertext. */
const CONNECTION_AT = 1;
const SEQ_AT = 17;
const CIPHERTEXT_AT = 34;

function flip(box: Bytes, at: number): Bytes {
  const changed = box.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

async function meet(world: World) {
  const [a, b] = [world.member({ address: 'a' }), world.member({ address: 'b' })] as const;
  await world.start(a, b);
  await world.pass(1_000);
  return { a, b };
}

function expectRefused(world: World, ...members: Awaited<ReturnType<typeof meet>>['a'][]): void {
  for (const member of members) {
    expect(member.failures).toContain('signal-forged');
    expect(member.neighbours).toEqual([]);
  }
  expect(world.network.ends.every(end => end.isClosed)).toBe(true);
}

describe('a server that meddles gets no connection, and both sides are told', () => {
  test('it changes every box', async () => {
    const world = new World();
    world.hub.meddle = box => flip(box, CIPHERTEXT_AT);
    const { a, b } = await meet(world);
    expectRefused(world, a, b);
    await world.pass(120_000);
    expect([a.failures, b.failures]).toEqual([['signal-forged'], ['signal-forged']]);
  });

  test('it changes only what goes to one side: that side says so to the other', async () => {
    const world = new World();
    world.hub.meddle = (box, _, to) => (to === 'a' ? flip(box, CIPHERTEXT_AT) : box);
    const { a, b } = await meet(world);
    expectRefused(world, a, b);
  });

  test('it changes only the answer', async () => {
    const world = new World();
    world.hub.meddle = (box, _, to) => (to === 'b' ? flip(box, CIPHERTEXT_AT) : box);
    const { a, b } = await meet(world);
    expectRefused(world, a, b);
  });

  test('it changes the connection id, which is readable', async () => {
    const world = new World();
    world.hub.meddle = (box, _, to) => (to === 'a' ? flip(box, CONNECTION_AT) : box);
    const { a, b } = await meet(world);
    expectRefused(world, a, b);
  });

  test('it swaps the descriptions of two members', async () => {
    const world = new World();
    const kept = new Map<string, Bytes>();
    world.hub.meddle = (box, from) => {
      const other = kept.get(from === 'c' ? 'b' : 'c');
      kept.set(from, box);
      return other ?? box;
    };
    const members = ['a', 'b', 'c'].map(address => world.member({ address }));
    await world.start(...members);
    await world.pass(1_000);
    expect(members.flatMap(({ failures }) => failures)).toContain('signal-forged');
  });

  test('it answers in the name of a member with a box sealed under a key of its own', async () => {
    const world = new World();
    const { crypto } = world;
    const signer = nodeSigner();
    const relayed: Bytes[] = [];
    world.hub.meddle = (box, from, to) => {
      relayed.push(box);
      if (to !== 'a' || relayed.length > 1) return undefined;
      const connection = toBase64Url(box.subarray(CONNECTION_AT, SEQ_AT));
      const route = { from: to, to: from, connection, seq: 0, lane: 0 };
      const signal = { kind: 'answer', sdp: 'end-1' } as const;
      void sealSignal(crypto, crypto.randomBytes(32), signer, route, signal).then(forged =>
        world.hub.inject(to, from, forged),
      );
      return undefined;
    };
    const { b } = await meet(world);
    expectRefused(world, b);
  });

  test('it cuts boxes short', async () => {
    const world = new World();
    world.hub.meddle = box => box.subarray(0, 30);
    const { a, b } = await meet(world);
    expect([a.failures, b.failures]).toEqual([['signal-malformed'], ['signal-malformed']]);
    expect([...a.neighbours, ...b.neighbours]).toEqual([]);
  });

  test('it sends a flood of junk in many names: a bounded number of words and answers come of it', async () => {
    const world = new World();
    const { a, b } = await meet(world);
    const before = world.hub.relayed.length;
    for (let index = 0; index < 400; index += 1)
      world.hub.inject(`x${index}`, 'a', new Uint8Array(300).fill(1));
    await world.settle();
    expect(a.failures.length).toBeLessThanOrEqual(64);
    expect(world.hub.relayed.length - before - 400).toBe(0);
    expect(a.neighbours).toEqual([b.peer]);
  });
});

describe('a server that repeats and reorders', () => {
  test('every box twice, and all once more later: one link, undisturbed', async () => {
    const world = new World();
    const [a, b] = [world.member({ address: 'a' }), world.member({ address: 'b' })] as const;
    world.hub.meddle = (box, from, to) => {
      world.hub.inject(from, to, box);
      return box;
    };
    await world.start(a, b);
    expect(a.neighbours).toEqual([b.peer]);
    const { connection } = a.neighbour(b.peer);
    for (const { from, to, box } of world.hub.relayed.slice()) world.hub.inject(from, to, box);
    await world.pass(10_000);
    expect(a.neighbour(b.peer).connection).toBe(connection);
    expect([...a.left, ...b.left, ...a.failures, ...b.failures]).toEqual([]);
    expect(world.network.ends).toHaveLength(2);
  });

  test('an old offer, after its link has ended, opens nothing', async () => {
    const world = new World();
    const { a, b } = await meet(world);
    const old = world.hub.relayed.slice();
    b.mesh.close();
    await world.pass(5_000);
    const made = world.network.ends.length;
    for (const { from, to, box } of old) world.hub.inject(from, to, box);
    await world.pass(5_000);
    expect(world.network.ends).toHaveLength(made);
    expect(a.failures).toEqual([]);
  });

  test('a box for another member, or in the name of another, is forged', async () => {
    const world = new World();
    const { a } = await meet(world);
    const c = world.member({ address: 'c' });
    await world.start(c);
    const [first] = world.hub.relayed;
    if (first === undefined) throw new Error('no box was relayed');
    world.hub.inject('z', first.to, first.box);
    world.hub.inject(first.from, 'c', first.box);
    await world.settle();
    expect(a.failures).toEqual(['signal-forged']);
    expect(c.failures).toEqual(['signal-forged']);
  });

  test('a server that drops half of all boxes only delays', async () => {
    const world = new World(3);
    world.hub.meddle = box => (world.random() < 0.5 ? box : undefined);
    const [a, b] = [world.member(), world.member()];
    await world.start(a, b);
    await world.pass(300_000);
    expect(a.neighbours).toEqual([b.peer]);
    expect(b.neighbours).toEqual([a.peer]);
  });
});

test('what the server relays names nobody and shows no description', async () => {
  const world = new World();
  const { a, b } = await meet(world);
  const all = world.hub.relayed.map(({ box }) => Buffer.from(box).toString('latin1')).join('\n');
  for (const secret of [a.peer, b.peer, 'end-1', 'end-2', 'candidate']) {
    expect(all).not.toContain(secret);
  }
  for (const peer of [a.peer, b.peer]) {
    expect(all).not.toContain(Buffer.from(fromBase64Url(peer)).toString('latin1'));
  }
  expect(world.hub.relayed.length).toBeGreaterThan(2);
});
