import type { Bytes, CryptoPort, RoomId, Signer } from '@shoal/protocol';
import type { LinkLimits } from '../link/limits.ts';
import type { PeerConnectionFactory } from '../peer-connection/peer-connection.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Signaling } from '../signaling/signaling.ts';

export interface SignalingFactoryOptions {
  readonly url: string;
  readonly room: RoomId;
  readonly scheduler: Scheduler;
  readonly random: () => number;
}

export interface MeshOptions {
  /** Origin of the signaling server. */
  readonly url: string;
  readonly room: RoomId;
  /** Key that all who hold the room link share (see protocol, deriveRoomKeys). */
  readonly signalKey: Bytes;
  readonly signer: Signer;
  readonly crypto: CryptoPort;
  /** Links at most, whoever started them. Default 12. */
  readonly maxNeighbours?: number;
  /**
   * Links below which we dial. At most half of `maxNeighbours`, so that all dials together leave room for newcomers:
   * every member can take at least as many links as it makes. Default 6.
   */
  readonly targetNeighbours?: number;
  /** Features named in our hello. */
  readonly features?: readonly string[];
  /** In [0, 1). Default: from `crypto`. */
  readonly random?: () => number;
  readonly scheduler?: Scheduler;
  /** Default: our server through socket.io. */
  readonly signaling?: (options: SignalingFactoryOptions) => Signaling;
  /** Default: WebRTC through simple-peer. */
  readonly connect?: PeerConnectionFactory;
  /** Asked for each new link: whether it must go through a relay, which hides our address from the other side. */
  readonly relayOnly?: () => boolean;
  readonly linkLimits?: Partial<LinkLimits>;
  readonly timing?: Partial<MeshTiming>;
}

/** All in milliseconds. */
export interface MeshTiming {
  /** Between two looks at whether the links are alive. */
  readonly beat: number;
  /** How long an old link may take to prove that it lives, when the same member comes a second time. */
  readonly probe: number;
  /** The same, after the network may have changed: it, and the link, may need a moment. */
  readonly wakeProbe: number;
  /** First and longest wait before we look for other members again after something failed. */
  readonly retryBase: number;
  readonly retryCap: number;
  /** Between two looks at the room while there are fewer neighbours than we want, though nothing failed. */
  readonly refresh: number;
  /** How long a member that broke the rules is left alone. */
  readonly quarantine: number;
  /** In which changes of the neighbourhood are collected before the neighbours are told, and before anything follows from them. */
  readonly collect: number;
  /** Without a block either way, after which a link may be cut when there are too many. */
  readonly idle: number;
  /** Between two links made for no need, so that parts of the room that lost each other meet again. */
  readonly mix: number;
}

export const DEFAULT_TIMING: MeshTiming = {
  beat: 10_000,
  probe: 1_500,
  wakeProbe: 3_000,
  retryBase: 500,
  retryCap: 60_000,
  refresh: 60_000,
  quarantine: 300_000,
  collect: 1_000,
  idle: 30_000,
  mix: 180_000,
};

export const DEFAULT_MAX_NEIGHBOURS = 12;
export const DEFAULT_TARGET_NEIGHBOURS = 6;

/** Links above which idle ones are cut: leaves a sixth of `max` for newcomers, who are refused at `max`. */
export function comfortableNeighbours(max: number): number {
  return max - Math.max(1, Math.floor(max / 6));
}
