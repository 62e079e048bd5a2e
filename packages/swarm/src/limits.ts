import { BLOCK_BYTES, MAX_BLOCK_BYTES } from '@shoal/protocol';
import { SwarmError } from './errors.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every bound of the engine, with its unit. The defaults suit a browser. */
export interface SwarmLimits {
  /** Largest block asked for, bytes: a power of two from 16 KiB to `MAX_BLOCK_BYTES`. */
  readonly maxBlockBytes: number;
  /** First request window of a path, bytes: two blocks, so that a slow line with a short queue is not flooded. */
  readonly windowInitialBytes: number;
  /** Smallest request window, bytes: one block, since many neighbours may share one slow line. */
  readonly windowMinBytes: number;
  /** Largest request window, bytes. */
  readonly windowMaxBytes: number;
  /** Pieces begun and not yet verified, bytes: what a receiver holds in memory at most. */
  readonly maxProgressBytes: number;
  /** Requests to one neighbour outstanding: small files make small blocks, and its own bound must not be hit. */
  readonly maxRequests: number;
  /** A window unused for so long is sought anew: the path may have changed meanwhile, ms. */
  readonly idleMs: number;
  /** Requests of one neighbour that we have not answered yet. */
  readonly maxQueuedRequests: number;
  /** Blocks being read for all neighbours together, bytes. */
  readonly maxReadBytes: number;
  /** What a link is trusted to take before its first `send-room`, bytes. */
  readonly initialSendRoom: number;
  /** Interested neighbours served at a time, the optimistic one included: at least so many, */
  readonly uploadSlots: number;
  /** at most so many, */
  readonly uploadSlotsMax: number;
  /** and between them one for so many bytes per second that we send: a fast uplink that serves few leaves others starving. */
  readonly slotRate: number;
  /** Who is refused a piece of the first copy and still asks for it after so long gets it, ms. */
  readonly firstCopyMs: number;
  /** Time between two rounds of the choker, ms (BEP 3: 10 s). */
  readonly rechokeMs: number;
  /** How long an optimistic unchoke lasts, and a receiver's turn at a full seed, ms (BEP 3: 30 s). */
  readonly optimisticMs: number;
  /** A request older than this and than 8 round trips is given up, ms. */
  readonly requestTimeoutMs: number;
  /** A hash request without progress for this long is asked elsewhere, ms: the author may have to hash first. */
  readonly hashTimeoutMs: number;
  /** Pieces in the first hash request, quadrupled with each answer. */
  readonly hashRunFirst: number;
  /** Pieces in the largest hash request. */
  readonly hashRunMax: number;
  /** Content covered by one hash request, bytes: bounds what the author must read for an answer. */
  readonly hashRunBytes: number;
  /** Hash requests outstanding at one neighbour. */
  readonly hashRunsPerNeighbour: number;
  /** Pieces with known hashes kept ready per neighbour beyond two windows, bytes. */
  readonly hashAheadBytes: number;
  /** Instead of both when there is a single neighbour, who is asked in order: the sharer then needs to keep less, bytes. */
  readonly hashAloneBytes: number;
  /** How long a piece that a neighbour refused is not asked of it again, ms. */
  readonly refusedMs: number;
  /** Offers not known here (their log entry may still come) of which a neighbour's pieces are remembered. */
  readonly maxUnknownOffers: number;
  /** Memory for those, bytes per neighbour. */
  readonly maxUnknownBytes: number;
}

/** Defaults of {@link SwarmLimits}. */
export const DEFAULT_LIMITS: SwarmLimits = {
  maxBlockBytes: 128 * KIB,
  windowInitialBytes: 32 * KIB,
  windowMinBytes: 16 * KIB,
  windowMaxBytes: 16 * MIB,
  maxProgressBytes: 64 * MIB,
  maxRequests: 1024,
  idleMs: 15_000,
  maxQueuedRequests: 2048,
  maxReadBytes: 4 * MIB,
  initialSendRoom: 256 * KIB,
  uploadSlots: 8,
  uploadSlotsMax: 32,
  slotRate: 128 * KIB,
  firstCopyMs: 10_000,
  rechokeMs: 10_000,
  optimisticMs: 30_000,
  requestTimeoutMs: 10_000,
  hashTimeoutMs: 10_000,
  hashRunFirst: 4,
  hashRunMax: 256,
  hashRunBytes: 4 * MIB,
  hashRunsPerNeighbour: 2,
  hashAheadBytes: 8 * MIB,
  hashAloneBytes: 2 * MIB,
  refusedMs: 5_000,
  maxUnknownOffers: 4096,
  maxUnknownBytes: MIB,
};

/**
 * Defaults with changes.
 * @throws SwarmError `bad-limits` when a block size is not a power of two between 16 KiB and `MAX_BLOCK_BYTES`
 */
export function limitsWith(changes: Partial<SwarmLimits> = {}): SwarmLimits {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  const block = limits.maxBlockBytes;
  if (!Number.isInteger(Math.log2(block)) || block < BLOCK_BYTES || block > MAX_BLOCK_BYTES)
    throw new SwarmError(
      'bad-limits',
      'The block size must be a power of two from 16 KiB to the protocol limit.',
    );
  return limits;
}
