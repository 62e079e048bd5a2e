import type { Neighbour } from './neighbour.ts';
import type { Torrent } from './torrent.ts';

/** A neighbour as the engine sees it. Rates in bytes per second, times in ms. */
export interface PeerStats {
  readonly downRate: number;
  readonly upRate: number;
  readonly downBytes: number;
  readonly upBytes: number;
  /** Smoothed time from request to block; 0 before the first. */
  readonly rttMs: number;
  readonly baseRttMs: number;
  /** Request window, and how much of it is asked for, bytes. */
  readonly windowBytes: number;
  readonly outstandingBytes: number;
  /** They do not serve us. */
  readonly choked: boolean;
  /** We do not serve them. */
  readonly choking: boolean;
  readonly interested: boolean;
  readonly wantsUs: boolean;
  readonly snubbed: boolean;
}

/** One offer as the engine sees it. Bytes; rate in bytes per second. */
export interface OfferStats {
  readonly verifiedBytes: number;
  readonly totalBytes: number;
  /** Of the wanted files. */
  readonly wantedBytes: number;
  readonly wantedVerifiedBytes: number;
  readonly downRate: number;
  readonly verifiedPieces: number;
  readonly pieceCount: number;
  /** Neighbours that hold all of it. */
  readonly seeds: number;
  /** Verified bytes per file. A live view for reading: it changes with the transfer. */
  readonly fileVerifiedBytes: ArrayLike<number>;
}

export function peerStats(neighbour: Neighbour, now: number): PeerStats {
  return {
    downRate: neighbour.down.read(now),
    upRate: neighbour.up.read(now),
    downBytes: neighbour.downBytes,
    upBytes: neighbour.upBytes,
    rttMs: neighbour.window.rtt,
    baseRttMs: neighbour.window.base,
    windowBytes: neighbour.window.bytes,
    outstandingBytes: neighbour.outstanding,
    choked: neighbour.choked,
    choking: neighbour.choking,
    interested: neighbour.interested,
    wantsUs: neighbour.wantsUs,
    snubbed: neighbour.snubbed,
  };
}

export function offerStats(torrent: Torrent, now: number): OfferStats {
  return {
    verifiedBytes: torrent.verifiedBytes,
    totalBytes: torrent.geometry.totalBytes,
    wantedBytes: torrent.wantedBytes,
    wantedVerifiedBytes: torrent.wantedVerifiedBytes,
    downRate: torrent.down.read(now),
    verifiedPieces: torrent.have.count,
    pieceCount: torrent.geometry.pieceCount,
    seeds: seedsOf(torrent),
    fileVerifiedBytes: torrent.fileVerified,
  };
}

function seedsOf(torrent: Torrent): number {
  let seeds = 0;
  for (const { bits } of torrent.holders.values()) if (bits.complete) seeds += 1;
  return seeds;
}
