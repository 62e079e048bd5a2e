import type { IceServer } from '@shoal/protocol';

/** Whether the signaling server answers, and how. */
export interface ServerFinding {
  readonly way: 'websocket' | 'polling' | 'none';
  /** What it names to try the network with; undefined when it did not say. */
  readonly iceServers: readonly IceServer[] | undefined;
}

/** A candidate as ICE gathered it. Addresses serve to be compared and are never shown: see {@link candidateClass}. */
export interface Candidate {
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  /** The same for candidates of one kind and one local socket (RFC 8445, section 5.1.1.3). */
  readonly foundation: string;
  /** Of a relay candidate: where the relay saw us. */
  readonly relatedAddress: string;
  readonly relatedPort: number;
}

export interface Gathering {
  readonly candidates: readonly Candidate[];
  /** Codes of `icecandidateerror`: of STUN (300 to 699), or 701 for no answer. */
  readonly errors: readonly number[];
  /** False when the deadline came first, or enough was seen. */
  readonly complete: boolean;
  readonly ms: number;
}

/** Ways to a STUN or TURN server, best first. */
export const ICE_TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type IceTransport = (typeof ICE_TRANSPORTS)[number];

/** One address of a STUN or TURN server. */
export interface IceTarget {
  readonly kind: 'stun' | 'turn';
  readonly transport: IceTransport;
  /** For `RTCPeerConnection`: this one address, with its credentials. */
  readonly server: IceServer;
  /** Host and port. */
  readonly place: string;
}

/** What a STUN or TURN server said when asked alone. */
export interface ServerProbe {
  readonly target: IceTarget;
  readonly outcome: 'answered' | 'refused' | 'silent';
  /** Of a refusal: STUN's error code, such as 401. */
  readonly code: number | undefined;
  readonly ms: number;
  readonly candidates: readonly Candidate[];
}

export type RelayFinding =
  | { readonly kind: 'works'; readonly transport: IceTransport; readonly rttMs: number }
  | { readonly kind: 'fails'; readonly transport: IceTransport }
  | { readonly kind: 'untried' };

/** What is known so far; undefined: still being looked at. */
export interface NetworkFindings {
  readonly webRtc: boolean;
  readonly server: ServerFinding | undefined;
  readonly probes: readonly ServerProbe[] | undefined;
  readonly mapping: MappingFinding | undefined;
  readonly relay: RelayFinding | undefined;
}

/** How the router maps one socket of ours to the outside. */
export interface MappingFinding {
  /** One socket that asked all servers; undefined when none could be asked by UDP. */
  readonly gathering: Gathering | undefined;
  /** Whether a stranger's packet came in unasked; undefined when it could not be tried. */
  readonly letsIn: boolean | undefined;
}
