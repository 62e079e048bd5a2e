import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, type Bytes } from '../bytes.ts';
import { encodeMsgpack } from '../msgpack.ts';
import { bytes, mutated, peerMessage } from '../testing/arbitraries.ts';
import { outcomeNow } from '../testing/outcome.ts';
import { decodeMessage, encodeMessage, negotiateVersion } from './codec.ts';

const offer = 'AAAAAAAAAAAAAAAAAAAAAA';
const CODES = [
  'ok',
  'frame-truncated',
  'frame-too-large',
  'unknown-frame',
  'unknown-message',
  'malformed-message',
];

function control(value: unknown): Bytes {
  return concatBytes(new Uint8Array([1]), encodeMsgpack(value));
}

test('[PM2] every message survives encoding and decoding', () => {
  fc.assert(
    fc.property(peerMessage, message => {
      const frame = encodeMessage(message);
      expect(frame[0]).toBe(1);
      expect(decodeMessage(frame)).toEqual(message);
    }),
    { numRuns: 500 },
  );
});

test('[PM9] what comes out owns its bytes: the frame may be reused', () => {
  const message = { type: 'log-entries', entries: [new Uint8Array([1, 2, 3])] } as const;
  const frame = encodeMessage(message);
  const decoded = decodeMessage(frame);
  frame.fill(0);
  expect(decoded).toEqual(message);
});

describe('[PM1] [PM3] [PM7] typed refusals', () => {
  const cases: [string, Bytes, string][] = [
    ['an empty frame', new Uint8Array(0), 'frame-truncated'],
    ['a block', fromHex('0200000000000001ff'), 'unknown-frame'],
    ['a fragment', fromHex('03010000ff'), 'unknown-frame'],
    ['an unknown first byte', fromHex('0400'), 'unknown-frame'],
    ['nothing after the first byte', fromHex('01'), 'malformed-message'],
    ['over 4 MiB', new Uint8Array(4 * 1024 * 1024 + 1).fill(1), 'frame-too-large'],
    ['no map', control([1]), 'malformed-message'],
    ['no type', control({ id: 1 }), 'malformed-message'],
    ['a type that is no text', control({ type: 1 }), 'malformed-message'],
    ['an unknown type', control({ type: 'teleport' }), 'unknown-message'],
    ['an inherited name as type', control({ type: 'constructor' }), 'unknown-message'],
    ['an extra field', control({ type: 'choke', why: 1 }), 'malformed-message'],
    ['a missing field', control({ type: 'ping' }), 'malformed-message'],
    [
      'bytes after the end',
      concatBytes(encodeMessage({ type: 'choke' }), fromHex('00')),
      'malformed-message',
    ],
    ['a message cut short', encodeMessage({ type: 'choke' }).slice(0, -1), 'malformed-message'],
    ['a request of no blocks', control({ type: 'request', offer, blocks: [] }), 'malformed-message'],
    [
      'a request of 0 bytes',
      control({ type: 'request', offer, blocks: [[1, 0, 0, 0]] }),
      'malformed-message',
    ],
    [
      'a request over 128 KiB',
      control({ type: 'request', offer, blocks: [[1, 0, 0, 131073]] }),
      'malformed-message',
    ],
    [
      'a request id over u32',
      control({ type: 'request', offer, blocks: [[2 ** 32, 0, 0, 1]] }),
      'malformed-message',
    ],
    [
      'more peers than a message may name',
      control({ type: 'peers', added: Array.from({ length: 65 }, () => [offer, offer]), dropped: [] }),
      'malformed-message',
    ],
    ['a peer without a seat', control({ type: 'peers', added: [[offer]], dropped: [] }), 'malformed-message'],
    [
      'a relayed box over 32 KiB',
      control({ type: 'relay', to: offer, box: new Uint8Array(32 * 1024 + 1) }),
      'malformed-message',
    ],
    [
      'an empty relayed box',
      control({ type: 'relay', to: offer, box: new Uint8Array(0) }),
      'malformed-message',
    ],
    ['a fractional piece', control({ type: 'have', offer, pieces: [0.5] }), 'malformed-message'],
    [
      'too many pieces',
      control({ type: 'have', offer, pieces: Array.from({ length: 4097 }, () => 1) }),
      'malformed-message',
    ],
    ['a bad offer', control({ type: 'have-all', offer: `${offer}A` }), 'malformed-message'],
    [
      '[LD3] a digest of half of the buckets',
      control({ type: 'log-digest', root: new Uint8Array(16), buckets: new Uint8Array(32 * 8) }),
      'malformed-message',
    ],
    [
      '[LD3] a digest with a short root',
      control({ type: 'log-digest', root: new Uint8Array(15), buckets: new Uint8Array(64 * 8) }),
      'malformed-message',
    ],
    [
      '[LD3] a part of no buckets',
      control({ type: 'log-part', buckets: [], vector: [] }),
      'malformed-message',
    ],
    [
      '[LD3] a part of a bucket that there is not',
      control({ type: 'log-part', buckets: [64], vector: [] }),
      'malformed-message',
    ],
    [
      '[LD3] a part with half of a hash',
      control({ type: 'log-part', buckets: [0], vector: [[offer, 1, new Uint8Array(4)]] }),
      'malformed-message',
    ],
    [
      '33 bytes of hashes',
      control({
        type: 'hashes',
        offer,
        first: 0,
        hashes: new Uint8Array(33),
        auth: { kind: 'signed', signature: new Uint8Array(64) },
      }),
      'malformed-message',
    ],
    [
      'a short signature',
      control({
        type: 'hashes',
        offer,
        first: 0,
        hashes: new Uint8Array(32),
        auth: { kind: 'signed', signature: new Uint8Array(63) },
      }),
      'malformed-message',
    ],
    [
      'too many uncles',
      control({
        type: 'hashes',
        offer,
        first: 0,
        hashes: new Uint8Array(32),
        auth: { kind: 'proof', fileUncles: new Uint8Array(21 * 32), topUncles: new Uint8Array(0) },
      }),
      'malformed-message',
    ],
    [
      'an entry over 1 MiB',
      control({ type: 'log-entries', entries: [new Uint8Array(1024 * 1024 + 1)] }),
      'malformed-message',
    ],
    [
      'a lone surrogate',
      concatBytes(
        fromHex('0183a474797065a7676f6f64627965a4636f6465a76c656176696e67a474657874a3'),
        fromHex('eda080'),
      ),
      'malformed-message',
    ],
    [
      'a forbidden key',
      concatBytes(fromHex('0181a9'), new TextEncoder().encode('__proto__'), fromHex('80')),
      'malformed-message',
    ],
    ['a timestamp (extension)', fromHex('0181a474797065d6ff00000000'), 'malformed-message'],
  ];
  test.each(cases)('%s', (_, frame, code) => {
    expect(outcomeNow(() => decodeMessage(frame))).toBe(code);
  });
});

test('[PM7] a message over 4 MiB is not encoded', () => {
  const entries = Array.from({ length: 5 }, () => new Uint8Array(1024 * 1024));
  expect(outcomeNow(() => encodeMessage({ type: 'log-entries', entries }))).toBe('frame-too-large');
});

test('[PM8] random bytes and changed frames give only ProtocolErrors', () => {
  const random = bytes(0, 200);
  const headed = bytes(0, 200).map(rest => concatBytes(new Uint8Array([1]), rest));
  const frame = fc.oneof(random, headed, mutated(peerMessage.map(encodeMessage)));
  fc.assert(
    fc.property(frame, data => {
      expect(CODES).toContain(outcomeNow(() => decodeMessage(data)));
    }),
    { numRuns: 3000 },
  );
});

test('[PM4] the common version is found, or none', () => {
  expect(negotiateVersion([3, 1, 2])).toBe(1);
  expect(negotiateVersion([2])).toBeUndefined();
  expect(negotiateVersion([])).toBeUndefined();
});
