import * as v from 'valibot';
import { owned, type Bytes } from './bytes.ts';
import { ProtocolError, type ProtocolErrorCode } from './errors.ts';
import { roomIdSchema } from './ids.ts';
import {
  MAX_ADDRESS_LENGTH,
  MAX_BOX_BYTES,
  MAX_ICE_SECONDS,
  MAX_ICE_SERVERS,
  MAX_ICE_TEXT_LENGTH,
  MAX_RETRY_AFTER_MS,
  MAX_SAMPLE_MEMBERS,
  PROTOCOL_VERSION,
} from './limits.ts';
import { countSchema, textSchema } from './schemas.ts';

const addressSchema = v.pipe(v.string(), v.maxLength(MAX_ADDRESS_LENGTH), v.regex(/^[A-Za-z0-9_-]+$/));
const membersSchema = v.pipe(v.array(addressSchema), v.maxLength(MAX_SAMPLE_MEMBERS));

/** Socket.IO gives binary as a Buffer in Node and as an ArrayBuffer in browsers; here it always becomes plain bytes. */
const binarySchema = v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]);
const boxSchema = v.pipe(
  binarySchema,
  v.check(box => box.byteLength > 0 && box.byteLength <= MAX_BOX_BYTES),
  v.transform((box): Bytes =>
    box instanceof ArrayBuffer ? new Uint8Array(box) : owned(new Uint8Array(box)),
  ),
);

const iceTextSchema = textSchema(MAX_ICE_TEXT_LENGTH);
const iceServerSchema = v.strictObject({
  urls: v.pipe(
    v.array(v.pipe(iceTextSchema, v.regex(/^(?:stun|turn)s?:/))),
    v.minLength(1),
    v.maxLength(MAX_ICE_SERVERS),
  ),
  username: v.exactOptional(iceTextSchema),
  credential: v.exactOptional(iceTextSchema),
});

const failureSchema = <const Codes extends readonly string[]>(codes: Codes) =>
  v.strictObject({ ok: v.literal(false), code: v.picklist(codes) });

/** With relays among the servers: seconds from now to the end of their credentials. */
const iceGrant = {
  iceServers: v.pipe(v.array(iceServerSchema), v.maxLength(MAX_ICE_SERVERS)),
  iceSeconds: v.exactOptional(v.pipe(countSchema(MAX_ICE_SECONDS), v.minValue(1))),
};

const joinRequestSchema = v.strictObject({ version: v.literal(PROTOCOL_VERSION), room: roomIdSchema });
const joinReplySchema = v.variant('ok', [
  v.strictObject({
    ok: v.literal(true),
    address: addressSchema,
    members: membersSchema,
    ...iceGrant,
  }),
  failureSchema(['bad-request', 'room-full', 'rate-limited', 'unsupported-version']),
]);
const membersReplySchema = v.variant('ok', [
  v.strictObject({ ok: v.literal(true), members: membersSchema }),
  failureSchema(['not-joined', 'rate-limited', 'bad-request']),
]);
const iceReplySchema = v.variant('ok', [
  v.strictObject({ ok: v.literal(true), ...iceGrant }),
  failureSchema(['rate-limited', 'bad-request']),
]);
const signalRequestSchema = v.strictObject({ to: addressSchema, box: boxSchema });
const signalReplySchema = v.variant('ok', [
  v.strictObject({ ok: v.literal(true) }),
  failureSchema(['unknown-member', 'too-large', 'rate-limited', 'bad-request', 'not-joined']),
]);
const signalDeliverySchema = v.strictObject({ from: addressSchema, box: boxSchema });
const shutdownNoticeSchema = v.strictObject({ retryAfterMs: countSchema(MAX_RETRY_AFTER_MS) });

/** A STUN or TURN server, as `RTCPeerConnection` takes it. */
export type IceServer = v.InferOutput<typeof iceServerSchema>;
/** Client to server: let me into a room. */
export type JoinRequest = v.InferOutput<typeof joinRequestSchema>;
export type JoinReply = v.InferOutput<typeof joinReplySchema>;
export type IceReply = v.InferOutput<typeof iceReplySchema>;
export type MembersReply = v.InferOutput<typeof membersReplySchema>;
/** Client to server: hand this sealed box to a member of my room. */
export type SignalRequest = v.InferOutput<typeof signalRequestSchema>;
export type SignalReply = v.InferOutput<typeof signalReplySchema>;
/** Server to client: a sealed box from a member of my room. */
export type SignalDelivery = v.InferOutput<typeof signalDeliverySchema>;
/** Server to client: about to stop, come back after so many milliseconds. */
export type ShutdownNotice = v.InferOutput<typeof shutdownNoticeSchema>;

/** Socket.IO events that a client sends; every one is acknowledged. */
export interface ClientToServerEvents {
  join: (request: JoinRequest, ack: (reply: JoinReply) => void) => void;
  members: (ack: (reply: MembersReply) => void) => void;
  /** STUN and TURN servers with fresh credentials; answered to members and to those who only look at their network. */
  ice: (ack: (reply: IceReply) => void) => void;
  signal: (request: SignalRequest, ack: (reply: SignalReply) => void) => void;
}

/** Socket.IO events that the server sends. */
export interface ServerToClientEvents {
  signal: (delivery: SignalDelivery) => void;
  shutdown: (notice: ShutdownNotice) => void;
}

/** @throws ProtocolError `unsupported-version` or `bad-request`: the very codes to answer with */
export function joinRequest(value: unknown): JoinRequest {
  const version = v.safeParse(v.object({ version: countSchema(Number.MAX_SAFE_INTEGER) }), value);
  const other = version.success && version.output.version !== PROTOCOL_VERSION;
  return parse(joinRequestSchema, value, other ? 'unsupported-version' : 'bad-request');
}

/** @throws ProtocolError `too-large` or `bad-request`: the very codes to answer with */
export function signalRequest(value: unknown): SignalRequest {
  const sized = v.safeParse(v.object({ box: binarySchema }), value);
  const large = sized.success && sized.output.box.byteLength > MAX_BOX_BYTES;
  return parse(signalRequestSchema, value, large ? 'too-large' : 'bad-request');
}

/** @throws ProtocolError `malformed-event` */
export function joinReply(value: unknown): JoinReply {
  return parse(joinReplySchema, value, 'malformed-event');
}

/** @throws ProtocolError `malformed-event` */
export function membersReply(value: unknown): MembersReply {
  return parse(membersReplySchema, value, 'malformed-event');
}

/** @throws ProtocolError `malformed-event` */
export function iceReply(value: unknown): IceReply {
  return parse(iceReplySchema, value, 'malformed-event');
}

/** @throws ProtocolError `malformed-event` */
export function signalReply(value: unknown): SignalReply {
  return parse(signalReplySchema, value, 'malformed-event');
}

/** @throws ProtocolError `malformed-event` */
export function signalDelivery(value: unknown): SignalDelivery {
  return parse(signalDeliverySchema, value, 'malformed-event');
}

/** @throws ProtocolError `malformed-event` */
export function shutdownNotice(value: unknown): ShutdownNotice {
  return parse(shutdownNoticeSchema, value, 'malformed-event');
}

function parse<Output>(
  schema: v.GenericSchema<unknown, Output>,
  value: unknown,
  code: ProtocolErrorCode,
): Output {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) throw new ProtocolError(code, 'A signaling event is malformed.');
  return result.output;
}
