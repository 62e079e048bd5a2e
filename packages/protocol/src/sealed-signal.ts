import * as v from 'valibot';
import { concatBytes, lengthPrefixed, toBase64Url, uint32, utf8, type Bytes } from './bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { ProtocolError } from './errors.ts';
import { peerIdOf, type Signer } from './identity.ts';
import { asPeerId, idBytes, isIdText, type PeerId } from './ids.ts';
import {
  ID_BYTES,
  MAX_BOX_BYTES,
  MAX_CANDIDATE_LENGTH,
  MAX_LANE,
  MAX_SDP_LENGTH,
  MAX_UINT32,
  PROTOCOL_VERSION,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
} from './limits.ts';
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts';
import { countSchema, textSchema } from './schemas.ts';

const REJECT_CODES = [
  /** No room for one more neighbour. */
  'full',
  /** There already is a connection to that member. */
  'duplicate',
  /** A signal of that connection was not authentic. */
  'signal-forged',
  /** A signal of that connection was malformed. */
  'signal-malformed',
  /** The connection is not (or no longer) known. */
  'unknown-connection',
  /** Leaving the room. */
  'leaving',
] as const;

/** Why a member refuses a connection. */
export type SignalRejectCode = (typeof REJECT_CODES)[number];

const sdpSchema = textSchema(MAX_SDP_LENGTH);
const descriptionSchemas = [
  v.strictObject({ kind: v.literal('offer'), sdp: sdpSchema }),
  v.strictObject({ kind: v.literal('answer'), sdp: sdpSchema }),
  v.strictObject({
    kind: v.literal('candidate'),
    candidate: textSchema(MAX_CANDIDATE_LENGTH),
    sdpMid: v.nullable(textSchema(64)),
    sdpMLineIndex: v.nullable(countSchema(0xffff)),
  }),
] as const;
const signalSchema = v.variant('kind', [
  ...descriptionSchemas,
  v.strictObject({ kind: v.literal('reject'), code: v.picklist(REJECT_CODES) }),
]);
export const connectionSignalSchema = v.variant('kind', descriptionSchemas);

/** What one end of a connection wants told to the other end. */
export type ConnectionSignal =
  | { readonly kind: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly kind: 'candidate';
      readonly candidate: string;
      readonly sdpMid: string | null;
      readonly sdpMLineIndex: number | null;
    };

/** What two members say to each other to set up a connection. */
export type Signal = ConnectionSignal | { readonly kind: 'reject'; readonly code: SignalRejectCode };

/** Where a box comes from and goes to: two addresses at the signaling server, or two of members ({@link memberAddress}). */
export interface SignalEnds {
  readonly from: string;
  readonly to: string;
}

/** A member as its neighbours address it, when a box goes over one of them instead of over the server. */
export interface MemberAddress {
  readonly peer: PeerId;
  /** 16 random bytes of the member's session, 22 characters: what was sealed for an earlier session opens in no later one. */
  readonly seat: string;
}

/** What a box is bound to. */
export interface SignalRoute extends SignalEnds {
  /** 16 random bytes of the connection attempt, 22 characters. */
  readonly connection: string;
  /** u32, counts the signals of one side of a connection from 0. */
  readonly seq: number;
  /** u8, 0 for the first connection to a member. */
  readonly lane: number;
}

/** A signal whose author is proved. */
export interface OpenedSignal {
  readonly route: SignalRoute;
  readonly signal: Signal;
  readonly publicKey: Bytes;
  readonly peerId: PeerId;
}

// box: header (version u8, connection 16, seq u32, lane u8), nonce 12, AES-256-GCM of (public key, signature, signal)
const SEQ_AT = 1 + ID_BYTES;
const LANE_AT = SEQ_AT + 4;
const HEADER_BYTES = LANE_AT + 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED_AT = HEADER_BYTES + NONCE_BYTES;
const SIGNAL_AT = PUBLIC_KEY_BYTES + SIGNATURE_BYTES;

/**
 * Signs a signal, then seals it under the room's signal key, both bound to its route.
 * @throws ProtocolError `signal-malformed` when the other side would refuse the route or the signal
 */
export async function sealSignal(
  crypto: Pick<CryptoPort, 'randomBytes' | 'aesGcmSeal'>,
  signalKey: Bytes,
  signer: Signer,
  route: SignalRoute,
  signal: Signal,
): Promise<Bytes> {
  const { seq, lane } = route;
  if (!Number.isInteger(seq) || seq < 0 || seq > MAX_UINT32) throw malformed();
  if (!Number.isInteger(lane) || lane < 0 || lane > MAX_LANE) throw malformed();
  const header = concatBytes(
    new Uint8Array([PROTOCOL_VERSION]),
    idBytes(route.connection),
    uint32(seq),
    new Uint8Array([lane]),
  );
  const encoded = encodeMsgpack(signal);
  parseSignal(encoded);
  const aad = associatedData(header, route);
  const signature = await signer.sign(signedText(aad, encoded));
  const nonce = crypto.randomBytes(NONCE_BYTES);
  const inner = concatBytes(signer.publicKey, signature, encoded);
  const box = concatBytes(header, nonce, await crypto.aesGcmSeal(signalKey, nonce, inner, aad));
  if (box.length > MAX_BOX_BYTES) throw malformed();
  return box;
}

/**
 * Opens a box that came from one address to another (mine), and checks who wrote it.
 * @throws ProtocolError `signal-malformed` when it is no box, `signal-forged` when it is not authentic: another room's
 *   key, other addresses, changed bytes, a wrong signature, or (between members) another author than the address names
 */
export async function openSignal(
  crypto: Pick<CryptoPort, 'aesGcmOpen' | 'verifyEd25519'>,
  signalKey: Bytes,
  ends: SignalEnds,
  box: Bytes,
): Promise<OpenedSignal> {
  if (box.length > MAX_BOX_BYTES || box.length <= SEALED_AT + TAG_BYTES + SIGNAL_AT) throw malformed();
  if (box[0] !== PROTOCOL_VERSION) throw malformed();
  const header = box.subarray(0, HEADER_BYTES);
  const aad = associatedData(header, ends);
  const nonce = box.subarray(HEADER_BYTES, SEALED_AT);
  const inner = await crypto.aesGcmOpen(signalKey, nonce, box.subarray(SEALED_AT), aad);
  if (inner === undefined) throw forged();
  const publicKey = inner.slice(0, PUBLIC_KEY_BYTES);
  const encoded = inner.subarray(SIGNAL_AT);
  const signature = inner.subarray(PUBLIC_KEY_BYTES, SIGNAL_AT);
  if (!(await crypto.verifyEd25519(publicKey, signature, signedText(aad, encoded)))) throw forged();
  const peerId = peerIdOf(publicKey);
  const member = parseMemberAddress(ends.from);
  if (member !== undefined && member.peer !== peerId) throw forged();
  const view = new DataView(header.buffer, header.byteOffset);
  return {
    route: {
      from: ends.from,
      to: ends.to,
      connection: toBase64Url(header.subarray(1, SEQ_AT)),
      seq: view.getUint32(SEQ_AT),
      lane: view.getUint8(LANE_AT),
    },
    signal: parseSignal(encoded),
    publicKey,
    peerId,
  };
}

/** A fresh id for a connection attempt. */
export function createConnectionId(crypto: Pick<CryptoPort, 'randomBytes'>): string {
  return toBase64Url(crypto.randomBytes(ID_BYTES));
}

/** The address of a member: its PeerId, a slash (which no address at a server holds), its seat. */
export function memberAddress({ peer, seat }: MemberAddress): string {
  return `${peer}/${seat}`;
}

/** The member that an address names; `undefined` for an address at the signaling server. */
export function parseMemberAddress(address: string): MemberAddress | undefined {
  const [peer = '', seat = '', ...rest] = address.split('/');
  return isIdText(peer) && isIdText(seat) && rest.length === 0 ? { peer: asPeerId(peer), seat } : undefined;
}

/** Boxes for the two ways have contexts of their own: none can be moved from one to the other. */
function associatedData(header: Bytes, { from, to }: SignalEnds): Bytes {
  const members = parseMemberAddress(from) !== undefined && parseMemberAddress(to) !== undefined;
  const context = members ? 'shoal/1 relayed signal' : 'shoal/1 sealed signal';
  return lengthPrefixed(utf8(context), header, utf8(from), utf8(to));
}

function signedText(aad: Bytes, encoded: Bytes): Bytes {
  return lengthPrefixed(utf8('shoal/1 signed signal'), aad, encoded);
}

function parseSignal(encoded: Bytes): Signal {
  const result = v.safeParse(signalSchema, decodeMsgpack(encoded), { abortEarly: true });
  if (!result.success) throw malformed();
  return result.output;
}

function malformed(): ProtocolError {
  return new ProtocolError('signal-malformed', 'A sealed signal is malformed.');
}

function forged(): ProtocolError {
  return new ProtocolError('signal-forged', 'A sealed signal is not authentic.');
}
