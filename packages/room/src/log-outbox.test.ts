import {
  asRoomId,
  decodeMessage,
  encodeMessage,
  generateIdentity,
  signerOf,
  webCryptoPort,
} from '@shoal/protocol';
import type { Bytes, GossipMessage, PeerId, PeerMessage } from '@shoal/protocol';
import type { Neighbour } from '@shoal/transport';
import { expect, test } from 'vitest';
import { GossipDriver } from './gossip-driver.ts';
import { Links } from './links.ts';
import { LogOutbox } from './log-outbox.ts';
import { RoomVault } from './room-vault.ts';
import { Author } from './testing/author.ts';

const ROOM = asRoomId('A'.repeat(22));
const ANN = 'ann'.padEnd(21, '_').concat('A') as PeerId;
const MIB = 1024 * 1024;
/** As `DEFAULT_LINK_LIMITS` of the transport has them. */
const [HIGH_WATER, MAX_QUEUED] = [MIB, 32 * MIB];

/** A link whose send buffer leaves when the test says so, and that ends when too much waits behind it. */
class SlowLink {
  readonly got: PeerMessage[] = [];
  ended = '';
  #waiting: Bytes[] = [];
  #bytes = 0;

  readonly neighbour: Neighbour;

  constructor(peer: PeerId) {
    const room = (): number => Math.max(0, HIGH_WATER - this.#bytes);
    this.neighbour = {
      peer,
      connection: '',
      path: 'direct',
      protocol: 'udp',
      rttMs: 1,
      connections: 1,
      features: [],
      get room() {
        return room();
      },
      bufferedAmount: 0,
      maxFrameBytes: 192 * 1024,
      send: frame => {
        this.#waiting.push(frame);
        this.#bytes += frame.length;
        if (this.#bytes > HIGH_WATER + MAX_QUEUED) this.ended ||= 'send-overrun';
        return false;
      },
      close: code => {
        this.ended ||= code;
      },
      stats: () => Promise.reject(new Error('not asked for here')),
    };
  }

  /** All that was sent has left. @returns whether there was anything */
  leave(): boolean {
    const left = this.#waiting;
    [this.#waiting, this.#bytes] = [[], 0];
    for (const frame of left) this.got.push(decodeMessage(frame));
    return left.length > 0;
  }
}

function linked() {
  const links = new Links({ message: () => {}, block: () => {} });
  const link = new SlowLink(ANN);
  links.add(link.neighbour);
  return { links, link };
}

const entries = (count: number, bytes: number): GossipMessage => ({
  type: 'log-entries',
  entries: Array.from({ length: count }, () => new Uint8Array(bytes)),
});

test('a newcomer is sent a log that is longer than what may wait in a link, as the link takes it', async () => {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const { links, link } = linked();
  const nothing = (): void => undefined;
  const gossip = new GossipDriver({
    room: ROOM,
    signer,
    crypto: webCryptoPort(globalThis.crypto),
    links,
    vault: new RoomVault(undefined, ROOM, false),
    handlers: { changed: nothing, forked: nothing, failed: nothing },
  });
  const authors = await Promise.all([0, 1, 2].map(() => Author.in(ROOM)));
  for (const author of authors)
    for (let seq = 0; seq < 600; seq += 1) await author.say({ kind: 'text', text: '€'.repeat(8192) });
  gossip.restore(authors.flatMap(author => author.entries.map(({ raw }) => raw)));
  gossip.receive({ type: 'neighbour-joined', peer: ANN });
  gossip.message(ANN, { type: 'log-vector', vector: [] });
  while (link.leave()) gossip.writable(ANN);
  expect(link.ended).toBe('');
  const types = link.got.map(({ type }) => type);
  expect(link.got.flatMap(message => (message.type === 'log-entries' ? message.entries : []))).toHaveLength(
    1800,
  );
  expect(types.lastIndexOf('log-entries')).toBeLessThan(types.indexOf('log-done'));
}, 60_000);

test('what follows entries that wait comes after them; where nothing waits, small messages are sent at once', () => {
  const { links, link } = linked();
  const outbox = new LogOutbox(links);
  outbox.send(ANN, entries(1, MIB));
  outbox.send(ANN, { type: 'log-prune' });
  outbox.send(ANN, entries(1, MIB));
  outbox.send(ANN, { type: 'log-done' });
  const types = (): string[] => link.got.splice(0).map(({ type }) => type);
  link.leave();
  expect(types()).toEqual(['log-entries', 'log-prune']);
  // Something else takes the room first.
  links.send(ANN, { type: 'ping', id: 1 });
  link.neighbour.send(encodeMessage(entries(1, MIB)));
  outbox.writable(ANN);
  link.leave();
  expect(types()).toEqual(['ping', 'log-entries']);
  outbox.writable(ANN);
  link.leave();
  outbox.writable(ANN);
  link.leave();
  expect(types()).toEqual(['log-entries', 'log-done']);
});

test('who asks for more than a log ever holds, and takes nothing, loses the link; nothing waits for one that is gone', () => {
  const { links, link } = linked();
  const outbox = new LogOutbox(links);
  for (let sent = 0; sent < 128; sent += 1) outbox.send(ANN, entries(1, MIB));
  for (let sent = 0; sent < 512; sent += 1) outbox.send(ANN, { type: 'log-done' });
  expect(link.ended).toBe('');
  for (let sent = 0; sent < 512; sent += 1) outbox.send(ANN, { type: 'log-done' });
  expect(link.ended).toBe('send-overrun');
  link.leave();
  link.got.length = 0;
  for (let sent = 0; sent < 3; sent += 1) outbox.send(ANN, entries(1, MIB));
  outbox.left(ANN);
  link.leave();
  outbox.writable(ANN);
  link.leave();
  expect(link.got).toHaveLength(1);
});
