import { sha256 } from '@noble/hashes/sha2.js';
import * as v from 'valibot';
import { concatBytes, lengthPrefixed, owned, utf8, type Bytes } from '../bytes.ts';
import type { CryptoPort } from '../crypto.ts';
import { ProtocolError } from '../errors.ts';
import { peerIdOf, type Signer } from '../identity.ts';
import { asOfferId, idBytes, idText, type OfferId, type PeerId, type RoomId } from '../ids.ts';
import { MAX_ENTRY_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../limits.ts';
import { decodeMsgpack, encodeMsgpack } from '../msgpack.ts';
import { hashSchema } from '../schemas.ts';
import { entryBodySchema, seqSchema, wireBody, type EntryBody, type UnknownBody } from './body.ts';

/** One entry of a member's append-only log. */
export interface LogEntry {
  readonly author: PeerId;
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** From 0, without gaps. */
  readonly seq: number;
  /** Hash of the entry before, 32 bytes; zeros at seq 0. */
  readonly prev: Bytes;
  readonly body: EntryBody | UnknownBody;
  /** 32 bytes, over author and payload. Not over the signature, so that nobody but the author can give an entry two hashes. */
  readonly hash: Bytes;
  /** Ed25519, 64 bytes. */
  readonly signature: Bytes;
  /** The signed part, encoded. */
  readonly payload: Bytes;
  /** Public key, signature, payload: what is stored and sent. */
  readonly raw: Bytes;
}

const payloadSchema = v.strictObject({ seq: seqSchema, prev: hashSchema, body: entryBodySchema });
type Payload = v.InferOutput<typeof payloadSchema>;

const PAYLOAD_AT = PUBLIC_KEY_BYTES + SIGNATURE_BYTES;

/**
 * Writes and signs an entry.
 * @param rest - awaited between steps: with 10,000 files, writing and reading back take a slow page 100 ms
 * @throws ProtocolError `malformed-entry` when others would refuse the body, `entry-too-large` over 1 MiB
 */
export async function createEntry(
  signer: Signer,
  room: RoomId,
  seq: number,
  prev: Bytes,
  body: EntryBody,
  rest: () => Promise<void> = async () => undefined,
): Promise<LogEntry> {
  const payload = encodeMsgpack({ seq, prev, body: wireBody(body) });
  if (PAYLOAD_AT + payload.length > MAX_ENTRY_BYTES) throw tooLarge();
  const signature = await signer.sign(signedText(room, payload));
  // Read back before anybody has it: what others would refuse must never get into the log, from which nothing is taken back.
  const steps = decodingEntry(concatBytes(signer.publicKey, signature, payload));
  for (;;) {
    await rest();
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Reads an entry; its signature is not checked (see {@link verifyEntry}). The result owns its bytes.
 * @throws ProtocolError `malformed-entry`, `entry-too-large`
 */
export function decodeEntry(raw: Bytes): LogEntry {
  const steps = decodingEntry(raw);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * {@link decodeEntry} in steps of similar length: with 10,000 files the whole takes a slow page 70 ms, in which it answers nobody.
 * @throws ProtocolError as {@link decodeEntry} does, from any step
 */
export function* decodingEntry(raw: Bytes): Generator<undefined, LogEntry, undefined> {
  if (raw.length > MAX_ENTRY_BYTES) throw tooLarge();
  if (raw.length <= PAYLOAD_AT) throw malformed();
  const own = raw.slice();
  const plain = decodeMsgpack(own.subarray(PAYLOAD_AT));
  yield;
  const fields = checkedPayload(plain);
  yield;
  return assembled(own, fields);
}

/** True when the author signed the entry for this room. Says nothing of its place in the author's log. */
export function verifyEntry(
  crypto: Pick<CryptoPort, 'verifyEd25519'>,
  room: RoomId,
  entry: LogEntry,
): Promise<boolean> {
  return crypto.verifyEd25519(entry.publicKey, entry.signature, signedText(room, entry.payload));
}

/** The id of the offer that an entry makes. */
export function offerIdOf(entry: Pick<LogEntry, 'hash'>): OfferId {
  return asOfferId(idText(entry.hash));
}

function assembled(raw: Bytes, fields: Payload): LogEntry {
  const publicKey = raw.slice(0, PUBLIC_KEY_BYTES);
  const payload = raw.subarray(PAYLOAD_AT);
  return {
    ...fields,
    author: peerIdOf(publicKey),
    publicKey,
    hash: owned(sha256(lengthPrefixed(utf8('shoal/1 entry hash'), publicKey, payload))),
    signature: raw.slice(PUBLIC_KEY_BYTES, PAYLOAD_AT),
    payload,
    raw,
  };
}

function checkedPayload(plain: unknown): Payload {
  const result = v.safeParse(payloadSchema, plain, { abortEarly: true });
  if (!result.success) throw malformed();
  return result.output;
}

function signedText(room: RoomId, payload: Bytes): Bytes {
  return lengthPrefixed(utf8('shoal/1 log entry'), idBytes(room), payload);
}

function malformed(): ProtocolError {
  return new ProtocolError('malformed-entry', 'A log entry is malformed.');
}

function tooLarge(): ProtocolError {
  return new ProtocolError('entry-too-large', 'A log entry is longer than 1 MiB.');
}
