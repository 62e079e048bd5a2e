import { decodeMessage, encodeMessage, toBase64Url } from '@shoal/protocol';
import type { Bytes, PeerMessage } from '@shoal/protocol';
import { describe, expect, test, vi } from 'vitest';
import { nodeSigner } from '../testing/node-crypto.ts';
import { World } from '../testing/world.ts';
import type { Member } from '../testing/world.ts';
import { BOXES_IN, BOXES_OUT, EXCESS_BOXES, PEERS_IN } from './neighbour-limits.ts';

// Nothing here waits for a clock; a busy machine may still need its time.
vi.setConfig({ testTimeout: 30_000 });

type Relayed = Extract<PeerMessage, { type: 'relayed' }>;
/** What a hostile member sends instead of a message of its own code; undefined: nothing. */
type Plot = (message: PeerMessage, send: (message: PeerMessage) => void) => PeerMessage | undefined;

/** A member that runs our code, but whose words are changed on their way out. */
function villain(world: World, address: string, plot: Plot): Member {
  return world.member({
    address,
    connect: options => {
      const end = world.network.connect(options);
      end.tamper = frame => {
        if (frame[0] !== 1) return frame;
        const message = decodeMessage(frame);
        const said = plot(message, more => end.send(encodeMessage(more)));
        return said === message ? frame : said && encodeMessage(said);
      };
      return end;
    },
  });
}

/** `a` (hostile, if there is a plot) is linked to all, `d` too if it is there; the others are kept apart by the server, which then dies. */
async function room(plot: Plot, names: readonly string[] = ['a', 'b', 'c']) {
  const world = new World(5);
  const hubs = new Set(['a', 'd']);
  world.hub.meddle = (box, from, to) => (hubs.has(from) || hubs.has(to) ? box : undefined);
  const members = names.map(address =>
    address === 'a' ? villain(world, 'a', plot) : world.member({ address }),
  );
  await world.start(...members);
  world.hub.stop();
  const [a, b, c, d] = members;
  if (a === undefined || b === undefined || c === undefined) throw new Error('too few members');
  return { world, a, b, c, d };
}

const flip = (box: Bytes): Bytes => box.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
const junk = (length = 300): Bytes => new Uint8Array(length).fill(1);

describe('[NB4] a neighbour that hands on is not believed', () => {
  test('it changes every box: no link, one word each, and nothing piles up', async () => {
    const { world, b, c } = await room(said =>
      said.type === 'relayed' ? { ...said, box: flip(said.box) } : said,
    );
    await world.pass(180_000);
    expect([b.neighbours.includes(c.peer), c.neighbours.includes(b.peer)]).toEqual([false, false]);
    expect([b.failures, c.failures]).toEqual([['relay-forged'], ['relay-forged']]);
    await world.pass(20_000);
    expect(world.network.ends.filter(end => !end.isClosed).length).toBeLessThanOrEqual(6);
  });

  test('with another neighbour in common, they meet over that one', async () => {
    const plot: Plot = said => (said.type === 'relayed' ? { ...said, box: flip(said.box) } : said);
    const { world, b, c } = await room(plot, ['a', 'b', 'c', 'd']);
    await world.pass(180_000);
    expect(b.neighbours).toContain(c.peer);
    expect(c.neighbours).toContain(b.peer);
  });

  test('it withholds everything: they stay apart, quietly', async () => {
    const { world, b, c } = await room(said => (said.type === 'relayed' ? undefined : said));
    await world.pass(60_000);
    expect([...b.failures, ...c.failures]).toEqual([]);
    expect(b.neighbours).toHaveLength(1);
  });

  test('it says each box twice, and all again later: one link, undisturbed', async () => {
    const kept: (() => void)[] = [];
    const { world, b, c } = await room((said, send) => {
      if (said.type !== 'relayed') return said;
      if (kept.length < 200) kept.push(() => send(said));
      return said;
    });
    await world.pass(20_000);
    const { connection } = b.neighbour(c.peer);
    const made = world.network.ends.length;
    for (const again of kept.slice()) again();
    await world.pass(20_000);
    expect(b.neighbour(c.peer).connection).toBe(connection);
    expect(c.neighbour(b.peer).connection).toBe(connection);
    expect(world.network.ends).toHaveLength(made);
    expect([...b.failures, ...c.failures, ...b.left, ...c.left]).toEqual([]);
  });

  test('what was said to a session opens in no later one of the same member', async () => {
    const world = new World(9);
    const kept: Relayed[] = [];
    world.hub.meddle = (box, from, to) => (from === 'a' || to === 'a' ? box : undefined);
    const a = villain(world, 'a', said => {
      if (said.type === 'relayed') kept.push(said);
      return said;
    });
    const signer = nodeSigner();
    const b = world.member({ address: 'b' });
    const before = world.member({ address: 'c', signer });
    await world.start(a, b, before);
    await world.pass(20_000);
    expect(b.neighbours).toContain(signer.peerId);
    before.mesh.close();
    b.mesh.close();
    await world.pass(5_000);
    const after = world.member({ address: 'a2', signer });
    world.hub.meddle = box => box;
    await world.start(after);
    // The grace of a new session is over.
    await world.pass(15_000);
    const made = world.network.ends.length;
    for (const said of kept.filter(({ from }) => from === b.peer))
      a.neighbour(signer.peerId).send(encodeMessage(said));
    await world.pass(5_000);
    expect(world.network.ends).toHaveLength(made);
    expect(after.failures).toEqual(['relay-forged']);
  });

  test('it hands a box to somebody else: it opens for nobody but its addressee', async () => {
    const kept: Relayed[] = [];
    let withholds = true;
    const { world, a, b, c, d } = await room(
      said => {
        if (said.type !== 'relayed' || !withholds) return said;
        kept.push(said);
        return undefined;
      },
      ['a', 'b', 'c', 'e'],
    );
    await world.pass(20_000);
    const e = d;
    if (e === undefined) throw new Error('too few members');
    const made = world.network.ends.length;
    const [stray] = kept.filter(({ from }) => from === b.peer);
    if (stray === undefined) throw new Error('nothing was relayed');
    withholds = false;
    // To its author, and to each of the others, one of whom it was for.
    for (const other of [b, c, e]) a.neighbour(other.peer).send(encodeMessage(stray));
    await world.settle();
    expect(b.failures).toEqual([]);
    expect([...c.failures, ...e.failures]).toEqual(['relay-forged']);
    expect(world.network.ends.length - made).toBeLessThanOrEqual(1);
  });

  test('it puts a box in the name of another', async () => {
    const { world, a, b, c } = await room(said => said);
    await world.pass(20_000);
    const seat = toBase64Url(world.crypto.randomBytes(16));
    a.neighbour(b.peer).send(encodeMessage({ type: 'relayed', from: c.peer, seat, box: junk() }));
    await world.settle();
    expect(b.failures).toEqual(['relay-forged']);
    expect(b.neighbours).toContain(c.peer);
  });

  test('it refuses in the name of others: what does not go over it goes on', async () => {
    const plot: Plot = (said, send) => {
      if (said.type === 'relay') send({ type: 'relay-refused', to: said.to, code: 'unknown-member' });
      return said;
    };
    const { world, b, c } = await room(plot, ['a', 'b', 'c', 'd']);
    await world.pass(60_000);
    expect(b.neighbours).toContain(c.peer);
  });
});

describe('[NB4] a member that reloads its page accuses nobody of forging', () => {
  /** A looks for B over R; what A says to be handed on takes `late` ms. B comes again `gone` ms after it left. */
  async function reloaded(seed: number, gone: number, late = 0) {
    const world = new World(seed);
    const signer = nodeSigner();
    const a = world.member({
      address: 'a',
      connect: options => {
        const end = world.network.connect(options);
        const send = end.send.bind(end);
        end.send = frame => {
          if (late === 0 || frame[0] !== 1 || decodeMessage(frame).type !== 'relay') send(frame);
          else world.scheduler.after(late, () => send(frame));
        };
        return end;
      },
    });
    const [r, b] = [world.member({ address: 'r' }), world.member({ address: 'b', signer })];
    await world.start(a, r, b);
    await world.pass(5_000);
    // A's own line to the server is down.
    world.hub.leave('a');
    a.seat.lost();
    b.mesh.close();
    await world.pass(gone);
    const again = world.member({ address: 'b again', signer });
    await world.start(again);
    await world.pass(40_000);
    expect(again.neighbours.toSorted()).toEqual([a.peer, r.peer].toSorted());
    return [a, r, again].flatMap(({ failures }) => failures);
  }

  test.each([0, 300, 600])('gone for %i ms', async gone => {
    for (let seed = 1; seed <= 5; seed += 1) expect(await reloaded(seed, gone), `${seed}`).toEqual([]);
  });

  test('boxes for its earlier seat are still on their way', async () => {
    for (let seed = 1; seed <= 5; seed += 1) expect(await reloaded(seed, 300, 2_000), `${seed}`).toEqual([]);
  });

  test('whoever forges later is named, though it did so before', async () => {
    const { world, a, b, c } = await room(said => said);
    const seat = toBase64Url(world.crypto.randomBytes(16));
    const forged = encodeMessage({ type: 'relayed', from: c.peer, seat, box: junk() });
    a.neighbour(b.peer).send(forged);
    await world.pass(14_000);
    expect(b.failures).toEqual([]);
    await world.pass(2_000);
    a.neighbour(b.peer).send(forged);
    await world.settle();
    expect(b.failures).toEqual(['relay-forged']);
  });
});

describe('[NB4] floods', () => {
  test('of boxes to be handed on: a bounded number is, then the link is ended', async () => {
    const { world, a, b, c } = await room(said => said);
    await world.pass(20_000);
    const before = c.failures.length;
    let heard = 0;
    for (const end of world.network.ends) {
      const { tamper } = end;
      end.tamper = frame => {
        if (frame[0] === 1 && decodeMessage(frame).type === 'relayed') heard += 1;
        return tamper(frame);
      };
    }
    const enough = BOXES_IN.burst + EXCESS_BOXES.burst + 10;
    for (let count = 0; count < enough; count += 1)
      b.neighbour(a.peer).send(encodeMessage({ type: 'relay', to: c.peer, box: junk() }));
    await world.settle();
    expect(heard).toBeLessThanOrEqual(BOXES_OUT.burst);
    expect(a.left).toEqual(['protocol-violation']);
    expect(a.neighbours).toEqual([c.peer]);
    // Whoever handed them on kept to the limits, and is not blamed by more than a word.
    expect(c.left).toEqual([]);
    expect(c.failures.slice(before)).toEqual(['relay-forged']);
  });

  test('of boxes for us', async () => {
    const { world, a, b, c } = await room(said => said);
    await world.pass(20_000);
    const seat = toBase64Url(world.crypto.randomBytes(16));
    const flood = encodeMessage({ type: 'relayed', from: c.peer, seat, box: junk() });
    for (let count = 0; count < BOXES_IN.burst + EXCESS_BOXES.burst + 10; count += 1)
      a.neighbour(b.peer).send(flood);
    await world.settle();
    expect(b.left).toEqual(['protocol-violation']);
    expect(b.failures).toEqual(['relay-forged']);
    expect(b.neighbours).toEqual([c.peer]);
  });

  test('[NB2] of news about neighbours', async () => {
    const { world, a, b } = await room(said => said);
    for (let count = 0; count < PEERS_IN.burst + 10; count += 1)
      a.neighbour(b.peer).send(encodeMessage({ type: 'peers', added: [], dropped: [] }));
    await world.settle();
    expect(b.left).toEqual(['protocol-violation']);
  });

  test('of members that do not exist: a few are tried, none is told of, and the real ones are found', async () => {
    const invented = (world: World) =>
      Array.from(
        { length: 60 },
        () => [nodeSigner().peerId, toBase64Url(world.crypto.randomBytes(16))] as const,
      );
    const swallow: Plot = said => (said.type === 'relay-refused' ? undefined : said);
    const { world, a, b, c } = await room(swallow, ['a', 'b', 'c', 'd']);
    for (let round = 0; round < 5; round += 1)
      a.neighbour(b.peer).send(encodeMessage({ type: 'peers', added: invented(world), dropped: [] }));
    await world.pass(60_000);
    expect(b.neighbours).toContain(c.peer);
    expect(b.failures).toEqual([]);
    // Links are six ends at most; the rest are dials, which end by themselves.
    expect(world.network.ends.filter(end => !end.isClosed).length).toBeLessThanOrEqual(12 + 6);
  });
});

test('[NB2] a member of before this was invented is linked to as ever, and hears nothing it does not know', async () => {
  const world = new World(2);
  const [a, b] = [world.member({ address: 'a' }), world.member({ address: 'b' })];
  const heard: string[] = [];
  const old = world.member({
    connect: options => {
      const end = world.network.connect({
        ...options,
        listener: event => {
          if (event.type === 'message') heard.push(decodeMessage(event.data).type);
          options.listener(event);
        },
      });
      end.tamper = frame => {
        const said = decodeMessage(frame);
        if (said.type === 'peers') return undefined;
        return said.type === 'hello' ? encodeMessage({ ...said, features: [] }) : frame;
      };
      return end;
    },
  });
  await world.start(a, b, old);
  await world.pass(30_000);
  expect(old.neighbours.toSorted()).toEqual([a.peer, b.peer].toSorted());
  expect(a.neighbours.toSorted()).toEqual([b.peer, old.peer].toSorted());
  expect(new Set(heard)).toEqual(new Set(['hello', 'ping', 'pong']));
});
