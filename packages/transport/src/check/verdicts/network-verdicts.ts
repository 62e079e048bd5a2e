import { candidateClass } from '../candidate-class.ts';
import { iceTargets } from '../ice-target.ts';
import type { NetworkFindings } from '../findings.ts';
import { natOf } from './nat.ts';
import { natVerdict } from './nat-verdict.ts';
import { outlookOf, type Prospect } from './outlook.ts';
import { relayVerdict, turnVerdict } from './relay-verdicts.ts';
import { serverVerdict, stunVerdict, udpVerdict } from './server-verdicts.ts';
import { running, type NetworkCheck, type Verdict } from './verdict.ts';

const TITLES: readonly (readonly [NetworkCheck, string])[] = [
  ['server', 'Server'],
  ['udp', 'UDP'],
  ['stun', 'STUN'],
  ['nat', 'Router'],
  ['turn', 'Relay (TURN)'],
  ['relay', 'Data through the relay'],
];

/** One verdict for each respect, those still being looked at among them. */
export function networkVerdicts(findings: NetworkFindings): Verdict[] {
  return TITLES.map(([check, title]) => {
    const found = verdictOf(check, findings);
    return found === undefined ? running(check, title) : { check, title, ...found };
  });
}

function verdictOf(
  check: NetworkCheck,
  { webRtc, server, probes, mapping, relay }: NetworkFindings,
): Omit<Verdict, 'check' | 'title'> | undefined {
  if (server === undefined) return undefined;
  if (check === 'server') return serverVerdict(server);
  if (!webRtc) return { state: 'unknown', value: 'no-webrtc', text: 'Cannot be told without WebRTC.' };
  if (server.iceServers === undefined)
    return {
      state: 'unknown',
      value: 'no-word',
      text: 'Cannot be told: the server did not say which STUN and TURN servers there are.',
    };
  if (probes === undefined) return undefined;
  switch (check) {
    case 'udp':
      return udpVerdict(probes);
    case 'stun':
      return stunVerdict(probes);
    case 'turn':
      return turnVerdict(probes);
    case 'nat':
      return mapping === undefined ? undefined : natVerdict(natOf(probes, mapping));
    case 'relay':
      return relay === undefined ? undefined : relayVerdict(relay);
  }
}

/** What will work with whom; undefined until all is known. */
export function networkOutlook(findings: NetworkFindings, relayOnly: boolean): Prospect[] | undefined {
  const { webRtc, server, probes, mapping, relay } = findings;
  if (server === undefined || probes === undefined || mapping === undefined || relay === undefined)
    return undefined;
  return outlookOf({
    nat: natOf(probes, mapping),
    relayWorks: relay.kind === 'works',
    relayOverTcp: iceTargets(server.iceServers ?? []).some(
      ({ kind, transport }) => kind === 'turn' && transport !== 'udp',
    ),
    relayOnly,
    webRtc,
    told: server.iceServers !== undefined,
  });
}

/** Kinds of candidates that were gathered, for a report: no address among them. */
export function candidateClasses({ probes = [], mapping }: NetworkFindings): string[] {
  const all = [...probes.flatMap(({ candidates }) => candidates), ...(mapping?.gathering?.candidates ?? [])];
  return [...new Set(all.map(candidateClass))].sort((a, b) => a.localeCompare(b));
}
