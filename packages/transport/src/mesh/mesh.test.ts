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

async function pair(world: World, more: Parameters<World['member']>[0] = {}) {
  const [a, b] = [world.member({ address: 'a', ...more }), world.member({ address: 'b', ...more })] as const;
  await world.start(a, b);
  return { a, b };
}

describe('introductions', () => {
  test('the newcomer dials, both join after hello, and the path is told', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    expect(a.neighbours).toEqual([b.peer]);
    expect(b.neighbours).toEqual([a.peer]);
    expect(world.network.ends).toHaveLength(2);
    expect(a.events.map(({ type }) => type)).toEqual(['signaling', 'neighbour-joined', 'path']);
    expect(a.neighbour(b.peer).path).toBe('direct');
    expect(a.neighbour(b.peer).connection).toBe(b.neighbour(a.peer).connection);
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
    'a room of 12 with at most 5 neighbours each: connected, and nobody has more (seed %i)',
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
    expect(c.failures).toContain('too-many-neighbours');
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
    const { a, b } = await pair(world);
    await world.pass(40_000);
    expect([a.failures, b.failures]).toEqual([['connect-timeout'], ['connect-timeout']]);
    world.network.reaches = () => true;
    await world.pass(60_000);
    expect(a.neighbours).toEqual([b.peer]);
  });
});

describe('frames', () => {
  test('blocks and control frames arrive whole, in order, whatever their size', async () => {
    const world = new World();
    world.network.maxMessageBytes = 64 * 1024;
    const { a, b } = await pair(world);
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
    const { a, b } = await pair(world);
    a.neighbour(b.peer).send(block(64 * 1024 + 1));
    await world.settle();
    expect(a.left).toEqual(['frame-too-large']);
    expect(b.left).toEqual(['internal-error']);
  });

  test('the send buffer is never filled above its high water mark, and room says how much fits', async () => {
    const world = new World();
    const { a, b } = await pair(world);
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
    const { a, b } = await pair(world, { linkLimits: { maxQueued: 1024 * 1024 } });
    const to = a.neighbour(b.peer);
    for (let index = 0; index < 20; index += 1) to.send(block(128 * 1024));
    expect(a.left).toEqual(['send-overrun']);
    to.send(block(8));
    await world.settle();
    expect(b.left).toEqual(['internal-error']);
  });

  test.each<[string, Bytes]>([
    ['an unknown kind of frame', new Uint8Array([9, 1, 2])],
    ['an empty frame', new Uint8Array(0)],
    ['a second hello', encodeMessage({ type: 'hello', versions: [1], features: [] })],
    ['a fragment out of order', new Uint8Array([3, 0, 0, 7, 1, 1])],
    ['a broken ping', new Uint8Array([1, 0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa4, 0x70, 0x69, 0x6e, 0x67])],
  ])('%s ends that link with protocol-violation on both sides; the member is left alone', async (_, junk) => {
    const world = new World();
    const { a, b } = await pair(world);
    const c = world.member();
    await world.start(c);
    const [sender] = world.network.ends;
    sender?.send(junk);
    await world.pass(20_000);
    expect(a.left).toEqual(['protocol-violation']);
    expect(b.left).toEqual(['protocol-error']);
    expect(a.neighbours).toEqual([c.peer]);
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

describe('life and death of a link', () => {
  test('the server is away: running links go on', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    world.hub.stop();
    a.neighbour(b.peer).send(block(1000));
    await world.pass(600_000);
    expect(frames(b)).toHaveLength(1);
    expect(a.neighbours).toEqual([b.peer]);
    expect(a.failures).toEqual([]);
    expect(a.events.at(-1)).toEqual({ type: 'signaling', state: 'offline' });
  });

  test('the server comes back, all have new addresses: no link is lost or doubled', async () => {
    const world = new World();
    const members = Array.from({ length: 4 }, () => world.member());
    await world.start(...members);
    world.hub.stop();
    await world.pass(10_000);
    world.hub.restart(members.map(({ seat }) => seat));
    await world.pass(200_000);
    for (const member of members) {
      expect(member.neighbours).toHaveLength(3);
      expect(member.left).toEqual([]);
      expect(member.failures).toEqual([]);
    }
  });

  test('a goodbye is heard, with its reason', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    a.neighbour(b.peer).close('bad-block', 'a block that does not match its hash');
    await world.settle();
    expect(a.left).toEqual(['bad-block']);
    expect(b.left).toEqual(['misbehaved']);
    await world.pass(60_000);
    expect(a.neighbours).toEqual([]);
  });

  test('closing the mesh says goodbye to all and leaves nothing open', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    a.mesh.close();
    a.mesh.close();
    await world.pass(5_000);
    expect(b.left).toEqual(['leaving']);
    expect(world.network.ends.every(end => end.isClosed)).toBe(true);
    expect(() => a.mesh.start()).toThrow('closed');
  });

  test('a lost link is dialled again', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    world.network.ends[0]?.break();
    world.network.ends[1]?.break();
    await world.pass(5_000);
    expect(a.left).toEqual(['link-lost']);
    expect(a.neighbours).toEqual([b.peer]);
    expect(a.neighbour(b.peer).connection).toBe(b.neighbour(a.peer).connection);
  });

  test('silence: a link whose other end is gone dies, a quiet one lives', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    await world.pass(300_000);
    expect(a.left).toEqual([]);
    for (const end of world.network.ends) end.mute = true;
    b.mesh.close();
    await world.pass(25_000);
    expect(a.left).toEqual([]);
    await world.pass(20_000);
    expect(a.left).toEqual(['link-lost']);
  });

  test('an interrupted path is given a moment, not thirty seconds', async () => {
    const world = new World();
    const { a } = await pair(world);
    const end = world.network.ends[1];
    end?.interrupt();
    await world.pass(6_000);
    expect(a.left).toEqual([]);
    for (const each of world.network.ends) each.mute = true;
    end?.interrupt();
    await world.pass(6_000);
    expect(a.left).toEqual(['link-lost']);
  });

  test('the same member comes back under a new address while we hold a dead link: the new one takes over', async () => {
    const world = new World();
    const signer = nodeSigner();
    const a = world.member();
    const b = world.member({ signer });
    await world.start(a, b);
    for (const end of world.network.ends) end.mute = true;
    b.mesh.close();
    const again = world.member({ signer });
    await world.start(again);
    await world.pass(3_000);
    expect(a.left).toEqual(['link-lost']);
    expect(a.neighbours).toEqual([again.peer]);
    expect(again.neighbours).toEqual([a.peer]);
    expect(again.failures).toEqual([]);
  });

  test('a second connection of a member whose link lives is refused, and the link stays', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    const { connection } = a.neighbour(b.peer);
    b.seat.start();
    await world.pass(30_000);
    expect(a.neighbour(b.peer).connection).toBe(connection);
    expect([...a.left, ...b.left, ...a.failures, ...b.failures]).toEqual([]);
  });

  test('we dial a member whose link we still hold, but who has lost it: the new link takes over', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    const { connection } = a.neighbour(b.peer);
    const [endOfB] = world.network.ends;
    for (const end of world.network.ends) end.mute = true;
    // B finds out, A does not; B gets no sample, so that it is A who dials.
    world.hub.sampleSize = 0;
    endOfB?.break();
    b.seat.start();
    await world.settle();
    expect(a.neighbours).toEqual([b.peer]);
    expect(b.neighbours).toEqual([]);
    world.hub.sampleSize = 8;
    a.seat.start();
    await world.pass(3_000);
    expect(a.neighbours).toEqual([b.peer]);
    expect(a.neighbour(b.peer).connection).not.toBe(connection);
    expect(b.neighbours).toEqual([a.peer]);
    expect(a.events.map(event => event.type).slice(-3)).toEqual([
      'neighbour-left',
      'neighbour-joined',
      'path',
    ]);
  });

  test('a new address: what was unfinished under the old one is given up at once', async () => {
    const world = new World();
    world.network.reaches = () => false;
    const { b } = await pair(world);
    const unfinished = world.network.ends.filter(end => !end.isClosed);
    expect(unfinished).toHaveLength(2);
    world.hub.sampleSize = 0;
    b.seat.start();
    await world.settle();
    expect(unfinished[0]?.isClosed).toBe(true);
    expect(b.failures).toEqual([]);
  });

  test('a member in quarantine is left alone also when we dial it by chance', async () => {
    const world = new World();
    const { a, b } = await pair(world);
    a.neighbour(b.peer).close('bad-block', 'a block that does not match its hash');
    await world.settle();
    world.hub.sampleSize = 0;
    b.seat.start();
    world.hub.sampleSize = 8;
    a.seat.start();
    await world.pass(30_000);
    expect(a.neighbours).toEqual([]);
    expect(a.events.filter(({ type }) => type === 'neighbour-joined')).toHaveLength(1);
    await world.pass(600_000);
    expect(a.neighbours).toEqual([b.peer]);
  });
});
