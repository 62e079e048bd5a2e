import { Catalogue } from '@shoal/gossip';
import { Bitfield, geometryOf } from '@shoal/protocol';
import type { OfferId, PeerId } from '@shoal/protocol';
import type { Neighbour } from '@shoal/transport';
import { expect, test } from 'vitest';
import { Inbound } from './inbound.ts';
import { OfferState } from './offer-state.ts';

const ANN = 'ann'.padEnd(22, '_') as PeerId;
const OFFER = 'offer'.padEnd(22, '_') as OfferId;

const link: Neighbour = {
  peer: ANN,
  connection: '',
  path: 'direct',
  protocol: undefined,
  rttMs: undefined,
  connections: 1,
  features: [],
  room: 3,
  bufferedAmount: 0,
  maxFrameBytes: 1,
  send: () => true,
  close: () => {},
  stats: () => Promise.reject(new Error('not asked for here')),
};

/** A room of ports that write down what they are told. */
function setUp(state?: OfferState) {
  const told: unknown[] = [];
  const port =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void told.push([name, ...args]);
  const inbound = new Inbound({
    links: { add: port('add'), get: () => link, remove: port('remove'), receive: port('frame') },
    gossip: {
      catalogue: new Catalogue(ANN),
      message: port('gossip'),
      receive: port('log'),
      writable: port('log writable'),
    },
    hashes: { learn: async (...args) => port('learn')(...args), seal: port('seal') },
    offers: {
      add: async offer => port('offer')(offer),
      whenAdded: port('when added'),
      get: () => state,
      withdrawn: port('withdrawn'),
      fail: port('fail'),
      pause: port('pause'),
    },
    receipts: { verified: port('receipt'), left: port('receipts left') },
    space: { full: port('full') },
    intoFiles: { stored: port('outlet') },
    unreached: { joined: port('reached'), takes: () => false },
    swarm: port('swarm'),
    connection: port('connection'),
    tell: port('tell'),
    failed: port('failed'),
    changed: port('changed'),
  });
  return { inbound, told };
}

test('what ICE measured of a path is a round trip for the swarm, and one that is void is told as well', () => {
  const { inbound, told } = setUp();
  inbound.meshed({ type: 'path', peer: ANN, path: 'direct', leastRttMs: 3 });
  inbound.meshed({ type: 'path', peer: ANN, path: 'relay', leastRttMs: undefined });
  expect(told).toEqual([
    ['swarm', { type: 'round-trip', peer: ANN, ms: 3 }],
    ['changed', 'numbers'],
    ['swarm', { type: 'round-trip', peer: ANN, ms: undefined }],
    ['changed', 'numbers'],
  ]);
});

test('lanes of a link are told to the swarm', () => {
  const { inbound, told } = setUp();
  inbound.meshed({ type: 'lanes', peer: ANN, connections: 4 });
  expect(told).toEqual([
    ['swarm', { type: 'lanes', peer: ANN, connections: 4 }],
    ['changed', 'numbers'],
  ]);
});

test('a neighbour can be sent to before anything is decided about it', () => {
  const { inbound, told } = setUp();
  const neighbour: Pick<Neighbour, 'peer' | 'room'> = { peer: ANN, room: 1000 };
  inbound.meshed({ type: 'neighbour-joined', neighbour: neighbour as Neighbour });
  expect(told).toEqual([
    ['reached', ANN],
    ['add', neighbour],
    ['log', { type: 'neighbour-joined', peer: ANN }],
    ['swarm', { type: 'neighbour-joined', peer: ANN }],
    ['swarm', { type: 'send-room', peer: ANN, bytes: 1000 }],
    ['changed', 'state'],
  ]);
});

test('frames and room in a send buffer are no reason to draw anything', () => {
  const { inbound, told } = setUp();
  inbound.meshed({ type: 'frame', peer: ANN, frame: new Uint8Array(1) });
  inbound.meshed({ type: 'writable', peer: ANN, room: 5 });
  expect(told.flat()).not.toContain('changed');
});

test('a link that takes more takes the log first, and the swarm hears what is left of its room', () => {
  const { inbound, told } = setUp();
  inbound.meshed({ type: 'writable', peer: ANN, room: 5 });
  expect(told).toEqual([
    ['log writable', ANN],
    ['swarm', { type: 'send-room', peer: ANN, bytes: 3 }],
  ]);
});

test('pieces that come are numbers, until all that is wanted is here', () => {
  const geometry = geometryOf(64 * 1024, [{ path: 'a', size: 130 * 1024 }]);
  const state = new OfferState(
    {
      id: OFFER,
      author: ANN,
      authorPublicKey: new Uint8Array(32),
      geometry,
      createdSeq: 0,
      withdrawn: false,
    },
    false,
    new Bitfield(3),
  );
  state.decide(undefined, 'wanted');
  const { inbound, told } = setUp(state);
  inbound.stored({ type: 'verified', offer: OFFER, pieces: [2, 0] });
  expect(told.at(-1)).toEqual(['changed', 'numbers']);
  inbound.stored({ type: 'verified', offer: OFFER, pieces: [1] });
  expect(told.at(-1)).toEqual(['changed', 'state']);
});

test('a full disk pauses the offer before its lost pieces could be asked for again, and is no alarm by itself', () => {
  const { inbound, told } = setUp();
  inbound.stored({ type: 'failed', offer: OFFER, pieces: [4], code: 'disk-full', text: 'full' });
  expect(told).toEqual([
    ['full', OFFER],
    ['swarm', { type: 'piece-lost', offer: OFFER, piece: 4 }],
    ['changed', 'state'],
  ]);
});

test("a message goes to whom it concerns, and the transport's own to nobody", () => {
  const { inbound, told } = setUp();
  inbound.message(ANN, { type: 'ping', id: 1 });
  expect(told).toEqual([]);
  inbound.message(ANN, { type: 'choke' });
  expect(told).toEqual([['swarm', { type: 'message', peer: ANN, message: { type: 'choke' } }]]);
});
