import type { LinkProtocol, LinkStats } from './peer-connection.ts';

/** The fields of RTCStats that tell the path, all optional: engines differ. */
interface StatsEntry {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly selectedCandidatePairId?: unknown;
  readonly nominated?: unknown;
  readonly state?: unknown;
  readonly localCandidateId?: unknown;
  readonly remoteCandidateId?: unknown;
  readonly candidateType?: unknown;
  readonly protocol?: unknown;
  readonly relayProtocol?: unknown;
  readonly currentRoundTripTime?: unknown;
  readonly responsesReceived?: unknown;
}

/** Nothing is known of the path: no pair yet, or none any more. */
export const NO_PATH: LinkStats = {
  path: 'unknown',
  protocol: undefined,
  rttMs: undefined,
  checks: undefined,
};

/**
 * Reads the path out of a getStats() report: the pair that the transport selected (W3C webrtc-stats), or, where
 * an engine does not name it, the nominated pair that succeeded. Relayed when either end is a TURN allocation.
 */
export function pathOf(entries: Iterable<StatsEntry>): LinkStats {
  const byId = new Map<unknown, StatsEntry>();
  let selected: unknown;
  let nominated: StatsEntry | undefined;
  for (const entry of entries) {
    byId.set(entry.id, entry);
    if (entry.type === 'transport' && entry.selectedCandidatePairId !== undefined) {
      selected = entry.selectedCandidatePairId;
    } else if (entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded') {
      nominated = entry;
    }
  }
  const pair = byId.get(selected) ?? nominated;
  if (pair === undefined) return NO_PATH;
  const rtt = pair.currentRoundTripTime;
  const rttMs = typeof rtt === 'number' ? rtt * 1000 : undefined;
  const checks = typeof pair.responsesReceived === 'number' ? pair.responsesReceived : undefined;
  const kinds = [pair.localCandidateId, pair.remoteCandidateId].map(id => byId.get(id)?.candidateType);
  const protocol = protocolOf(byId.get(pair.localCandidateId));
  if (kinds.includes('relay')) return { path: 'relay', protocol, rttMs, checks };
  return { path: kinds.some(kind => kind !== undefined) ? 'direct' : 'unknown', protocol, rttMs, checks };
}

/** A relayed candidate's own protocol is that beyond the relay; what matters here is how the relay is reached. */
function protocolOf(local: StatsEntry | undefined): LinkProtocol | undefined {
  const name = local?.candidateType === 'relay' ? local.relayProtocol : local?.protocol;
  return name === 'udp' || name === 'tcp' || name === 'tls' ? name : undefined;
}
