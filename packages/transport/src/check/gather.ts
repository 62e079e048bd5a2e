import type { IceServer } from '@shoal/protocol';
import type { Candidate, Gathering } from './findings.ts';

export interface GatherOptions {
  readonly servers: readonly IceServer[];
  /** Nothing but relay candidates are wanted. */
  readonly relayOnly: boolean;
  readonly deadlineMs: number;
  /** Ends it early. */
  readonly enough?: (candidates: readonly Candidate[], errors: readonly number[]) => boolean;
  readonly signal: AbortSignal;
}

/** Lets a connection to nobody gather its candidates. Never rejects: what the browser refuses to try gives nothing. */
export async function gather(options: GatherOptions): Promise<Gathering> {
  const start = performance.now();
  const candidates: Candidate[] = [];
  const errors: number[] = [];
  let connection: RTCPeerConnection;
  const result = (complete: boolean): Gathering => ({
    candidates,
    errors,
    complete,
    ms: performance.now() - start,
  });
  try {
    connection = new RTCPeerConnection({
      iceServers: [...options.servers],
      iceTransportPolicy: options.relayOnly ? 'relay' : 'all',
    });
  } catch {
    return result(false);
  }
  try {
    const complete = await new Promise<boolean>((resolve, reject) => {
      const isEnough = (): boolean => options.enough?.(candidates, errors) === true;
      const timer = setTimeout(() => resolve(false), options.deadlineMs);
      options.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(false);
      });
      connection.addEventListener('icecandidate', ({ candidate }) => {
        const told = candidate === null ? undefined : readCandidate(candidate);
        if (told !== undefined) candidates.push(told);
        if (isEnough()) resolve(false);
      });
      connection.addEventListener('icecandidateerror', ({ errorCode }) => {
        errors.push(errorCode);
        if (isEnough()) resolve(false);
      });
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve(true);
      });
      connection.createDataChannel('check');
      connection
        .createOffer()
        .then(async offer => await connection.setLocalDescription(offer))
        .catch(reject);
    });
    return result(complete);
  } catch {
    return result(false);
  } finally {
    connection.close();
  }
}

/** @returns undefined for the one that says that there are no more */
export function readCandidate(candidate: RTCIceCandidate): Candidate | undefined {
  const { type, protocol, address, port, foundation, relatedAddress, relatedPort } = candidate;
  if (type === null || protocol === null) return undefined;
  return {
    type,
    protocol,
    address: address ?? '',
    port: port ?? 0,
    foundation: foundation ?? '',
    relatedAddress: relatedAddress ?? '',
    relatedPort: relatedPort ?? 0,
  };
}
