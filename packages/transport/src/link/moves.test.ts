import { setImmediate } from 'node:timers/promises';
import { decodeMessage, encodeMessage } from '@shoal/protocol';
import type { IceServer } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import type { FakeConnection } from '../testing/fake-network.ts';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

const turn = (username: string): IceServer[] => [
  { urls: ['stun:s'] },
  { urls: ['turn:t'], username, credential: 'c' },
];

interface Setup {
  readonly seed?: number;
  readonly relayOnly?: boolean;
  readonly started?: boolean;
  /** What both say that they know; what they know when left out. */
  readonly features?: readonly string[];
}

/** A pair that only a relay can connect, until `open` is called. */
async function relayed({ seed = 1, relayOnly = false, started = true, features }: Setup = {}) {
  const world = new World(seed);
  const made: { end: FakeConnection; iceServers: readonly IceServer[]; relayOnly: boolean }[] = [];
  let direct = false;
  const { network } = world;
  const connect = network.connect;
  const usesRelay = (end: FakeConnection) =>
    made.some(one => one.end === end && one.iceServers.some(({ urls }) => urls.includes('turn:t')));
  network.reaches = (x, y) => direct || usesRelay(x) || usesRelay(y);
  const member = (address: string) => {
    const one = world.member({
      address,
      relayOnly: () => relayOnly,
      connect: options => {
        const end = connect(options);
        end.relayed = options.iceServers.some(({ urls }) => urls.includes('turn:t'));
        if (features !== undefined)
          end.tamper = frame => {
            const said = decodeMessage(frame);
            return said.type === 'hello' ? encodeMessage({ ...said, features }) : frame;
          };
        made.push({ end, iceServers: options.iceServers, relayOnly: options.relayOnly === true });
        return end;
      },
    });
    one.seat.iceServers = turn(`${address} 1`);
    return one;
  };
  const [a, b] = [member('a'), member('b')];
  if (started) await world.start(a, b);
  const open = () => {
    direct = true;
  };
  return { world, made, a, b, open };
}

const living = (world: World) => world.network.ends.filter(end => !end.isClosed);
/** Names in the credentials that the connections alive were made with. */
const inUse = (made: readonly { end: FakeConnection; iceServers: readonly IceServer[] }[]) =>
  made.filter(({ end }) => !end.isClosed).map(({ iceServers }) => iceServers[1]?.username);
const paths = ({ events }: Member) => events.flatMap(event => (event.type === 'path' ? [event.path] : []));
const untouched = (...members: readonly Member[]) => {
  for (const { events, failures } of members) {
    expect(events.filter(({ type }) => type === 'neighbour-joined')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'neighbour-left')).toEqual([]);
    expect(failures).toEqual([]);
  }
};

describe('a relayed link', () => {
  test('[MV1] becomes a direct one when that is possible, and nobody above notices', async () => {
    const { world, a, b, open } = await relayed();
    await world.pass(4_000);
    expect(paths(a)).toEqual(['relay']);
    open();
    await world.pass(3_000);
    for (const member of [a, b]) expect(paths(member)).toEqual(['relay', 'direct']);
    expect(living(world)).toHaveLength(2);
    untouched(a, b);
    const made = world.network.ends.length;
    await world.pass(600_000);
    expect(world.network.ends).toHaveLength(made);
  });

  test('[PM12] stays relayed beside a side that does not know how to move, which hears nothing of it', async () => {
    const { world, a, b, open } = await relayed({ features: [] });
    open();
    await world.pass(600_000);
    for (const member of [a, b]) expect(paths(member)).toEqual(['relay']);
    const said = world.network.ends.flatMap(({ sent }) => sent.map(frame => decodeMessage(frame).type));
    expect(new Set(said)).toEqual(new Set(['hello', 'ping', 'pong']));
    untouched(a, b);
  });

  test('what is seen of the relayed path once the link has moved is not told of the direct one', async () => {
    const { world, made, a, b, open } = await relayed();
    let now = (): void => undefined;
    const later = new Promise<void>(resolve => {
      now = resolve;
    });
    for (const { end } of made) {
      const stats = end.stats.bind(end);
      end.stats = async () => {
        const seen = await stats();
        await later;
        return seen;
      };
    }
    await world.pass(30_000);
    open();
    await world.pass(121_000);
    expect(paths(a)).toEqual(['relay', 'direct']);
    now();
    await world.pass(1_000);
    for (const member of [a, b]) expect(paths(member)).toEqual(['relay', 'direct']);
    expect(a.neighbour(b.peer).path).toBe('direct');
  });

  test('[MV1] [MV4] is looked after rarer each time, and left alone by tries that fail', async () => {
    const { world, a, b, open } = await relayed();
    await world.pass(600_000);
    const tries = world.network.ends.length / 2 - 1;
    expect(tries).toBeGreaterThanOrEqual(7);
    expect(tries).toBeLessThanOrEqual(9);
    expect(living(world)).toHaveLength(2);
    untouched(a, b);
    open();
    await world.pass(121_000);
    expect(paths(b)).toEqual(['relay', 'direct']);
    untouched(a, b);
  });

  test('[MV3] messages of both sides arrive once and in order while it moves, whatever the timing', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { world, a, b, open } = await relayed({ seed });
      open();
      let sent = 0;
      const talk = () => {
        a.neighbour(b.peer).send(encodeMessage({ type: 'cancel', ids: [sent] }));
        b.neighbour(a.peer).send(encodeMessage({ type: 'reject', ids: [sent] }));
        sent += 1;
      };
      await world.pass(4_999);
      world.scheduler.advance(1);
      for (let step = 0; step < 400; step += 1) {
        if (step % 3 === 0) talk();
        world.network.step();
        if (step % 7 === 0) await Promise.resolve();
      }
      await world.settle();
      talk();
      await world.settle();
      const expected = Array.from({ length: sent }, (_, id) => id);
      for (const [member, type] of [
        [b, 'cancel'],
        [a, 'reject'],
      ] as const) {
        const frames = member.events.flatMap(event => (event.type === 'frame' ? [event.frame] : []));
        const want = expected.map(id => encodeMessage({ type, ids: [id] }));
        expect({ seed, frames }).toEqual({ seed, frames: want });
        expect(paths(member)).toEqual(['relay', 'direct']);
      }
      untouched(a, b);
      expect(living(world)).toHaveLength(2);
    }
  });

  test('[MV4] does not end when the last words of one side wait 20 s behind a full send buffer', async () => {
    for (const slow of ['a', 'b']) {
      const { world, made, a, b, open } = await relayed();
      for (const { end } of made.filter(({ iceServers }) => iceServers[1]?.username === `${slow} 1`)) {
        const send = end.send.bind(end);
        let full = false;
        end.send = message => {
          full ||= isMoved(message);
          if (full) world.scheduler.after(20_000, () => send(message));
          else send(message);
        };
      }
      open();
      await world.pass(120_000);
      for (const member of [a, b]) expect(paths(member)).toEqual(['relay', 'direct']);
      expect(living(world)).toHaveLength(2);
      untouched(a, b);
    }
  });

  /** A direct way is found; `steps` of what happens then have happened. */
  async function moving(seed: number, steps: number) {
    const setup = await relayed({ seed });
    setup.open();
    await setup.world.pass(4_999);
    setup.world.scheduler.advance(1);
    for (let step = 0; step < steps; step += 1) setup.world.network.step();
    return setup;
  }

  test('[MV2] [MV4] is not lost by fresh credentials, whatever they meet', async () => {
    for (let steps = 0; steps < 40; steps += 1) {
      const { world, a, b } = await moving(steps, steps);
      const { seat } = steps % 2 === 0 ? a : b;
      seat.renew(turn(`${seat.address} 2`));
      await world.pass(130_000);
      for (const member of [a, b]) expect(paths(member).at(-1), `${steps} steps`).toBe('direct');
      expect(living(world)).toHaveLength(2);
      untouched(a, b);
    }
  });

  test('[MV3] a goodbye is heard as one while it moves, and nothing stays open', async () => {
    for (let steps = 0; steps < 40; steps += 1) {
      const { world, a, b } = await moving(steps, steps);
      const [one, other] = steps % 2 === 0 ? [a, b] : [b, a];
      one.neighbour(other.peer).close('bad-block', 'a block that does not match its hash');
      await world.pass(2_000);
      expect([one.left, other.left], `${steps} steps`).toEqual([['bad-block'], ['misbehaved']]);
      expect(living(world)).toEqual([]);
    }
  });

  test('[MV2] takes fresh credentials, also when both sides get them at once', async () => {
    const { world, made, a, b } = await relayed();
    for (const seat of [a.seat, b.seat]) seat.renew(turn(`${seat.address} 2`));
    await world.pass(30_000);
    const alive = inUse(made);
    expect(alive.toSorted()).toEqual(['a 2', 'b 2']);
    untouched(a, b);
    expect(a.neighbour(b.peer).path).toBe('relay');
  });

  test('[MV2] [MV4] does so at once, though a direct way is being looked for', async () => {
    const { world, made, a, b } = await relayed();
    await world.pass(6_000);
    expect(living(world).length).toBeGreaterThan(2);
    for (const seat of [a.seat, b.seat]) seat.renew(turn(`${seat.address} 2`));
    await world.pass(100);
    const alive = inUse(made);
    expect(alive.toSorted()).toEqual(['a 2', 'b 2']);
    untouched(a, b);
  });

  test('[MV2] [MV4] a move that fails is tried again', async () => {
    const { world, made, a, b } = await relayed();
    const { reaches } = world.network;
    world.network.reaches = () => false;
    a.seat.renew(turn('a 2'));
    await world.pass(14_000);
    world.network.reaches = reaches;
    await world.pass(30_000);
    const alive = inUse(made);
    expect(alive).toContain('a 2');
    untouched(a, b);
  });

  // These two take relays only: no direct try, whose end is another occasion, is in the way.
  test('[MV2] credentials that come while it is being made are taken once it is open', async () => {
    const { world, made, a, b } = await relayed({ relayOnly: true, started: false });
    await world.start(a);
    b.mesh.start();
    while (made.length < 2) {
      world.network.step();
      await setImmediate();
    }
    for (const { seat } of [a, b]) seat.renew(turn(`${seat.address} 2`));
    await world.pass(30_000);
    const alive = inUse(made);
    expect(alive.toSorted()).toEqual(['a 2', 'b 2']);
    untouched(a, b);
  });

  test('[MV2] credentials that come while it moves are taken after that', async () => {
    for (let steps = 0; steps < 30; steps += 1) {
      const { world, made, a, b } = await relayed({ seed: steps, relayOnly: true });
      a.seat.renew(turn('a 2'));
      for (let step = 0; step < steps; step += 1) world.network.step();
      b.seat.renew(turn('b 2'));
      await world.pass(30_000);
      const alive = inUse(made);
      expect(alive.toSorted(), `${steps} steps`).toEqual(['a 2', 'b 2']);
      untouched(a, b);
    }
  });

  test('[RO1] [MV4] of who takes relays only stays relayed', async () => {
    const { world, made, a, b, open } = await relayed({ relayOnly: true });
    open();
    await world.pass(300_000);
    expect(made.every(one => one.relayOnly)).toBe(true);
    expect(made).toHaveLength(2);
    const offer = { type: 'move', way: 'direct', signal: { kind: 'offer', sdp: 'x' } } as const;
    for (const move of [1, 2])
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const)
        x.neighbour(y.peer).send(encodeMessage({ ...offer, move }));
    await world.settle();
    expect(made).toHaveLength(2);
    untouched(a, b);
  });

  test('[MV4] tries without end are ignored, steps of no try too', async () => {
    const { world, a, b } = await relayed();
    for (let n = 0; n < 200; n += 1)
      for (const move of [2 * n + 1, 2 * n + 2])
        b.neighbour(a.peer).send(
          encodeMessage({ type: 'move', move, way: 'any', signal: { kind: 'offer', sdp: 'x' } }),
        );
    for (const step of ['ready', 'last', 'done'] as const)
      b.neighbour(a.peer).send(encodeMessage({ type: 'moved', move: 7, step }));
    await world.settle();
    expect(world.network.ends.length).toBeLessThanOrEqual(10);
    untouched(a, b);
  });

  test('[MV4] more that waits than an honest side sends is a violation, small messages too', async () => {
    const { world, a, b, open } = await relayed();
    open();
    await world.pass(4_999);
    for (const end of living(world)) end.tamper = frame => (isLast(frame) ? undefined : frame);
    await world.pass(500);
    for (let n = 0; n < 40_000 && b.neighbours.length > 0; n += 1) {
      b.neighbour(a.peer).send(encodeMessage({ type: 'choke' }));
      if (n % 1_000 === 0) await world.settle();
    }
    await world.settle();
    expect(a.left).toEqual(['protocol-violation']);
  });

  test('[MV4] whose old connection is lost before its last word ends as lost, and is made anew', async () => {
    const { world, a, b, open } = await relayed();
    open();
    await world.pass(4_999);
    for (const end of living(world)) end.tamper = frame => (isLast(frame) ? undefined : frame);
    const old = living(world);
    await world.pass(500);
    for (const end of old) end.break();
    await world.pass(30_000);
    expect([...a.left, ...b.left]).toContain('link-lost');
    expect(a.neighbours).toEqual([b.peer]);
  });
});

function isMoved(frame: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(frame).includes('moved');
}

function isLast(frame: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(frame).includes('last');
}
