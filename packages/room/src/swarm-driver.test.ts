import { BLOCK_HEADER_BYTES, Bitfield, geometryOf } from '@shoal/protocol';
import type { Bytes, OfferId, PeerId } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import { Swarm } from '@shoal/swarm';
import type { Neighbour } from '@shoal/transport';
import { expect, test } from 'vitest';
import { Links } from './links.ts';
import { SwarmDriver } from './swarm-driver.ts';

const PEER = 'ann'.padEnd(22, '_') as PeerId;
const OFFER = 'offer'.padEnd(22, '_') as OfferId;
const BLOCK = 16 * 1024;

/** A driver whose store answers a read when the test says so. */
function setUp() {
  const reads: { resolve(frame: Bytes): void; reject(error: Error): void }[] = [];
  const calls: string[] = [];
  const failures: number[] = [];
  const events: string[] = [];
  const blocks: string[] = [];
  const store: Pick<PieceStore, 'read' | 'recycle' | 'write' | 'discard'> = {
    read: async () => await new Promise((resolve, reject) => reads.push({ resolve, reject })),
    recycle: () => void calls.push('recycle'),
    write: (_offer, piece, begin) => void calls.push(`write ${piece} ${begin}`),
    discard: (_offer, piece) => void calls.push(`discard ${piece}`),
  };
  const links = new Links({ message: () => {}, block: () => {} });
  const swarm = new Swarm({ self: 'me'.padEnd(22, '_') as PeerId, clock: () => 0, random: () => 0 });
  const receive = swarm.receive.bind(swarm);
  swarm.receive = event => {
    events.push(event.type);
    return receive(event);
  };
  const driver = new SwarmDriver({
    swarm,
    links,
    store,
    provideHashes: () => {},
    dropped: () => {},
    serving: () => {},
    seek: () => {},
    readFailed: (_offer, _error, piece) => void failures.push(piece),
  });
  /** Puts a link to ann in the place of the one before. */
  const join = (name: string): void => {
    const link: Pick<Neighbour, 'peer' | 'send' | 'room' | 'close'> = {
      peer: PEER,
      room: 2 ** 20,
      send: frame => {
        if (frame.length > BLOCK) blocks.push(name);
        return true;
      },
      close: () => {},
    };
    links.remove(PEER);
    driver.receive({ type: 'neighbour-left', peer: PEER });
    links.add(link as Neighbour);
    driver.receive({ type: 'neighbour-joined', peer: PEER });
  };
  const offer = (have: boolean): void => {
    const geometry = geometryOf(4 * BLOCK, [{ path: 'a', size: 4 * BLOCK }]);
    const hashed = Bitfield.full(1);
    driver.receive({
      type: 'offer-added',
      offer: OFFER,
      geometry,
      have: have ? hashed : new Bitfield(1),
      hashed,
    });
  };
  const ask = (): void => {
    driver.receive({ type: 'message', peer: PEER, message: { type: 'interested' } });
    const blocksAsked = [[0, 0, 0, BLOCK]] as const;
    driver.receive({
      type: 'message',
      peer: PEER,
      message: { type: 'request', offer: OFFER, blocks: blocksAsked.map(block => [...block]) },
    });
  };
  return { driver, links, reads, calls, failures, events, blocks, join, offer, ask };
}

const frame = (): Bytes => new Uint8Array(BLOCK_HEADER_BYTES + BLOCK);
const turn = async (): Promise<void> => await new Promise(resolve => setTimeout(resolve));

test('a block goes out over the link that it was asked over', async () => {
  const it = setUp();
  it.offer(true);
  it.join('first');
  it.ask();
  it.reads[0]?.resolve(frame());
  await turn();
  expect(it.blocks).toEqual(['first']);
  expect(it.calls).toEqual(['recycle']);
  expect(it.events.at(-1)).toBe('block-sent');
});

test('a block read for a link that is gone is not sent over the next one to the same member', async () => {
  const it = setUp();
  it.offer(true);
  it.join('first');
  it.ask();
  expect(it.reads).toHaveLength(1);
  it.join('second');
  const before = it.events.length;
  it.reads[0]?.resolve(frame());
  await turn();
  expect(it.blocks).toEqual([]);
  expect(it.calls).toEqual(['recycle']);
  expect(it.events).toHaveLength(before);
});

test('nor is a failed one told to the next link, but to the person', async () => {
  const it = setUp();
  it.offer(true);
  it.join('first');
  it.ask();
  it.join('second');
  const before = it.events.length;
  it.reads[0]?.reject(new Error('gone'));
  await turn();
  expect(it.events).toHaveLength(before);
  expect(it.failures).toEqual([0]);
});

test('what the swarm forgets of a begun piece the store is told to forget', () => {
  const it = setUp();
  it.offer(false);
  it.driver.receive({ type: 'wanted', offer: OFFER, files: new Map([[0, 0]]) });
  it.join('first');
  it.driver.receive({ type: 'message', peer: PEER, message: { type: 'have-all', offer: OFFER } });
  it.driver.receive({ type: 'message', peer: PEER, message: { type: 'unchoke' } });
  it.driver.receiveBlock(PEER, 0, BLOCK, frame());
  it.driver.receive({ type: 'offer-removed', offer: OFFER });
  expect(it.calls).toEqual(['write 0 0', 'discard 0']);
});
