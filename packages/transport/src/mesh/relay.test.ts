import { createConnectionId, decodeMessage, memberAddress } from '@shoal/protocol';
import type { MemberAddress, PeerMessage } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { FakeScheduler } from '../testing/fake-scheduler.ts';
import { nodeCrypto, nodeSigner } from '../testing/node-crypto.ts';
import { seeded } from '../testing/seeded.ts';
import { PEERS_FEATURE } from './neighbour-limits.ts';
import { PeerExchange } from './peer-exchange.ts';
import { Relay } from './relay.ts';

const BOX = new Uint8Array([1, 2, 3]);

/** We, two neighbours, and a member that both of them say they are linked to. */
function harness() {
  const crypto = nodeCrypto(seeded(1));
  const seated = () => ({ peer: nodeSigner().peerId, seat: createConnectionId(crypto) });
  const [self, n, m, x] = [seated(), seated(), seated(), seated()];
  const scheduler = new FakeScheduler();
  const unknown: string[] = [];
  const boxes: string[] = [];
  const state = { lot: 0, room: 1000 };
  const onFlood = (): void => undefined;
  const exchange = new PeerExchange({ self, scheduler, collectMs: 1, onChange: () => undefined, onFlood });
  const relay = new Relay({
    self,
    scheduler,
    random: () => state.lot,
    exchange,
    onBox: (from, _, via) => boxes.push(`${from} ${via}`),
    onUnknown: address => unknown.push(address),
    onFlood,
  });
  const joins = ({ peer, seat }: MemberAddress, heard: PeerMessage[]): void => {
    exchange.joined({
      peer,
      connection: createConnectionId(crypto),
      path: 'direct',
      protocol: 'udp',
      rttMs: 1,
      connections: 1,
      features: [PEERS_FEATURE],
      get room() {
        return state.room;
      },
      bufferedAmount: 0,
      maxFrameBytes: 1000,
      send: frame => {
        heard.push(decodeMessage(frame));
        return true;
      },
      close: () => undefined,
      stats: async () => ({ path: 'direct', protocol: 'udp', rttMs: 1, checks: 1 }),
    });
    const added = [
      [peer, seat],
      [x.peer, x.seat],
    ] as const;
    exchange.receive(peer, { type: 'peers', added, dropped: [] });
    heard.length = 0;
  };
  const [atN, atM]: [PeerMessage[], PeerMessage[]] = [[], []];
  joins(n, atN);
  joins(m, atM);
  return {
    self,
    n,
    m,
    x,
    to: memberAddress(x),
    relay,
    exchange,
    scheduler,
    joins,
    atN,
    atM,
    unknown,
    boxes,
    state,
  };
}

describe('[NB3] the way of a box', () => {
  test('all to one address take one way; after a failure the lot chooses again', async () => {
    const { relay, to, x, atN, atM, state } = harness();
    const relayed = { type: 'relay', to: x.peer, box: BOX };
    expect(await relay.send(to, BOX)).toBe('relayed');
    state.lot = 0.9;
    await relay.send(to, BOX);
    expect([atN, atM]).toEqual([[relayed, relayed], []]);
    relay.mistrust(to);
    await relay.send(to, BOX);
    expect([atN.length, atM]).toEqual([2, [relayed]]);
  });

  test('answers go back over whom an authentic box came from, and elsewhere once that one has left', async () => {
    const { relay, exchange, to, m, atN, atM } = harness();
    relay.heard(to, m.peer);
    await relay.send(to, BOX);
    expect([atN.length, atM.length]).toEqual([0, 1]);
    exchange.left(m.peer);
    relay.left(m.peer);
    await relay.send(to, BOX);
    expect(atN.length).toBe(1);
  });

  test('nobody is linked to it under that seat: undeliverable at once', async () => {
    const { relay, x, n } = harness();
    expect(await relay.send(memberAddress({ ...x, seat: n.seat }), BOX)).toBe('unknown-member');
  });

  test('beyond our own limit nothing is sent, and the box may be sent again later', async () => {
    const { relay, to, atN } = harness();
    const outcomes = await Promise.all(Array.from({ length: 200 }, async () => await relay.send(to, BOX)));
    expect(outcomes.filter(outcome => outcome === 'relayed')).toHaveLength(128);
    expect(outcomes.at(-1)).toBe('failed');
    expect(atN).toHaveLength(128);
  });
});

describe('[NB4] refusals and handing on', () => {
  test('a refusal counts for what went over the neighbour that says it, and for nothing else', async () => {
    const { relay, to, x, n, m, unknown } = harness();
    await relay.send(to, BOX);
    relay.receive(m.peer, { type: 'relay-refused', to: x.peer, code: 'unknown-member' });
    expect(unknown).toEqual([]);
    relay.receive(n.peer, { type: 'relay-refused', to: x.peer, code: 'busy' });
    expect(unknown).toEqual([]);
    relay.receive(n.peer, { type: 'relay-refused', to: x.peer, code: 'unknown-member' });
    expect(unknown).toEqual([to]);
  });

  test('a box is handed to a neighbour in the name of who sent it, and refused when it cannot be', () => {
    const { relay, self, n, m, x, atN, atM, state } = harness();
    relay.receive(n.peer, { type: 'relay', to: m.peer, box: BOX });
    expect(atM).toEqual([{ type: 'relayed', from: n.peer, seat: n.seat, box: BOX }]);
    for (const to of [x.peer, self.peer, n.peer]) relay.receive(n.peer, { type: 'relay', to, box: BOX });
    expect(atN).toEqual(
      [x.peer, self.peer, n.peer].map(to => ({ type: 'relay-refused', to, code: 'unknown-member' })),
    );
    state.room = 2;
    relay.receive(n.peer, { type: 'relay', to: m.peer, box: BOX });
    expect(atN.at(-1)).toEqual({ type: 'relay-refused', to: m.peer, code: 'busy' });
    expect(atM).toHaveLength(1);
  });

  test('a box for the earlier seat of a member that has reloaded is refused, until the sender has been told of the new one', () => {
    const { relay, exchange, scheduler, joins, n, m, atN, atM } = harness();
    scheduler.advance(1);
    exchange.left(m.peer);
    joins({ peer: m.peer, seat: n.seat }, atM);
    atN.length = 0;
    const relayed = { type: 'relay', to: m.peer, box: BOX } as const;
    relay.receive(n.peer, relayed);
    expect([atN, atM]).toEqual([[{ type: 'relay-refused', to: m.peer, code: 'unknown-member' }], []]);
    scheduler.advance(1);
    expect(atN.at(-1)).toMatchObject({ type: 'peers', added: [[m.peer, n.seat]] });
    atM.length = 0;
    relay.receive(n.peer, relayed);
    expect(atM).toEqual([{ type: 'relayed', from: n.peer, seat: n.seat, box: BOX }]);
  });

  test('what was relayed to us stays with us; who we are and who hands it over are no senders', () => {
    const { relay, self, n, m, x, to, boxes, atM } = harness();
    for (const { peer, seat } of [x, self, n, m])
      relay.receive(n.peer, { type: 'relayed', from: peer, seat, box: BOX });
    expect(boxes).toEqual([`${to} ${n.peer}`, `${memberAddress(m)} ${n.peer}`]);
    expect(atM).toEqual([]);
  });
});
