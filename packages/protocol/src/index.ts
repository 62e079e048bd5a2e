export {
  concatBytes,
  decodeUtf8,
  equalBytes,
  fromBase64Url,
  fromHex,
  toBase64Url,
  toHex,
  utf8,
  type Bytes,
} from './bytes.ts';
export { ProtocolError, type ProtocolErrorCode } from './errors.ts';
export {
  BLOCK_BYTES,
  BUCKET_DIGEST_BYTES,
  HASH_BYTES,
  ID_BYTES,
  LOG_BUCKETS,
  LOG_TIP_BYTES,
  MAX_ADDRESS_LENGTH,
  MAX_BLOCK_BYTES,
  MAX_BOX_BYTES,
  MAX_CANDIDATE_LENGTH,
  MAX_CONTROL_BYTES,
  MAX_ENCODED_DEPTH,
  MAX_ENCODED_VALUES,
  MAX_ENTRIES_PER_MESSAGE,
  MAX_ENTRY_BYTES,
  MAX_EXTENSION_BYTES,
  MAX_FEATURE_LENGTH,
  MAX_FRAME_BYTES,
  MAX_GOODBYE_LENGTH,
  MAX_HASHES_PER_MESSAGE,
  MAX_HAVE_PIECES,
  MAX_HELLO_ITEMS,
  MAX_ICE_SERVERS,
  MAX_ICE_TEXT_LENGTH,
  MAX_LANE,
  MAX_NAME_LENGTH,
  MAX_OFFER_FILES,
  MAX_OFFER_PIECES,
  MAX_PATH_BYTES,
  MAX_PATH_SEGMENTS,
  MAX_PEERS_PER_MESSAGE,
  MAX_PIECE_LENGTH,
  MAX_PROOF_HASHES,
  MAX_PROOF_LEVELS,
  MAX_RECEIPT_GIVERS,
  MAX_REQUEST_BLOCKS,
  MAX_RETRY_AFTER_MS,
  MAX_SAMPLE_MEMBERS,
  MAX_SDP_LENGTH,
  MAX_SEGMENT_BYTES,
  MAX_TEXT_LENGTH,
  MAX_UINT32,
  MAX_VECTOR_AUTHORS,
  MIN_PIECE_LENGTH,
  PROTOCOL_VERSION,
  PUBLIC_KEY_BYTES,
  ROOT_DIGEST_BYTES,
  ROOM_SECRET_BYTES,
  SIGNATURE_BYTES,
  TARGET_PIECES,
} from './limits.ts';
export {
  webCryptoPort,
  type CryptoKeyLike,
  type CryptoPort,
  type SubtleCryptoLike,
  type WebCryptoLike,
} from './crypto.ts';
export { asOfferId, asPeerId, asRoomId, idBytes, type OfferId, type PeerId, type RoomId } from './ids.ts';
export { generateIdentity, peerIdOf, signerOf, type IdentityKeys, type Signer } from './identity.ts';
export { createRoomSecret, formatRoomLink, parseRoomLink, type RoomSecret } from './link.ts';
export { deriveRoomKeys, type RoomKeys } from './keys.ts';
export {
  choosePieceLength,
  geometryOf,
  locatePiece,
  type FileSpan,
  type OfferedFile,
  type OfferGeometry,
  type PieceLocation,
} from './manifest/geometry.ts';
export { numberedPath, safePath, safePaths } from './manifest/safe-path.ts';
export { splitOffer } from './manifest/split.ts';
export { Bitfield } from './bitfield.ts';
export { allPieceHashesRoot, fileRoot, fileRootsOf, hashPiece, offerRoot } from './merkle/roots.ts';
export { HashTable } from './merkle/hash-table.ts';
export { HashTree, proveHashes, type HashesProof } from './merkle/hash-tree.ts';
export { verifyHashesProof } from './merkle/proof.ts';
export {
  signHashes,
  verifySignedHashes,
  type HashesAuth,
  type ProvenHashes,
  type SignedHashes,
} from './hashes-auth.ts';
export type { EntryBody } from './log-entry/body.ts';
export { logBucketDigest, logBucketOf, logRootDigest, type LogState } from './log-entry/digest.ts';
export {
  createEntry,
  decodeEntry,
  decodingEntry,
  offerIdOf,
  verifyEntry,
  type LogEntry,
} from './log-entry/entry.ts';
export {
  joinReply,
  joinRequest,
  iceReply,
  membersReply,
  shutdownNotice,
  signalDelivery,
  signalReply,
  signalRequest,
  type ClientToServerEvents,
  type IceServer,
  type JoinReply,
  type JoinRequest,
  type IceReply,
  type MembersReply,
  type ServerToClientEvents,
  type ShutdownNotice,
  type SignalDelivery,
  type SignalReply,
  type SignalRequest,
} from './signaling.ts';
export {
  createConnectionId,
  memberAddress,
  openSignal,
  parseMemberAddress,
  sealSignal,
  type MemberAddress,
  type OpenedSignal,
  type ConnectionSignal,
  type Signal,
  type SignalEnds,
  type SignalRejectCode,
  type SignalRoute,
} from './sealed-signal.ts';
export type {
  BlockRequest,
  GoodbyeCode,
  GossipMessage,
  HashesMessage,
  HashMessage,
  LinkMessage,
  LogTip,
  NeighbourMessage,
  PeerMessage,
  PeerMessageType,
  RelayRefusal,
  SeatedPeer,
  SwarmMessage,
} from './peer-messages/schema.ts';
export { decodeMessage, encodeMessage, negotiateVersion } from './peer-messages/codec.ts';
export {
  BLOCK_FRAME,
  CONTROL_FRAME,
  FRAGMENT_FRAME,
  frameKind,
  type FrameKind,
} from './peer-messages/frame.ts';
export {
  BLOCK_HEADER_BYTES,
  readBlockHeader,
  writeBlockHeader,
  type BlockHeader,
} from './peer-messages/block-frame.ts';
export { FRAGMENT_HEADER_BYTES, FragmentJoiner, splitControl } from './peer-messages/fragments.ts';
