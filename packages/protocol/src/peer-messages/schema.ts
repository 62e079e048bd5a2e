import * as v from 'valibot';
import type { Bytes } from '../bytes.ts';
import { hashesAuthSchema, type HashesAuth } from '../hashes-auth.ts';
import { idSchema, offerIdSchema, peerIdSchema, type OfferId, type PeerId } from '../ids.ts';
import {
  BUCKET_DIGEST_BYTES,
  HASH_BYTES,
  LOG_BUCKETS,
  LOG_TIP_BYTES,
  MAX_BLOCK_BYTES,
  MAX_BOX_BYTES,
  MAX_ENTRIES_PER_MESSAGE,
  MAX_ENTRY_BYTES,
  MAX_FEATURE_LENGTH,
  MAX_GOODBYE_LENGTH,
  MAX_HASHES_PER_MESSAGE,
  MAX_HAVE_PIECES,
  MAX_HELLO_ITEMS,
  MAX_LANE,
  MAX_OFFER_PIECES,
  MAX_PEERS_PER_MESSAGE,
  MAX_PIECE_LENGTH,
  MAX_REQUEST_BLOCKS,
  MAX_VECTOR_AUTHORS,
  ROOT_DIGEST_BYTES,
} from '../limits.ts';
import { connectionSignalSchema, type ConnectionSignal } from '../sealed-signal.ts';
import { byteCountSchema, bytesSchema, countSchema, textSchema, uint32Schema } from '../schemas.ts';

const GOODBYE_CODES = [
  /** Leaving the room. */
  'leaving',
  /** No version in common. */
  'version-mismatch',
  /** A frame or message of yours was malformed. */
  'protocol-error',
  /** You broke a rule: a bad block, a forged entry, a flood. */
  'misbehaved',
  /** There is another connection between us. */
  'duplicate',
  /** Too many neighbours. */
  'full',
  /** Nothing to give each other. */
  'idle',
  /** A failure on my side. */
  'internal-error',
] as const;

/** Why a link is ended. */
export type GoodbyeCode = (typeof GOODBYE_CODES)[number];

const RELAY_REFUSALS = [
  /** I have no link to that member, or none that takes relayed boxes. */
  'unknown-member',
  /** Too much is being relayed, or the link to that member is full. */
  'busy',
] as const;

/** Why a box was not handed on. */
export type RelayRefusal = (typeof RELAY_REFUSALS)[number];

/** A member in a list of neighbours: whom, and the random seat of its session (16 bytes, 22 characters). */
export type SeatedPeer = readonly [peer: PeerId, seat: string];

/** A block asked for: id of the request (u32, chosen by the asker), piece, byte offset in the piece, bytes. */
export type BlockRequest = readonly [id: number, piece: number, begin: number, length: number];

/** Author, how many entries I have, and the first bytes of the hash of the last. */
export type LogTip = readonly [author: PeerId, count: number, tip: Bytes];

/** What two neighbours tell each other. */
export type PeerMessage =
  | { readonly type: 'hello'; readonly versions: readonly number[]; readonly features: readonly string[] }
  | { readonly type: 'goodbye'; readonly code: GoodbyeCode; readonly text: string }
  /** Per author: how many entries I have, which is the sequence number I want next. */
  | { readonly type: 'log-vector'; readonly vector: readonly (readonly [PeerId, number])[] }
  | { readonly type: 'log-entries'; readonly entries: readonly Bytes[] }
  /** Digest of all logs (16 bytes), and of each bucket (512 bytes) or none. */
  | { readonly type: 'log-digest'; readonly root: Bytes; readonly buckets: Bytes }
  /** A vector of the named buckets alone, with the first 8 bytes of each last entry's hash. */
  | { readonly type: 'log-part'; readonly buckets: readonly number[]; readonly vector: readonly LogTip[] }
  /** So many entries I have of these authors; with `want`: send me what comes after them. */
  | {
      readonly type: 'log-heads';
      readonly heads: readonly (readonly [PeerId, number])[];
      readonly want: boolean;
    }
  /** What your vector or wish lacked has been sent. */
  | { readonly type: 'log-done' }
  /** Your entries come to me from others too: tell me of new ones with `log-heads`. */
  | { readonly type: 'log-prune' }
  | { readonly type: 'interested' }
  | { readonly type: 'not-interested' }
  | { readonly type: 'choke' }
  | { readonly type: 'unchoke' }
  | { readonly type: 'bitfield'; readonly offer: OfferId; readonly bits: Bytes }
  | { readonly type: 'have-all'; readonly offer: OfferId }
  | { readonly type: 'have'; readonly offer: OfferId; readonly pieces: readonly number[] }
  | { readonly type: 'request'; readonly offer: OfferId; readonly blocks: readonly BlockRequest[] }
  | { readonly type: 'cancel'; readonly ids: readonly number[] }
  | { readonly type: 'reject'; readonly ids: readonly number[] }
  | { readonly type: 'hash-request'; readonly offer: OfferId; readonly first: number; readonly count: number }
  | {
      readonly type: 'hashes';
      readonly offer: OfferId;
      readonly first: number;
      readonly hashes: Bytes;
      readonly auth: HashesAuth;
    }
  | { readonly type: 'hash-reject'; readonly offer: OfferId; readonly first: number; readonly count: number }
  /** Whom I am linked to, as changes since my last word; the first message of a link also names myself. */
  | {
      readonly type: 'peers';
      readonly added: readonly SeatedPeer[];
      readonly dropped: readonly PeerId[];
    }
  /** Hand this sealed box to that neighbour of yours. */
  | { readonly type: 'relay'; readonly to: PeerId; readonly box: Bytes }
  /** A box that a neighbour of mine, whom I name, wants handed to you. Never handed on again. */
  | { readonly type: 'relayed'; readonly from: PeerId; readonly seat: string; readonly box: Bytes }
  | { readonly type: 'relay-refused'; readonly to: PeerId; readonly code: RelayRefusal }
  /** About one more connection between us, which takes blocks only; the number is even or odd by who opens it. */
  | { readonly type: 'lane'; readonly lane: number; readonly signal: ConnectionSignal }
  /** About a connection that shall take the place of the one we have: `direct`, or any way. The number is odd or even by who begins it. */
  | {
      readonly type: 'move';
      readonly move: number;
      readonly way: 'direct' | 'any';
      readonly signal: ConnectionSignal;
    }
  /**
   * `ready`: it is up here. `last`: nothing comes after this on the old connection. `done`: I have got your `last`.
   */
  | { readonly type: 'moved'; readonly move: number; readonly step: 'ready' | 'last' | 'done' }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number };

export type PeerMessageType = PeerMessage['type'];
/** About the link itself. */
export type LinkMessage = Extract<
  PeerMessage,
  { type: 'hello' | 'goodbye' | 'lane' | 'move' | 'moved' | 'ping' | 'pong' }
>;
/** About who is linked to whom, and signals that go over a common neighbour. */
export type NeighbourMessage = Extract<
  PeerMessage,
  { type: 'peers' | 'relay' | 'relayed' | 'relay-refused' }
>;
/** About the room log. */
export type GossipMessage = Extract<
  PeerMessage,
  {
    type: 'log-vector' | 'log-entries' | 'log-digest' | 'log-part' | 'log-heads' | 'log-done' | 'log-prune';
  }
>;
/** About pieces. */
export type SwarmMessage = Extract<
  PeerMessage,
  {
    type:
      | 'interested'
      | 'not-interested'
      | 'choke'
      | 'unchoke'
      | 'bitfield'
      | 'have-all'
      | 'have'
      | 'request'
      | 'cancel'
      | 'reject';
  }
>;
/** About piece hashes. */
export type HashMessage = Extract<PeerMessage, { type: 'hash-request' | 'hashes' | 'hash-reject' }>;
export type HashesMessage = Extract<PeerMessage, { type: 'hashes' }>;

const pieceSchema = countSchema(MAX_OFFER_PIECES - 1);
const idsSchema = v.pipe(v.array(uint32Schema), v.minLength(1), v.maxLength(MAX_REQUEST_BLOCKS));
const blockSchema = v.strictTuple([
  uint32Schema,
  pieceSchema,
  countSchema(MAX_PIECE_LENGTH - 1),
  v.pipe(countSchema(MAX_BLOCK_BYTES), v.minValue(1)),
]);
const boxSchema = bytesSchema(1, MAX_BOX_BYTES);
const hashRunSchema = {
  offer: offerIdSchema,
  first: pieceSchema,
  count: v.pipe(countSchema(MAX_HASHES_PER_MESSAGE), v.minValue(1)),
};

/** One schema per type, so that an unknown type is told from a malformed message. */
export const messageSchemas = {
  hello: v.strictObject({
    type: v.literal('hello'),
    versions: v.pipe(v.array(uint32Schema), v.maxLength(MAX_HELLO_ITEMS)),
    features: v.pipe(v.array(textSchema(MAX_FEATURE_LENGTH)), v.maxLength(MAX_HELLO_ITEMS)),
  }),
  goodbye: v.strictObject({
    type: v.literal('goodbye'),
    code: v.picklist(GOODBYE_CODES),
    text: textSchema(MAX_GOODBYE_LENGTH),
  }),
  'log-vector': v.strictObject({
    type: v.literal('log-vector'),
    vector: v.pipe(v.array(v.strictTuple([peerIdSchema, byteCountSchema])), v.maxLength(MAX_VECTOR_AUTHORS)),
  }),
  'log-entries': v.strictObject({
    type: v.literal('log-entries'),
    entries: v.pipe(v.array(bytesSchema(1, MAX_ENTRY_BYTES)), v.maxLength(MAX_ENTRIES_PER_MESSAGE)),
  }),
  'log-digest': v.strictObject({
    type: v.literal('log-digest'),
    root: bytesSchema(ROOT_DIGEST_BYTES, ROOT_DIGEST_BYTES),
    buckets: v.pipe(
      bytesSchema(0, LOG_BUCKETS * BUCKET_DIGEST_BYTES),
      v.check(buckets => buckets.length === 0 || buckets.length === LOG_BUCKETS * BUCKET_DIGEST_BYTES),
    ),
  }),
  'log-part': v.strictObject({
    type: v.literal('log-part'),
    buckets: v.pipe(v.array(countSchema(LOG_BUCKETS - 1)), v.minLength(1), v.maxLength(LOG_BUCKETS)),
    vector: v.pipe(
      v.array(v.strictTuple([peerIdSchema, byteCountSchema, bytesSchema(LOG_TIP_BYTES, LOG_TIP_BYTES)])),
      v.maxLength(MAX_VECTOR_AUTHORS),
    ),
  }),
  'log-heads': v.strictObject({
    type: v.literal('log-heads'),
    heads: v.pipe(
      v.array(v.strictTuple([peerIdSchema, byteCountSchema])),
      v.minLength(1),
      v.maxLength(MAX_VECTOR_AUTHORS),
    ),
    want: v.boolean(),
  }),
  'log-done': v.strictObject({ type: v.literal('log-done') }),
  'log-prune': v.strictObject({ type: v.literal('log-prune') }),
  interested: v.strictObject({ type: v.literal('interested') }),
  'not-interested': v.strictObject({ type: v.literal('not-interested') }),
  choke: v.strictObject({ type: v.literal('choke') }),
  unchoke: v.strictObject({ type: v.literal('unchoke') }),
  bitfield: v.strictObject({
    type: v.literal('bitfield'),
    offer: offerIdSchema,
    bits: bytesSchema(0, MAX_OFFER_PIECES / 8),
  }),
  'have-all': v.strictObject({ type: v.literal('have-all'), offer: offerIdSchema }),
  have: v.strictObject({
    type: v.literal('have'),
    offer: offerIdSchema,
    pieces: v.pipe(v.array(pieceSchema), v.minLength(1), v.maxLength(MAX_HAVE_PIECES)),
  }),
  request: v.strictObject({
    type: v.literal('request'),
    offer: offerIdSchema,
    blocks: v.pipe(v.array(blockSchema), v.minLength(1), v.maxLength(MAX_REQUEST_BLOCKS)),
  }),
  cancel: v.strictObject({ type: v.literal('cancel'), ids: idsSchema }),
  reject: v.strictObject({ type: v.literal('reject'), ids: idsSchema }),
  'hash-request': v.strictObject({ type: v.literal('hash-request'), ...hashRunSchema }),
  hashes: v.strictObject({
    type: v.literal('hashes'),
    offer: offerIdSchema,
    first: pieceSchema,
    hashes: v.pipe(
      bytesSchema(HASH_BYTES, MAX_HASHES_PER_MESSAGE * HASH_BYTES),
      v.check(hashes => hashes.length % HASH_BYTES === 0),
    ),
    auth: hashesAuthSchema,
  }),
  'hash-reject': v.strictObject({ type: v.literal('hash-reject'), ...hashRunSchema }),
  peers: v.strictObject({
    type: v.literal('peers'),
    added: v.pipe(v.array(v.strictTuple([peerIdSchema, idSchema])), v.maxLength(MAX_PEERS_PER_MESSAGE)),
    dropped: v.pipe(v.array(peerIdSchema), v.maxLength(MAX_PEERS_PER_MESSAGE)),
  }),
  relay: v.strictObject({ type: v.literal('relay'), to: peerIdSchema, box: boxSchema }),
  relayed: v.strictObject({
    type: v.literal('relayed'),
    from: peerIdSchema,
    seat: idSchema,
    box: boxSchema,
  }),
  'relay-refused': v.strictObject({
    type: v.literal('relay-refused'),
    to: peerIdSchema,
    code: v.picklist(RELAY_REFUSALS),
  }),
  lane: v.strictObject({
    type: v.literal('lane'),
    lane: v.pipe(countSchema(MAX_LANE), v.minValue(1)),
    signal: connectionSignalSchema,
  }),
  move: v.strictObject({
    type: v.literal('move'),
    move: uint32Schema,
    way: v.picklist(['direct', 'any']),
    signal: connectionSignalSchema,
  }),
  moved: v.strictObject({
    type: v.literal('moved'),
    move: uint32Schema,
    step: v.picklist(['ready', 'last', 'done']),
  }),
  ping: v.strictObject({ type: v.literal('ping'), id: uint32Schema }),
  pong: v.strictObject({ type: v.literal('pong'), id: uint32Schema }),
} as const satisfies {
  readonly [Type in PeerMessageType]: v.GenericSchema<unknown, Extract<PeerMessage, { type: Type }>>;
};
