import { encodeMessage } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { nodeSigner } from '../testing/node-crypto.ts';
import { World } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

describe('life and death of a link', () => {
  test('the server is away: running links go on', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    world.hub.stop();
    a.neighbour(b.peer).send(encodeMessage({ type: 'choke' }));
    await world.pass(600_000);
    expect(b.events.filter(({ type }) => type === 'frame')).toHaveLength(1);
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
    const { a, b } = await world.pair();
    a.neighbour(b.peer).close('bad-block', 'a block that does not match its hash');
    await world.settle();
    expect(a.left).toEqual(['bad-block']);
    expect(b.left).toEqual(['misbehaved']);
    await world.pass(60_000);
    expect(a.neighbours).toEqual([]);
  });

  test('closing the mesh says goodbye to all and leaves nothing open', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    a.mesh.close();
    a.mesh.close();
    await world.pass(5_000);
    expect(b.left).toEqual(['leaving']);
    expect(world.network.ends.every(end => end.isClosed)).toBe(true);
    expect(() => a.mesh.start()).toThrow('closed');
  });

  test('a lost link is dialled again', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    world.network.ends[0]?.break();
    world.network.ends[1]?.break();
    await world.pass(5_000);
    expect(a.left).toEqual(['link-lost']);
    expect(a.neighbours).toEqual([b.peer]);
    expect(a.neighbour(b.peer).connection).toBe(b.neighbour(a.peer).connection);
  });

  test.each([60, 105, 180])(
    '[CB1] two find each other again after %i s in which no connection could be made, though the server was there',
    async seconds => {
      const world = new World();
      const { a, b } = await world.pair();
      world.network.reaches = () => false;
      for (const end of world.network.ends) end.break();
      await world.pass(seconds * 1_000);
      world.network.reaches = () => true;
      await world.pass(200_000);
      expect(a.neighbours).toEqual([b.peer]);
      for (const { failures } of [a, b]) expect(failures).toEqual(['connect-timeout']);
    },
  );

  test('[CB1] whom nobody can reach is tried again without end, but seldom', async () => {
    const world = new World();
    world.network.reaches = () => false;
    const { a, b } = await world.pair();
    await world.pass(600_000);
    const made = world.network.ends.length;
    await world.pass(3_600_000);
    // Two ends each. Both look again: a look every 30 to 90 s, and 15 s for the try itself.
    expect(world.network.ends.length - made).toBeGreaterThan(60);
    expect(world.network.ends.length - made).toBeLessThan(4 * 60);
    expect([...a.failures, ...b.failures]).toEqual(['connect-timeout', 'connect-timeout']);
  });

  test('silence: a link whose other end is gone dies, a quiet one lives', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    await world.pass(300_000);
    expect(a.left).toEqual([]);
    for (const end of world.network.ends) end.mute = true;
    b.mesh.close();
    await world.pass(25_000);
    expect(a.left).toEqual([]);
    await world.pass(20_000);
    expect(a.left).toEqual(['link-lost']);
  });

  test('[CB1] an interrupted path is given a moment, not thirty seconds', async () => {
    const world = new World();
    const { a } = await world.pair();
    const end = world.network.ends[1];
    end?.interrupt();
    await world.pass(6_000);
    expect(a.left).toEqual([]);
    for (const each of world.network.ends) each.mute = true;
    end?.interrupt();
    await world.pass(6_000);
    expect(a.left).toEqual(['link-lost']);
  });

  test('[CB2] woken up: a dead link is found out in seconds and replaced, a living one stays', async () => {
    const world = new World();
    const { a, b } = await world.pair();
    const { connection } = a.neighbour(b.peer);
    a.mesh.wake();
    await world.pass(5_000);
    expect(a.neighbour(b.peer).connection).toBe(connection);
    for (const end of world.network.ends) end.mute = true;
    a.mesh.wake();
    await world.pass(5_000);
    expect(a.left).toEqual(['link-lost']);
    expect(a.neighbour(b.peer).connection).not.toBe(connection);
    expect(b.neighbours).toEqual([a.peer]);
  });

  test('[CB2] woken up while the server is away: it is tried at once', async () => {
    const world = new World();
    const { a } = await world.pair();
    world.hub.stop();
    world.hub.restart([]);
    expect(a.mesh.signalingState).toBe('offline');
    a.mesh.wake();
    expect(a.mesh.signalingState).toBe('online');
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
    const { a, b } = await world.pair();
    const { connection } = a.neighbour(b.peer);
    b.seat.start();
    await world.pass(30_000);
    expect(a.neighbour(b.peer).connection).toBe(connection);
    expect([...a.left, ...b.left, ...a.failures, ...b.failures]).toEqual([]);
  });

  test('we dial a member whose link we still hold, but who has lost it: the new link takes over', async () => {
    const world = new World();
    const { a, b } = await world.pair();
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
    const { b } = await world.pair();
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
    const { a, b } = await world.pair();
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
