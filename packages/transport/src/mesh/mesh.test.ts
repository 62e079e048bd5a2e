import { createHash } from 'node:crypto';
import { encodeMessage, writeBlockHeader } from '@shoal/protocol';
import type { Bytes } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { nodeSigner } from '../testing/node-crypto.ts';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

function block(size: number, fill = 7): Bytes {
  const frame = new Uint8Array(size).fill(fill);
  writeBlockHeader(frame, 1);
  return frame;
}

/** Comparing megabytes element by element takes seconds. */
const digest = (frame: Bytes): string => createHash('sha256').update(frame).digest('hex');

const frames = (member: Member): Bytes[] =>
  member.events.flatMap(event => (event.type === 'frame' ? [event.frame] : []));

describe('introductions', () => {
  test('the newcomer dials, both join after hello, and the path is told', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    expect(a.neighbours).toEqual([b.peer]);
    expect(b.neighbours).toEqual([a.peer]);
    expect(world.network.ends).toHaveLength(2);
    expect(a.events.map(({ type }) => type)).toEqual(['signaling', 'neighbour-joined', 'path']);
    expect(a.neighbour(b.peer).path).toBe('direct');
    expect(a.neighbour(b.peer).connection).toBe(b.neighbour(a.peer).connection);
  });

  test('the smallest round trip of a path is told, and told again when it falls, not when it grows', async () => {
    const world = new World();
    world.network.rttMs = 8;
    const { a } = await world.pair();
    const told = (): unknown[] =>
      a.events.flatMap(event => (event.type === 'path' ? [event.leastRttMs] : []));
    expect(told()).toEqual([8]);
    for (const rttMs of [30, 3, 9]) {
      world.network.rttMs = rttMs;
      await world.pass(20_000);
    }
    expect(told()).toEqual([8, 3]);
  });

  test.each(SEEDS)('glare: both dial each other, one link survives on both sides (seed %i)', async seed => {
    const world = new World(seed);
    const [a, b] = [world.member(), world.member()];
    // Each is in the room before the other's first word arrives, and each has the other in its sample.
    a.mesh.start();
    b.mesh.start();
    a.seat.start();
    await world.settle();
    expect(a.neighbours).toEqual([b.peer]);
    expect(b.neighbours).toEqual([a.peer]);
    expect(a.neighbour(b.peer).connection).toBe(b.neighbour(a.peer).connection);
    expect(world.network.ends.filter(end => !end.isClosed)).toHaveLength(2);
    expect([...a.failures, ...b.failures]).toEqual([]);
  });

  test.each(SEEDS)(
    '[NB1] a room of 12 with at most 5 neighbours each: connected, and nobody has more (seed %i)',
    async seed => {
      const world = new World(seed);
      const members = Array.from({ length: 12 }, () => world.member({ maxNeighbours: 5 }));
      for (const { mesh } of members) mesh.start();
      await world.pass(60_000);
      for (const member of members) {
        expect(member.neighbours.length).toBeGreaterThanOrEqual(1);
        expect(member.neighbours.length).toBeLessThanOrEqual(5);
        for (const peer of member.neighbours) {
          expect(members.find(other => other.peer === peer)?.neighbours).toContain(member.peer);
        }
      }
      const reached = new Set<Member>();
      const visit = (member: Member): void => {
        if (reached.has(member)) return;
        reached.add(member);
        for (const other of members) if (member.neighbours.includes(other.peer)) visit(other);
      };
      const [first] = members;
      if (first !== undefined) visit(first);
      expect(reached.size).toBe(12);
      expect(world.network.ends.every(end => end.isClosed || end.other?.isClosed === false)).toBe(true);
    },
  );

  test('a full member says so, and the newcomer finds someone else', async () => {
    const world = new World();
    const [a, b, c] = [1, 2, 3].map(() => world.member({ maxNeighbours: 1 }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three members');
    await world.start(a, b, c);
    await world.pass(5_000);
    expect(c.neighbours).toEqual([]);
    expect(c.failures).toEqual(['too-many-neighbours']);
    // However often it is tried again, nobody is told more than once.
    await world.pass(600_000);
    expect(c.failures).toEqual(['too-many-neighbours']);
    a.mesh.close();
    await world.pass(120_000);
    expect(c.neighbours).toEqual([b.peer]);
  });

  test('two tabs with one identity do not connect, and are told', async () => {
    const world = new World();
    const signer = nodeSigner();
    const [a, b] = [world.member({ signer }), world.member({ signer })];
    await world.start(a, b);
    await world.pass(30_000);
    expect(a.neighbours).toEqual([]);
    expect(a.failures).toEqual(['self-connection']);
    expect(b.failures).toEqual(['self-connection']);
  });

  test('nobody there: a dial that gets no answer ends after a retry with connect-timeout', async () => {
    const world = new World();
    const { a } = { a: world.member({ address: 'a' }) };
    world.hub.enter(world.hub.seat(), 'ghost');
    await world.start(a);
    await world.pass(15_000);
    expect(a.failures).toEqual([]);
    await world.pass(20_000);
    expect(a.failures).toEqual(['connect-timeout']);
    expect(world.network.ends.length).toBeGreaterThanOrEqual(2);
  });

  test('half-open: signals arrive, the network does not; both sides are told, later it works', async () => {
    const world = new World();
    world.network.reaches = () => false;
    const { a, b } = await world.pair();
    await world.pass(40_000);
    expect([a.failures, b.failures]).toEqual([['connect-timeout'], ['connect-timeout']]);
    world.network.reaches = () => true;
    await world.pass(60_000);
    expect(a.neighbours).toEqual([b.peer]);
  });
});

describe('a relay that refuses', () => {
  test('both sides are told after one try that it is why they do not connect', async () => {
    const world = new World();
    world.network.reaches = () => false;
    world.network.turn = 'refuses';
    const { a, b } = await world.pair();
    await world.pass(15_000);
    expect([a.failures, b.failures]).toEqual([['turn-refused'], ['turn-refused']]);
    await world.pass(60_000);
    expect(a.failures).toEqual(['turn-refused']);
  });

  test('nobody is told of it where another way is found', async () => {
    const world = new World();
    world.network.turn = 'refuses';
    const { a, b } = await world.pair();
    await world.pass(20_000);
    expect(a.neighbours).toEqual([b.peer]);
    expect([a.failures, b.failures]).toEqual([[], []]);
  });
});

describe('frames', () => {
  test('blocks and control frames arrive whole, in order, whatever their size', async () => {
    const world = new World();
    world.network.maxMessageBytes = 64 * 1024;
    const { a, b } = await world.pair();
    const long = encodeMessage({ type: 'log-entries', entries: [new Uint8Array(900_000).fill(5)] });
    const sent = [
      block(9),
      encodeMessage({ type: 'choke' }),
      long,
      block(64 * 1024),
      encodeMessage({ type: 'unchoke' }),
    ];
    for (const frame of sent) a.neighbour(b.peer).send(frame);
    await world.settle();
    expect(frames(b).map(digest)).toEqual(sent.map(digest));
    expect(a.neighbour(b.peer).maxFrameBytes).toBe(64 * 1024);
  });

  test('a block larger than the other side takes ends the link with a typed error, at once', async () => {
    const world = new World();
    world.network.maxMessageBytes = 64 * 1024;
    const { a, b } = await world.pair();
    a.neighbour(b.peer).send(block(64 * 1024 + 1));
    await world.settle();
    expect(a.left).toEqual(['frame-too-large']);
    expect(b.left).toEqual(['internal-error']);
  });

  test('the send buffer is never filled above its high water mark, and room says how much fits', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    const to = a.neighbour(b.peer);
    expect(to.room).toBe(1024 * 1024);
    for (let index = 0; index < 100; index += 1) to.send(block(128 * 1024 + 8, index));
    expect(to.room).toBe(0);
    await world.settle();
    expect(frames(b).map(frame => frame[100])).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(Math.max(...world.network.ends.map(end => end.maxBuffered))).toBeLessThanOrEqual(1024 * 1024);
    expect(a.events.filter(event => event.type === 'writable').at(-1)).toEqual({
      type: 'writable',
      peer: b.peer,
      room: expect.any(Number),
    });
  });

  test('who sends on without looking at room is stopped before memory is gone', async () => {
    const world = new World();
    const { a, b } = await world.pair({ linkLimits: { maxQueued: 1024 * 1024 } });
    const to = a.neighbour(b.peer);
    for (let index = 0; index < 20; index += 1) to.send(block(128 * 1024));
    expect(a.left).toEqual(['send-overrun']);
    to.send(block(8));
    await world.settle();
    expect(b.left).toEqual(['internal-error']);
  });

  test.each<[string, Bytes]>([
    ['an unknown kind of frame', new Uint8Array([9, 1, 2])],
    ['a second hello', encodeMessage({ type: 'hello', versions: [1], features: [] })],
    ['a fragment out of order', new Uint8Array([3, 0, 0, 7, 1, 1])],
    ['a broken ping', new Uint8Array([1, 0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa4, 0x70, 0x69, 0x6e, 0x67])],
  ])('%s ends that link with protocol-violation on both sides; the member is left alone', async (_, junk) => {
    const world = new World();
    const { a, b } = await world.pair();
    const c = world.member();
    await world.start(c);
    const [sender] = world.network.ends;
    sender?.send(junk);
    await world.pass(20_000);
    expect(a.left).toEqual(['protocol-violation']);
    expect(b.left).toEqual(['protocol-error']);
    expect(a.neighbours).toEqual([c.peer]);
  });

  test('[ND1] none are sent to a side whose hello does not name them', async () => {
    const world = new World();
    world.network.rttMs = 50;
    const { connect } = world.network;
    const { a, b } = await world.pair({
      connect: options => {
        const end = connect(options);
        end.tamper = message =>
          end.sent.length === 1 ? encodeMessage({ type: 'hello', versions: [1], features: [] }) : message;
        return end;
      },
    });
    a.neighbour(b.peer).send(block(16 * 1024));
    await world.settle();
    expect([...a.left, ...b.left]).toEqual([]);
    expect(b.events.some(event => event.type === 'frame' && event.frame[0] === 2)).toBe(true);
    for (const end of world.network.ends) expect(end.sent.every(({ length }) => length > 0)).toBe(true);
  });

  test('[ND1] an empty message means nothing, and both sides send them after lone blocks on a long path', async () => {
    const world = new World();
    world.network.rttMs = 50;
    const { a, b } = await world.pair();
    const [sender] = world.network.ends;
    sender?.send(new Uint8Array(0));
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      from.neighbour(to.peer).send(block(16 * 1024));
    await world.settle();
    expect([...a.left, ...b.left]).toEqual([]);
    for (const end of world.network.ends.slice(0, 2)) {
      const at = end.sent.findIndex(message => message.length > 16_000);
      expect(end.sent.slice(at + 1, at + 4).map(message => message.length)).toEqual([0, 0, 0]);
    }
    for (const member of [a, b])
      expect(member.events.filter(event => event.type === 'frame' && event.frame.length === 0)).toEqual([]);
  });

  test.each<[string, Bytes]>([
    ['a block', block(20)],
    ['a control message that is no hello', encodeMessage({ type: 'choke' })],
    ['junk', new Uint8Array([1, 255, 255])],
  ])('%s as the first message is a protocol violation', async (_, first) => {
    const world = new World();
    const connect = world.network.connect;
    const a = world.member();
    const b = world.member({
      connect: options => {
        const end = connect(options);
        const send = end.send.bind(end);
        end.send = () => send(first);
        return end;
      },
    });
    await world.start(a, b);
    expect(a.neighbours).toEqual([]);
    expect(a.failures).toEqual(['protocol-violation']);
  });

  test('no version in common: both sides are told why', async () => {
    const world = new World();
    const connect = world.network.connect;
    const a = world.member();
    const b = world.member({
      connect: options => {
        const end = connect(options);
        const send = end.send.bind(end);
        const hello = encodeMessage({ type: 'hello', versions: [2], features: [] });
        end.send = message => send(end.sent.length === 0 ? hello : message);
        return end;
      },
    });
    await world.start(a, b);
    expect(a.failures).toEqual(['unsupported-version']);
    expect(b.left).toEqual(['unsupported-version']);
    await world.pass(60_000);
    expect(a.failures).toEqual(['unsupported-version']);
  });
});
