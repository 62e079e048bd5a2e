import type { Bitfield, Bytes, OfferId, PeerId } from '@shoal/protocol';
import type { SwarmLimits } from './limits.ts';
import type { BlockRequest } from './piece-progress.ts';
import { RateMeter } from './rate.ts';
import { hashOf } from './shares.ts';
import { RequestWindow } from './window.ts';

/** Memory of the rates shown to a person and used for endgame, ms. */
const SHORT_RATE_MS = 3_000;
/** Memory of the rates that the choker compares, ms (BEP 3: a rolling 20 s average). */
const LONG_RATE_MS = 20_000;
/** Given-up requests whose answer may still come; older ones are forgotten, and their blocks ignored. */
const MAX_LATE = 4096;

/** What a neighbour has of one offer, with counts that spare the searches of the picker. */
export interface Holdings {
  readonly bits: Bitfield;
  /** Pieces it has that could be begun now. */
  startable: number;
  /** Pieces it has that we want but whose hash nobody has told us. */
  hashable: number;
  /** Pieces it has that we want and lack. */
  useful: number;
}

/** What a neighbour said of an offer whose log entry has not come yet. */
export interface UnknownHoldings {
  bits: Bytes | undefined;
  all: boolean;
  readonly pieces: Set<number>;
  /** Bytes charged for it. */
  cost: number;
}

/** A request of theirs that we have not answered. */
export interface UploadJob {
  readonly id: number;
  readonly offer: OfferId;
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** A neighbour's state on both sides; plain data, decided upon elsewhere. */
export class Neighbour {
  readonly peer: PeerId;
  /** Never used again in the life of the engine: names the giver of a block. */
  readonly index: number;
  /** See `shares.ts`. */
  readonly hash: number;
  readonly holdings = new Map<OfferId, Holdings>();
  readonly unknown = new Map<OfferId, UnknownHoldings>();
  unknownBytes = 0;

  /** They do not serve us. */
  choked = true;
  /** What we last said about our interest. */
  interested = false;
  readonly requests = new Map<number, BlockRequest>();
  readonly late = new Map<number, BlockRequest>();
  nextRequest = 0;
  /** A block with an id below this that is in neither map was forgotten, not invented. */
  forgottenBelow = 0;
  /** Bytes asked for and not come. */
  outstanding = 0;
  readonly window: RequestWindow;
  blockBytes: number;
  lastBlockAt: number;
  snubbed = false;
  /** Its last filling ended for want of pieces, or of what a person allows to come in, and not of window. */
  hungry: 'for pieces' | 'for leave' | undefined;
  /** Once its blocks were in a bad piece together with others', it gives whole pieces only. */
  alone = false;
  /** Pieces it refused, with the time until which they are not asked of it. */
  readonly refused = new Map<OfferId, Map<number, number>>();
  /** It has nothing else to give, and was asked again for one of those. */
  probed = false;
  /** Runs of hashes that it is being asked for. */
  hashRuns = 0;
  /** Runs that it left unanswered since it last answered one. */
  silentRuns = 0;

  /** We do not serve them. */
  choking = true;
  /** They want something of ours. */
  wantsUs = false;
  /** When they last got a block of us, clock in ms. */
  servedAt = -Infinity;
  /** How well their giving is vouched for by receipts, 0 to 1. */
  standing = 0;
  chokeChangedAt: number;
  everUnchoked = false;
  readonly uploads = new Map<number, UploadJob>();
  readonly reading = new Map<number, UploadJob>();
  readingBytes = 0;
  room: number;
  /** Pieces verified that they have too: told with the next tick, since nobody waits for them. */
  readonly lazyHaves = new Map<OfferId, number[]>();

  readonly down: RateMeter;
  readonly up: RateMeter;
  readonly downLong: RateMeter;
  downBytes = 0;
  upBytes = 0;

  constructor(peer: PeerId, index: number, now: number, limits: SwarmLimits) {
    this.peer = peer;
    this.index = index;
    this.hash = hashOf(peer);
    this.lastBlockAt = this.chokeChangedAt = now;
    this.window = new RequestWindow(limits);
    this.blockBytes = Math.min(16 * 1024, limits.maxBlockBytes);
    this.room = limits.initialSendRoom;
    this.down = new RateMeter(SHORT_RATE_MS, now);
    this.up = new RateMeter(SHORT_RATE_MS, now);
    this.downLong = new RateMeter(LONG_RATE_MS, now);
  }

  /** Gives a request up; its block is still welcome. */
  expect(request: BlockRequest): void {
    this.late.set(request.id, request);
    if (this.late.size <= MAX_LATE) return;
    const oldest = this.late.keys().next();
    if (oldest.done === true) return;
    this.late.delete(oldest.value);
    this.forgottenBelow = Math.max(this.forgottenBelow, oldest.value + 1);
  }

  refuses(offer: OfferId, piece: number): boolean {
    return this.refused.get(offer)?.has(piece) ?? false;
  }
}
