import {
  Bitfield,
  HASH_BYTES,
  HashTable,
  HashTree,
  MAX_HASHES_PER_MESSAGE,
  equalBytes,
  verifyHashesProof,
  verifySignedHashes,
} from '@shoal/protocol';
import type { Bytes, CryptoPort, HashesAuth, OfferGeometry, OfferId, RoomId } from '@shoal/protocol';
import type { Condemnation, HashBookFailure, HashesMessage, LearnResult, SealResult } from './results.ts';
import { RunStore } from './run-store.ts';
import type { HashRun } from './run-store.ts';

/** Runs kept for passing on: more than any honest author signs, 100 bytes each (a proof: up to 1.4 KB). */
const MAX_STORED_RUNS = 16_384;
/** Messages in one answer: the asker asks again for what is left. */
const MAX_ANSWER_MESSAGES = 64;

export interface HashBookOptions {
  readonly crypto: Pick<CryptoPort, 'verifyEd25519'>;
  readonly room: RoomId;
  readonly offer: OfferId;
  readonly geometry: OfferGeometry;
  /** Ed25519, 32 bytes. */
  readonly authorPublicKey: Bytes;
  readonly maxStoredRuns?: number;
}

/**
 * Which piece hashes of one offer are known, and on whose word: batches signed by the author before the seal, proofs
 * against the sealed root after it. A hash that got in never changes. What is known can be passed on with its reason, so
 * that a stranger can check it without trusting us.
 *
 * It does not own: bytes (storage compares them with these hashes), who to ask and when (the engine).
 */
export class HashBook {
  readonly #o: HashBookOptions;
  readonly #known: Bitfield;
  readonly #table: HashTable;
  readonly #runs: RunStore;
  #root: Bytes | undefined;
  /** Grows with the hashes, so that the seal, which needs all of it, does not hold up the page. */
  readonly #tree: HashTree;
  #condemned: Condemnation | undefined;

  constructor(options: HashBookOptions) {
    this.#o = options;
    this.#known = new Bitfield(options.geometry.pieceCount);
    this.#table = new HashTable(options.geometry.pieceCount);
    this.#tree = new HashTree(options.geometry);
    this.#runs = new RunStore(options.maxStoredRuns ?? MAX_STORED_RUNS);
  }

  /** Pieces whose hash is known. A live view: copy it before keeping it. */
  get known(): Bitfield {
    return this.#known;
  }

  get complete(): boolean {
    return this.#known.complete;
  }

  /** Root that the author sealed, 32 bytes. */
  get root(): Bytes | undefined {
    return this.#root;
  }

  /** Root over the known hashes, once all are known: what the author seals. 32 bytes. */
  get computedRoot(): Bytes | undefined {
    return this.#tree.root;
  }

  /** Set once the author contradicted themselves; nothing more is learned then. */
  get condemned(): Condemnation | undefined {
    return this.#condemned;
  }

  /** Expected hash of a piece, 32 bytes. */
  hash(piece: number): Bytes | undefined {
    return this.#known.has(piece) ? this.#table.slice(piece, 1) : undefined;
  }

  /** Expected hashes, count * 32 bytes; undefined unless all of them are known. */
  hashes(first: number, count: number): Bytes | undefined {
    return this.#known.hasRange(first, count) ? this.#table.slice(first, count) : undefined;
  }

  /** Checks what a neighbour sent, and keeps it if it holds. */
  async learn(message: HashesMessage): Promise<LearnResult> {
    const { first, hashes, auth } = message;
    if (message.offer !== this.#o.offer) return failure('wrong-offer', 'sender');
    if (!this.#wellFormed(first, hashes)) return failure('malformed', 'sender');
    // What is known already needs no proof, and costs no signature check.
    if (this.#condemned === undefined && this.#repeats(first, hashes)) return learned(first, hashes, 0);
    const refused = await this.#check(first, hashes, auth);
    // Other messages may have been learned during the check, so everything else is decided after it.
    return refused ?? this.#take(first, hashes, auth);
  }

  /**
   * Adds a batch that this device, being the author, hashed and signed. At most 2048 hashes.
   * `contradiction` means that the files changed since an earlier batch: the offer cannot be kept.
   */
  addOwn(first: number, hashes: Bytes, signature: Bytes): LearnResult {
    if (!this.#wellFormed(first, hashes)) return failure('malformed', 'sender');
    return this.#take(first, hashes, { kind: 'signed', signature });
  }

  /** Takes the root from the author's log. Calling it again with the same root does nothing. */
  seal(root: Bytes): SealResult {
    if (this.#condemned !== undefined) return failure(this.#condemned, 'author');
    if (this.#root !== undefined && !equalBytes(this.#root, root)) return this.#condemn('seal-contradiction');
    this.#root ??= root.slice();
    return this.#settle() ?? { ok: true };
  }

  /**
   * What to send to a neighbour that asks for these hashes; empty when nothing of it can be answered. May answer less (the
   * first 64 messages) or, as runs are checked whole, more than asked.
   */
  answer(first: number, count: number): readonly HashesMessage[] {
    const from = Math.max(0, first);
    const end = Math.min(first + count, this.#o.geometry.pieceCount);
    if (!Number.isInteger(from) || !Number.isInteger(end) || from >= end || this.#condemned !== undefined)
      return [];
    const runs =
      this.#root !== undefined && this.complete
        ? this.#proofs(from, end)
        : this.#runs.cover(from, end - from, MAX_ANSWER_MESSAGES);
    return runs.map(run => ({
      type: 'hashes',
      offer: this.#o.offer,
      first: run.first,
      hashes: this.#table.slice(run.first, run.count),
      auth: run.auth,
    }));
  }

  async #check(first: number, hashes: Bytes, auth: HashesAuth): Promise<HashBookFailure | undefined> {
    if (this.#condemned !== undefined) return failure(this.#condemned, 'author');
    const { crypto, room, offer, geometry, authorPublicKey } = this.#o;
    if (auth.kind === 'signed') {
      const valid = await verifySignedHashes(
        crypto,
        room,
        authorPublicKey,
        offer,
        first,
        hashes,
        auth.signature,
      );
      return valid ? undefined : failure('bad-signature', 'sender');
    }
    if (this.#root === undefined) return failure('not-sealed', 'nobody');
    return verifyHashesProof(geometry, this.#root, first, hashes, auth)
      ? undefined
      : failure('bad-proof', 'sender');
  }

  /** Keeps hashes that are the author's word, or condemns the author if that word contradicts another. */
  #take(first: number, hashes: Bytes, auth: HashesAuth): LearnResult {
    if (this.#condemned !== undefined) return failure(this.#condemned, 'author');
    const count = hashes.length / HASH_BYTES;
    // Once there is a seal, of two different hashes at least one contradicts it.
    if (this.#contradicts(first, hashes))
      return this.#condemn(this.#root === undefined ? 'contradiction' : 'seal-contradiction');
    let fresh = 0;
    for (let i = 0; i < count; i += 1) {
      if (!this.#known.set(first + i)) continue;
      this.#table.set(first + i, hashAt(hashes, i));
      this.#tree.set(first + i, hashAt(hashes, i));
      fresh += 1;
    }
    // A run that adds nothing is not kept, so the runs are never more than the pieces, whatever an author signs.
    if (fresh > 0) this.#runs.add({ first, count, auth });
    return this.#settle() ?? learned(first, hashes, fresh);
  }

  /** Compares hashes and seal as soon as both are whole; from then on proofs replace the stored runs. */
  #settle(): HashBookFailure | undefined {
    const root = this.#tree.root;
    if (this.#root === undefined || root === undefined) return undefined;
    if (!equalBytes(root, this.#root)) return this.#condemn('seal-contradiction');
    this.#runs.clear();
    return undefined;
  }

  #proofs(from: number, end: number): readonly HashRun[] {
    const runs: HashRun[] = [];
    for (let piece = from; piece < end && runs.length < MAX_ANSWER_MESSAGES;) {
      const { first, count, auth } = this.#tree.prove(piece, end - piece);
      runs.push({ first, count, auth });
      piece = first + count;
    }
    return runs;
  }

  #wellFormed(first: number, hashes: Bytes): boolean {
    const count = hashes.length / HASH_BYTES;
    return (
      Number.isInteger(first) &&
      Number.isInteger(count) &&
      first >= 0 &&
      count > 0 &&
      count <= MAX_HASHES_PER_MESSAGE &&
      first + count <= this.#o.geometry.pieceCount
    );
  }

  #repeats(first: number, hashes: Bytes): boolean {
    const known = this.hashes(first, hashes.length / HASH_BYTES);
    return known !== undefined && equalBytes(known, hashes);
  }

  #contradicts(first: number, hashes: Bytes): boolean {
    for (let i = 0; i < hashes.length / HASH_BYTES; i += 1) {
      const known = this.hash(first + i);
      if (known !== undefined && !equalBytes(known, hashAt(hashes, i))) return true;
    }
    return false;
  }

  #condemn(code: Condemnation): HashBookFailure {
    this.#condemned = code;
    return failure(code, 'author');
  }
}

function hashAt(hashes: Bytes, index: number): Bytes {
  return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

function learned(first: number, hashes: Bytes, fresh: number): LearnResult {
  return { ok: true, first, count: hashes.length / HASH_BYTES, fresh };
}

function failure(code: HashBookFailure['code'], blame: HashBookFailure['blame']): HashBookFailure {
  return { ok: false, code, blame };
}
