import { encodeMessage, writeBlockHeader } from '@shoal/protocol';
import type { Bytes } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

const BLOCK_BYTES = 64 * 1024;

function block(id: number): Bytes {
  const frame = new Uint8Array(BLOCK_BYTES);
  writeBlockHeader(frame, id);
  return frame;
}

function framesOf(member: Member): number[] {
  return member.events.flatMap(event => (event.type === 'frame' ? [event.frame[0] ?? -1] : []));
}

/** A pair whose second member serves blocks that do not leave its send buffer for `readings` looks. */
async function backlogged(options: { rttMs?: number; readings?: number; relayed?: boolean } = {}) {
  const { rttMs = 50, readings = 8, relayed = false } = options;
  const world = new World();
  world.network.rttMs = rttMs;
  const connect = world.network.connect;
  const { a, b } = await world.pair({
    connect: settings => {
      const end = connect(settings);
      end.relayed = relayed;
      return end;
    },
  });
  await stall(world, b, a, readings);
  return { world, a, b };
}

async function stall(world: World, from: Member, to: Member, readings: number, blocks = 1): Promise<void> {
  for (let n = 0; n < readings; n += 1) {
    for (let id = 0; id < blocks; id += 1) from.neighbour(to.peer).send(block(id));
    world.scheduler.advance(250);
    // The round trip is read by promise.
    await Promise.resolve().then(() => undefined);
  }
}

const openEnds = (world: World) => world.network.ends.filter(end => !end.isClosed);

describe('lanes', () => {
  test('[LN1] [LN2] a link that loss holds back gets four connections, eight, then sixteen, and no more, as long as each step makes it faster', async () => {
    const { world, a, b } = await backlogged();
    await world.settle();
    expect(openEnds(world)).toHaveLength(8);
    for (const [blocks, connections] of [
      [4, 8],
      [16, 16],
      [64, 16],
    ] as const) {
      await stall(world, b, a, 16, blocks);
      await world.settle();
      expect(openEnds(world)).toHaveLength(2 * connections);
    }
    expect([...a.left, ...b.left, ...a.failures, ...b.failures]).toEqual([]);
    // Both sides are told, since the receiver's window depends on it.
    for (const { events } of [a, b])
      expect(events.findLast(({ type }) => type === 'lanes')).toMatchObject({ connections: 16 });
  });

  test('[LN2] on a long path the first block brings four connections, and no other does', async () => {
    for (const [rttMs, connections] of [
      [200, 4],
      [100, 1],
    ] as const) {
      const { world, a, b } = await backlogged({ rttMs, readings: 1 });
      await world.settle();
      expect(openEnds(world), `${rttMs} ms`).toHaveLength(2 * connections);
      // Nothing of a rest makes the next block another first one.
      world.scheduler.advance(5_000);
      await stall(world, b, a, 1);
      await world.settle();
      expect(openEnds(world), `${rttMs} ms`).toHaveLength(2 * connections);
    }
    const relayed = await backlogged({ rttMs: 200, readings: 1, relayed: true });
    await relayed.world.settle();
    expect(openEnds(relayed.world)).toHaveLength(2);
  });

  test('[LN2] not on a short path, not through a relay', async () => {
    for (const options of [{ rttMs: 1 }, { relayed: true }]) {
      const { world } = await backlogged(options);
      await world.settle();
      expect(openEnds(world)).toHaveLength(2);
    }
  });

  test('[LN2] a lane is made without relays, by both sides', async () => {
    const world = new World();
    world.network.rttMs = 50;
    const asked: string[] = [];
    const [a, b] = ['a', 'b'].map(address => {
      const member = world.member({
        address,
        connect: options => {
          asked.push(options.iceServers.flatMap(({ urls }) => urls).join());
          return world.network.connect(options);
        },
      });
      member.seat.iceServers = [
        { urls: ['stun:s'] },
        { urls: ['turn:t', 'stun:t'], username: 'u', credential: 'c' },
      ];
      return member;
    });
    if (a === undefined || b === undefined) throw new Error('two members');
    await world.start(a, b);
    await stall(world, b, a, 8);
    await world.settle();
    const first = 'stun:s,turn:t,stun:t';
    expect(asked).toEqual([first, first, ...Array.from({ length: 6 }, () => 'stun:s,stun:t')]);
  });

  test('[LN3] blocks spread over the lanes, control messages keep to the first connection', async () => {
    const { world, a, b } = await backlogged();
    await world.settle();
    const before = framesOf(a).length;
    const neighbour = b.neighbour(a.peer);
    const room = neighbour.room;
    for (let n = 0; n < 6; n += 1) neighbour.send(block(100 + n));
    expect(neighbour.room).toBe(room - 6 * BLOCK_BYTES);
    neighbour.send(encodeMessage({ type: 'choke' }));
    const blocks = openEnds(world).map(end => Math.floor(end.bufferedAmount / BLOCK_BYTES));
    expect(blocks.filter(count => count > 0).toSorted()).toEqual([1, 1, 2, 2]);
    await world.settle();
    expect(framesOf(a).slice(before).toSorted()).toEqual([1, 2, 2, 2, 2, 2, 2]);
    for (const end of openEnds(world).slice(2))
      expect(end.sent.every(frame => frame.length === 0 || frame[0] === 2)).toBe(true);
  });

  test('[LN4] anything but a block on a lane ends the link', async () => {
    const { world, a, b } = await backlogged();
    await world.settle();
    const lane = openEnds(world)[2];
    lane?.send(encodeMessage({ type: 'choke' }));
    await world.settle();
    expect([...a.left, ...b.left]).toContain('protocol-violation');
    await world.pass(5_000);
    expect(openEnds(world).filter(end => world.network.ends.indexOf(end) < 4)).toEqual([]);
  });

  test('[LN4] lanes without end are a violation, lanes above the most are ignored', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    const offer = (lane: number) =>
      encodeMessage({ type: 'lane', lane, signal: { kind: 'offer', sdp: 'x' } });
    const neighbour = b.neighbour(a.peer);
    for (let n = 1; n <= 128; n += 1) neighbour.send(offer(n));
    await world.settle();
    expect(a.left).toEqual([]);
    expect(world.network.ends.length).toBeGreaterThan(2);
    expect(world.network.ends.length).toBeLessThan(80);
    for (let n = 129; n <= 400; n += 1) neighbour.send(offer(n));
    await world.settle();
    expect(a.left).toEqual(['protocol-violation']);
  });

  test('[LN4] [LN5] lanes that never come up are dropped without a word, however often they are tried', async () => {
    const world = new World();
    world.network.rttMs = 50;
    const { a, b } = await world.pair();
    // A firewall that came later: the connection that is there lives on.
    world.network.reaches = () => false;
    for (let burst = 0; burst < 44; burst += 1) {
      await stall(world, b, a, 8);
      await world.pass(20_000);
    }
    expect([...a.left, ...b.left]).toEqual([]);
    expect(world.network.ends).toHaveLength(2 + 2 * 128);
  });

  test('[LN3] [LN5] the room that lanes give back when they die is told: nobody waits for it in vain', async () => {
    const { world, b, a } = await backlogged();
    await world.settle();
    const neighbour = b.neighbour(a.peer);
    while (neighbour.room >= BLOCK_BYTES) neighbour.send(block(0));
    b.events.length = 0;
    for (const end of openEnds(world).slice(2)) end.break();
    await world.settle();
    const rooms = b.events.flatMap(event => (event.type === 'writable' ? [event.room] : []));
    // All but the share of the first connection.
    expect(rooms.at(-1)).toBe(768 * 1024);
  });

  test('[LN5] a lane that dies takes nothing with it', async () => {
    const { world, a, b } = await backlogged();
    await world.settle();
    openEnds(world)[2]?.break();
    await world.settle();
    b.neighbour(a.peer).send(block(7));
    await world.settle();
    expect(openEnds(world)).toHaveLength(6);
    expect(a.events.findLast(({ type }) => type === 'lanes')).toMatchObject({ connections: 3 });
    expect([...a.left, ...b.left]).toEqual([]);
    expect(framesOf(a).at(-1)).toBe(2);
  });
});

describe('nudges', () => {
  /** Of a block that goes out after ICE has measured these round trips, ms, one after the other. */
  async function nudgesAfter(...rtts: number[]): Promise<number> {
    const world = new World();
    world.network.rttMs = rtts[0] ?? 0;
    const { a, b } = await world.pair();
    for (const rttMs of rtts) {
      world.network.rttMs = rttMs;
      world.scheduler.advance(10_000);
      await world.settle();
    }
    const sent = (): number =>
      world.network.ends.reduce((sum, end) => sum + end.sent.filter(isNudge).length, 0);
    const before = sent();
    b.neighbour(a.peer).send(block(1));
    return sent() - before;
  }
  const isNudge = (message: Bytes): boolean => message.length === 0;

  test('[ND1] [ND3] a lone block is nudged on a long path, and on a short one never, not even when our own queue makes it look long', async () => {
    expect(await nudgesAfter(50)).toBe(7);
    expect(await nudgesAfter(50, 80)).toBe(7);
    expect(await nudgesAfter(1)).toBe(0);
    expect(await nudgesAfter(1, 80)).toBe(0);
  });
});
