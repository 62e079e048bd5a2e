/** Every cap of the wire, with unit and reason. A cap is checked before anything of that size is allocated. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Version of everything in this package; negotiated in `hello`, part of each key and signing context. */
export const PROTOCOL_VERSION = 1;

/** Bytes of a room secret: 128 bits cannot be guessed and keep the link short. */
export const ROOM_SECRET_BYTES = 16;
/** Bytes of every id (PeerId, OfferId, RoomId, connection): 128 bits, 22 base64url characters. */
export const ID_BYTES = 16;
/** Bytes of an Ed25519 public key (RFC 8032). */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of an Ed25519 signature (RFC 8032). */
export const SIGNATURE_BYTES = 64;

/** Bytes of a Merkle leaf's block (BEP 52). */
export const BLOCK_BYTES = 16 * KIB;
/** Bytes of a SHA-256 digest. */
export const HASH_BYTES = 32;
/** Bytes of the shortest piece: below it bookkeeping costs more than it saves. */
export const MIN_PIECE_LENGTH = 64 * KIB;
/** Bytes of the longest piece: a piece is the unit of loss when one block is bad, and is held in memory while checked. */
export const MAX_PIECE_LENGTH = 4 * MIB;
/** Pieces aimed at per offer: one `have` in 4096 is a smooth progress bar and 128 KiB of hashes. */
export const TARGET_PIECES = 4096;
/** Pieces of one offer: bounds a bitfield to 128 KiB (one frame) and the piece hashes to 32 MiB; 4 TiB at the longest piece. */
export const MAX_OFFER_PIECES = 1 << 20;
/** Files of one offer; a larger folder becomes several offers (`splitOffer`). */
export const MAX_OFFER_FILES = 10_000;

/** UTF-8 bytes of one path segment: the limit of ext4, APFS and NTFS alike. */
export const MAX_SEGMENT_BYTES = 255;
/** UTF-8 bytes of a whole path: PATH_MAX of Linux. */
export const MAX_PATH_BYTES = 4096;
/** Segments of a path: deeper folders only serve to exhaust whoever walks them. */
export const MAX_PATH_SEGMENTS = 128;
/** UTF-8 bytes of a file name extension that survives the truncation of a long name. */
export const MAX_EXTENSION_BYTES = 32;

/** Bytes of an encoded log entry: 10,000 files with paths of 80 bytes fit. */
export const MAX_ENTRY_BYTES = MIB;
/** UTF-16 units of the name of a kind of entry, known or not. */
export const MAX_KIND_LENGTH = 32;
/** UTF-16 units of a member's or device's name: a line of a list. */
export const MAX_NAME_LENGTH = 128;
/** UTF-16 units of a text entry: a long note, yet hundreds of them fit in one message. */
export const MAX_TEXT_LENGTH = 8 * KIB;

/** Bytes of a sealed signal: an SDP with all candidates is 2 to 8 KiB; the server relays nothing larger. */
export const MAX_BOX_BYTES = 32 * KIB;
/** UTF-16 units of an SDP: with three bytes a unit at worst it still would not all fit in a box, but SDP is ASCII. */
export const MAX_SDP_LENGTH = 24 * KIB;
/** UTF-16 units of an ICE candidate line: about 120 in practice. */
export const MAX_CANDIDATE_LENGTH = KIB;
/** Lanes of a link: u8 on the wire, few make sense. */
export const MAX_LANE = 255;
/** Characters of a member's address at the signaling server. */
export const MAX_ADDRESS_LENGTH = 64;
/** Addresses in one answer of the server: a sample, never the whole room. */
export const MAX_SAMPLE_MEMBERS = 256;
/** ICE servers in one answer. */
export const MAX_ICE_SERVERS = 16;
/** Characters of an ICE server's URL, user name or credential. */
export const MAX_ICE_TEXT_LENGTH = 512;
/** Seconds that relay credentials may live: three weeks. */
export const MAX_ICE_SECONDS = 1_814_400;
/** Milliseconds a server may ask us to stay away: one hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** Bytes of a block asked for or sent: one message below every browser's message size with its header. */
export const MAX_BLOCK_BYTES = 128 * KIB;
/** Bytes of one frame on a link; a sender also obeys the negotiated `maxMessageSize`. */
export const MAX_FRAME_BYTES = 192 * KIB;
/** Bytes of a control message after joining its fragments: four of the largest log entries. */
export const MAX_CONTROL_BYTES = 4 * MIB;
/** Values in one encoded structure: an offer of 10,000 files holds 40,000. */
export const MAX_ENCODED_VALUES = 1 << 16;
/** Nesting of an encoded structure: the deepest of ours (entry, body, files, file) needs 4. */
export const MAX_ENCODED_DEPTH = 6;
/** Versions or features in a `hello`. */
export const MAX_HELLO_ITEMS = 32;
/** UTF-16 units of a feature's name. */
export const MAX_FEATURE_LENGTH = 64;
/** UTF-16 units of the text of a `goodbye`. */
export const MAX_GOODBYE_LENGTH = 512;
/** Members in either list of a `peers`, and remembered of what one neighbour tells: several times the links a member keeps. */
export const MAX_PEERS_PER_MESSAGE = 64;
/** Authors in one `log-vector`: ten times the largest room aimed at. */
export const MAX_VECTOR_AUTHORS = 10_000;
/** Buckets that authors are sorted into by the first 6 bits of their PeerId, to compare logs by digest. */
export const LOG_BUCKETS = 64;
/** Bytes of a bucket's digest: a chance of 2^-64 to miss a difference, until the logs change again. */
export const BUCKET_DIGEST_BYTES = 8;
/** Bytes of the digest over all buckets. */
export const ROOT_DIGEST_BYTES = 16;
/** Bytes of the hash of a log's last entry in a `log-part`: enough to tell equal logs from forked ones. */
export const LOG_TIP_BYTES = 8;
/** Givers in one receipt: several times the neighbours of a member; 8 KiB. */
export const MAX_RECEIPT_GIVERS = 256;
/** Entries in one `log-entries`. */
export const MAX_ENTRIES_PER_MESSAGE = 4096;
/** Pieces in one `have`; a longer list is a bitfield's work. */
export const MAX_HAVE_PIECES = 4096;
/** Blocks in one `request`, ids in one `cancel` or `reject`: 4096 blocks of 16 KiB are 64 MiB, more than a window holds. */
export const MAX_REQUEST_BLOCKS = 4096;
/** Piece hashes in one `hashes` or asked for in one `hash-request`: 64 KiB, so that the message stays one frame. */
export const MAX_HASHES_PER_MESSAGE = 2048;
/** Piece hashes in one proof: 16 KiB, one block's worth; a longer run is several proofs. */
export const MAX_PROOF_HASHES = 512;
/** Levels of uncles in one proof: 2^20 pieces and 10,000 files need at most 20 and 14. */
export const MAX_PROOF_LEVELS = 20;
/** Largest u32: ids of requests and pings, sequence numbers. */
export const MAX_UINT32 = 0xffff_ffff;
