import { expect, test } from 'vitest';
import { concatBytes, toBase64Url, toHex, type Bytes } from './bytes.ts';
import { webCryptoPort } from './crypto.ts';
import { signHashes } from './hashes-auth.ts';
import { asOfferId, asPeerId, asRoomId } from './ids.ts';
import { deriveRoomKeys } from './keys.ts';
import { parseRoomLink } from './link.ts';
import type { EntryBody } from './log-entry/body.ts';
import { logBucketDigest, logBucketOf, logRootDigest, type LogState } from './log-entry/digest.ts';
import { createEntry, offerIdOf } from './log-entry/entry.ts';
import { encodeMessage } from './peer-messages/codec.ts';
import { writeBlockHeader } from './peer-messages/block-frame.ts';
import { splitControl } from './peer-messages/fragments.ts';
import type { PeerMessage } from './peer-messages/schema.ts';
import { memberAddress, openSignal, sealSignal } from './sealed-signal.ts';
import { fixedSigner } from './testing/fixed-signer.ts';

const crypto = webCryptoPort(globalThis.crypto);
const signer = await fixedSigner(globalThis.crypto);

/** Bytes 0, 1, 2… */
const counting = (length: number): Bytes => new Uint8Array(length).map((_, index) => index);
const room = asRoomId(toBase64Url(counting(16)));
const offer = asOfferId(toBase64Url(counting(16).toReversed()));
const peer = asPeerId(toBase64Url(counting(16).map(byte => byte + 100)));
const proof = { kind: 'proof', fileUncles: counting(64), topUncles: counting(32) } as const;
const signed = { kind: 'signed', signature: counting(64) } as const;

const messages: readonly PeerMessage[] = [
  { type: 'hello', versions: [1], features: ['x'] },
  { type: 'goodbye', code: 'leaving', text: 'bye' },
  { type: 'log-vector', vector: [[peer, 3]] },
  { type: 'log-entries', entries: [counting(5)] },
  { type: 'log-digest', root: counting(16), buckets: new Uint8Array(0) },
  { type: 'log-part', buckets: [0, 63], vector: [[peer, 3, counting(8)]] },
  { type: 'log-heads', heads: [[peer, 3]], want: true },
  { type: 'log-done' },
  { type: 'log-prune' },
  { type: 'interested' },
  { type: 'not-interested' },
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'bitfield', offer, bits: counting(3) },
  { type: 'have-all', offer },
  { type: 'have', offer, pieces: [0, 300, 70_000] },
  { type: 'request', offer, blocks: [[4_000_000_000, 1, 16_384, 131_072]] },
  { type: 'cancel', ids: [1] },
  { type: 'reject', ids: [2] },
  { type: 'hash-request', offer, first: 512, count: 2048 },
  { type: 'hashes', offer, first: 1, hashes: counting(32), auth: proof },
  { type: 'hashes', offer, first: 1, hashes: counting(32), auth: signed },
  { type: 'hash-reject', offer, first: 512, count: 1 },
  { type: 'peers', added: [[peer, toBase64Url(counting(16))]], dropped: [peer] },
  { type: 'relay', to: peer, box: counting(6) },
  { type: 'relayed', from: peer, seat: toBase64Url(counting(16)), box: counting(6) },
  { type: 'relay-refused', to: peer, code: 'unknown-member' },
  { type: 'lane', lane: 3, signal: { kind: 'offer', sdp: 'v=0' } },
  {
    type: 'lane',
    lane: 3,
    signal: { kind: 'candidate', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: null },
  },
  { type: 'move', move: 1, way: 'direct', signal: { kind: 'offer', sdp: 'v=0' } },
  { type: 'moved', move: 1, step: 'last' },
  { type: 'ping', id: 9 },
  { type: 'pong', id: 9 },
];

const bodies: readonly EntryBody[] = [
  { kind: 'profile', name: 'Ada', device: 'Firefox on Linux' },
  {
    kind: 'offer',
    pieceLength: 65_536,
    files: [
      { path: 'a/ü.txt', size: 70_000, modified: 1_700_000_000_000 },
      { path: 'b', size: 0 },
    ],
  },
  { kind: 'seal', offer, root: counting(32) },
  { kind: 'withdraw', offer },
  { kind: 'text', text: 'hello' },
  { kind: 'receipt', givers: [[peer, 5_000_000_000]] },
];

const states: readonly LogState[] = [
  { author: peer, count: 3, tip: counting(32) },
  {
    author: asPeerId(toBase64Url(counting(16).map(byte => byte + 99))),
    count: 2,
    tip: counting(32),
    forkedFrom: 2,
  },
];

/** Byte strings as hexadecimal, so that the file can be read. */
function readable(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}

test('[CX1] [KD1] [KD2] [LE1] [LD2] [SB1] [SB7] [PM2] [PM5] [PM6] [PM10] [PM11] [MT8] the wire is what vectors/wire.json says', async () => {
  const keys = await deriveRoomKeys(crypto, parseRoomLink('AAECAwQFBgcICQoLDA0ODw'));
  const route = { from: 'alice', to: 'bob', connection: toBase64Url(counting(16)), seq: 258, lane: 1 };
  const signal = {
    kind: 'candidate',
    candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
    sdpMid: '0',
    sdpMLineIndex: 0,
  } as const;
  const nonce = { ...crypto, randomBytes: counting };
  const box = await sealSignal(nonce, keys.signalKey, signer, route, signal);
  const relayedRoute = {
    ...route,
    from: memberAddress({ peer: signer.peerId, seat: toBase64Url(counting(16)) }),
    to: memberAddress({ peer, seat: toBase64Url(counting(16).toReversed()) }),
  };
  const relayedBox = await sealSignal(nonce, keys.signalKey, signer, relayedRoute, signal);
  const entries = await Promise.all(
    bodies.map(async (body, seq) => {
      const entry = await createEntry(signer, room, seq, counting(32), body);
      return { body, raw: entry.raw, hash: entry.hash, id: offerIdOf(entry) };
    }),
  );
  const block = concatBytes(new Uint8Array(8), counting(2));
  writeBlockHeader(block, 0x01020304);
  const vectors = {
    comment:
      'Made by wire-vectors.test.ts. A change here is a change of the protocol: raise PROTOCOL_VERSION.',
    key: { rfc8032: 'section 7.1, TEST 1', publicKey: signer.publicKey, peerId: signer.peerId },
    derivation: { secret: counting(16), ...keys },
    sealedSignal: { signalKey: keys.signalKey, nonce: counting(12), route, signal, box },
    relayedSignal: { route: relayedRoute, box: relayedBox },
    entries: { room, prev: counting(32), entries },
    signedHashes: {
      room,
      offer,
      first: 5,
      hashes: counting(64),
      signature: await signHashes(signer, room, offer, 5, counting(64)),
    },
    logDigests: {
      states,
      bucket: logBucketOf(peer),
      bucketDigest: logBucketDigest(states),
      rootDigest: logRootDigest(new Uint8Array(512)),
    },
    messages: messages.map(message => ({ message, frame: encodeMessage(message) })),
    block,
    fragments: splitControl(encodeMessage({ type: 'have-all', offer }), 24),
  };
  await expect(`${JSON.stringify(vectors, readable, 1)}\n`).toMatchFileSnapshot('../vectors/wire.json');
  expect((await openSignal(crypto, keys.signalKey, { from: 'alice', to: 'bob' }, box)).signal).toEqual(
    signal,
  );
});

test('[KD1] [KD2] [KD3] keys follow from the secret alone, differ from each other and from another room', async () => {
  const info = (text: string) => crypto.hkdfSha256(counting(16), text, 32);
  const keys = await deriveRoomKeys(crypto, parseRoomLink('AAECAwQFBgcICQoLDA0ODw'));
  expect(keys.roomId).toBe(toBase64Url((await info('shoal/1 room id')).subarray(0, 16)));
  expect(toHex(keys.signalKey)).toBe(toHex(await info('shoal/1 signal key')));
  const other = await deriveRoomKeys(crypto, parseRoomLink('BAECAwQFBgcICQoLDA0ODw'));
  expect(other.roomId).not.toBe(keys.roomId);
  expect(toHex(other.signalKey)).not.toBe(toHex(keys.signalKey));
});
