import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, lengthPrefixed, owned, utf8, type Bytes } from '../bytes.ts';
import { idBytes, type PeerId } from '../ids.ts';
import { BUCKET_DIGEST_BYTES, HASH_BYTES, ROOT_DIGEST_BYTES } from '../limits.ts';

/** One author's log, as far as a copy holds it. */
export interface LogState {
  readonly author: PeerId;
  /** Entries held. */
  readonly count: number;
  /** Hash of the last of them, 32 bytes; zeros when there is none. */
  readonly tip: Bytes;
  /** From which seq on the log is void, when a fork is proved. */
  readonly forkedFrom?: number;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Says "no fork" where the seq of one would stand: no log is that long. */
const NO_FORK = 0xffff_ffff;

/** Bucket of an author, 0 to 63: the first 6 bits of the PeerId, which are the first character of its text. */
export function logBucketOf(author: PeerId): number {
  return BASE64URL.indexOf(author.charAt(0));
}

/** Digest of one bucket, 8 bytes; zeros when nothing is held in it. The order of `states` does not matter. */
export function logBucketDigest(states: readonly LogState[]): Bytes {
  if (states.length === 0) return new Uint8Array(BUCKET_DIGEST_BYTES);
  const sorted = states.toSorted((a, b) => (a.author < b.author ? -1 : 1));
  return digest('shoal/1 log bucket', sorted.map(leafOf), BUCKET_DIGEST_BYTES);
}

/** Digest of all buckets, 16 bytes. `buckets` are their 64 digests one after the other. */
export function logRootDigest(buckets: Bytes): Bytes {
  return digest('shoal/1 log root', [buckets], ROOT_DIGEST_BYTES);
}

function leafOf({ author, count, tip, forkedFrom }: LogState): Bytes {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, count);
  view.setUint32(4, forkedFrom ?? NO_FORK);
  return concatBytes(idBytes(author), numbers, tip.subarray(0, HASH_BYTES));
}

function digest(context: string, parts: readonly Bytes[], length: number): Bytes {
  return owned(sha256(lengthPrefixed(utf8(context), ...parts)).slice(0, length));
}
