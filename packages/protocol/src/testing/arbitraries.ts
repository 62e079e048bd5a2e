import * as fc from 'fast-check';
import type { Bytes } from '../bytes.ts';
import { toBase64Url } from '../bytes.ts';
import type { HashesAuth } from '../hashes-auth.ts';
import { asOfferId, asPeerId } from '../ids.ts';
import { MAX_BLOCK_BYTES, MAX_OFFER_PIECES, MAX_PIECE_LENGTH, MAX_UINT32 } from '../limits.ts';
import type { OfferedFile } from '../manifest/geometry.ts';
import { safePaths } from '../manifest/safe-path.ts';
import type { PeerMessage } from '../peer-messages/schema.ts';

/** Bytes of a length between two bounds. */
export function bytes(minLength: number, maxLength: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ minLength, maxLength }).map(array => new Uint8Array(array));
}

const hashRun = (min: number, max: number) =>
  fc.integer({ min, max }).chain(count => bytes(count * 32, count * 32));
const idText = bytes(16, 16).map(toBase64Url);
const offer = idText.map(asOfferId);
const uint32 = fc.integer({ min: 0, max: MAX_UINT32 });
const piece = fc.integer({ min: 0, max: MAX_OFFER_PIECES - 1 });
const ids = fc.array(uint32, { minLength: 1, maxLength: 50 });
const count = fc.integer({ min: 1, max: 2048 });
/** Whole code points, of every plane. */
const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const block = fc.tuple(
  uint32,
  piece,
  fc.integer({ min: 0, max: MAX_PIECE_LENGTH - 1 }),
  fc.integer({ min: 1, max: MAX_BLOCK_BYTES }),
);
const auth: fc.Arbitrary<HashesAuth> = fc.oneof(
  fc.record({ kind: fc.constant('signed' as const), signature: bytes(64, 64) }),
  fc.record({ kind: fc.constant('proof' as const), fileUncles: hashRun(0, 20), topUncles: hashRun(0, 20) }),
);

const connectionSignal = fc.oneof(
  fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: text(200) }),
  fc.record({
    kind: fc.constant('candidate' as const),
    candidate: text(100),
    sdpMid: fc.option(text(8)),
    sdpMLineIndex: fc.option(fc.integer({ min: 0, max: 9 })),
  }),
);

const messages: {
  readonly [T in PeerMessage['type']]: fc.Arbitrary<Omit<Extract<PeerMessage, { type: T }>, 'type'>>;
} = {
  hello: fc.record({
    versions: fc.array(uint32, { maxLength: 32 }),
    features: fc.array(text(32), { maxLength: 32 }),
  }),
  goodbye: fc.record({
    code: fc.constantFrom('leaving', 'protocol-error', 'internal-error'),
    text: text(256),
  }),
  'log-vector': fc.record({ vector: fc.array(fc.tuple(idText.map(asPeerId), fc.maxSafeNat())) }),
  'log-entries': fc.record({ entries: fc.array(bytes(1, 300)) }),
  'log-digest': fc.record({ root: bytes(16, 16), buckets: fc.oneof(bytes(0, 0), bytes(512, 512)) }),
  'log-part': fc.record({
    buckets: fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 1, maxLength: 64 }),
    vector: fc.array(fc.tuple(idText.map(asPeerId), fc.maxSafeNat(), bytes(8, 8))),
  }),
  'log-heads': fc.record({
    heads: fc.array(fc.tuple(idText.map(asPeerId), fc.maxSafeNat()), { minLength: 1 }),
    want: fc.boolean(),
  }),
  'log-done': fc.record({}),
  'log-prune': fc.record({}),
  interested: fc.record({}),
  'not-interested': fc.record({}),
  choke: fc.record({}),
  unchoke: fc.record({}),
  bitfield: fc.record({ offer, bits: bytes(0, 500) }),
  'have-all': fc.record({ offer }),
  have: fc.record({ offer, pieces: fc.array(piece, { minLength: 1, maxLength: 50 }) }),
  request: fc.record({ offer, blocks: fc.array(block, { minLength: 1, maxLength: 50 }) }),
  cancel: fc.record({ ids }),
  reject: fc.record({ ids }),
  'hash-request': fc.record({ offer, first: piece, count }),
  hashes: fc.record({ offer, first: piece, hashes: hashRun(1, 20), auth }),
  'hash-reject': fc.record({ offer, first: piece, count }),
  peers: fc.record({
    added: fc.array(fc.tuple(idText.map(asPeerId), idText), { maxLength: 64 }),
    dropped: fc.array(idText.map(asPeerId), { maxLength: 64 }),
  }),
  relay: fc.record({ to: idText.map(asPeerId), box: bytes(1, 500) }),
  relayed: fc.record({ from: idText.map(asPeerId), seat: idText, box: bytes(1, 500) }),
  'relay-refused': fc.record({
    to: idText.map(asPeerId),
    code: fc.constantFrom('unknown-member', 'busy'),
  }),
  lane: fc.record({ lane: fc.integer({ min: 1, max: 255 }), signal: connectionSignal }),
  move: fc.record({ move: uint32, way: fc.constantFrom('direct', 'any'), signal: connectionSignal }),
  moved: fc.record({ move: uint32, step: fc.constantFrom('ready', 'last', 'done') }),
  ping: fc.record({ id: uint32 }),
  pong: fc.record({ id: uint32 }),
};

/** Every kind of message, each about as often. */
export const peerMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  ...Object.entries(messages).map(([type, fields]) =>
    (fields as fc.Arbitrary<object>).map(rest => ({ type, ...rest }) as PeerMessage),
  ),
);

/** Files with harmless, distinct paths and sizes around the boundaries of blocks and pieces. */
export function offeredFiles(maxLength: number, pieceLength: number): fc.Arbitrary<OfferedFile[]> {
  const size = fc.oneof(
    fc.constantFrom(0, 1, 16384, pieceLength - 1, pieceLength, pieceLength + 1),
    fc.integer({ min: 0, max: 12 * pieceLength }),
  );
  const file = fc.record({ path: text(20), size }, { requiredKeys: ['path', 'size'] });
  return fc.array(file, { minLength: 1, maxLength }).map(files => {
    const paths = safePaths(files.map(({ path }) => path));
    return files.map((known, index) => ({ path: paths[index] ?? '', size: known.size }));
  });
}

/** A frame with a few bytes changed, cut out, repeated or put in: what a broken or hostile peer sends. */
export function mutated(frame: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> {
  const edit = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'insert', 'truncate'),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  return fc.tuple(frame, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([original, edits]) => {
    let data = [...original];
    for (const { kind, at, byte } of edits) {
      const index = Math.floor(at * data.length);
      if (kind === 'flip') data[index] = byte;
      else if (kind === 'cut') data.splice(index, 1);
      else if (kind === 'insert') data.splice(index, 0, byte);
      else data = data.slice(0, index);
    }
    return new Uint8Array(data);
  });
}
