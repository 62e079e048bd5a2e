export { TransportError, failureText, type TransportErrorCode } from './errors.ts';
export { systemScheduler, type Scheduler } from './scheduler.ts';
export { Mesh } from './mesh/mesh.ts';
export type { MeshEvent, Neighbour } from './mesh/events.ts';
export type { MeshOptions, MeshTiming, SignalingFactoryOptions } from './mesh/options.ts';
export type { LinkLimits } from './link/limits.ts';
export type { SignalOutcome, Signaling, SignalingEvent, SignalingState } from './signaling/signaling.ts';
export { SocketIoSignaling, type SocketIoSignalingOptions } from './signaling/socket-io-signaling.ts';
export type {
  LinkPath,
  LinkProtocol,
  LinkStats,
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
  PeerConnectionOptions,
} from './peer-connection/peer-connection.ts';
export { hasWebRtc, simplePeerConnections } from './peer-connection/simple-peer.ts';
export { browserProbes, checkNetwork, type NetworkProbes } from './check/check-network.ts';
export type { NetworkFindings } from './check/findings.ts';
export { candidateClasses, networkOutlook, networkVerdicts } from './check/verdicts/network-verdicts.ts';
export type { Prospect } from './check/verdicts/outlook.ts';
export { running, type NetworkCheck, type Verdict } from './check/verdicts/verdict.ts';
