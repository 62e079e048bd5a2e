import type { IceServer } from '@shoal/protocol';
import { ICE_TRANSPORTS } from './findings.ts';
import type {
  IceTarget,
  MappingFinding,
  NetworkFindings,
  RelayFinding,
  ServerFinding,
  ServerProbe,
} from './findings.ts';
import { gather, type GatherOptions } from './gather.ts';
import { iceTargets } from './ice-target.ts';
import { sendRound, type LoopEnd } from './loop.ts';
import { reachServer } from './reach-server.ts';
import { isRefusal, probeOutcome } from './verdicts/probe-outcome.ts';

/** What touches the network; a test puts something else in. */
export interface NetworkProbes {
  reachServer(signal: AbortSignal): Promise<ServerFinding>;
  gather: typeof gather;
  sendRound: typeof sendRound;
}

/** Milliseconds for one question to the signaling server, and to a STUN or TURN server. */
const SERVER_MS = 5_000;
const PROBE_MS = 5_000;
/** All servers asked have answered before. */
const MAPPING_MS = 3_000;
/** Milliseconds for data to go through the relay, and for a stranger to come in: two messages, where one is not blocked. */
const RELAY_MS = 6_000;
const STRANGER_MS = 2_500;
/** A page may have many relay addresses configured; each costs a connection. */
const MAX_TARGETS = 12;

export function browserProbes(serverUrl: string): NetworkProbes {
  return { reachServer: async signal => await reachServer(serverUrl, SERVER_MS, signal), gather, sendRound };
}

/**
 * Looks at the network. Tells the findings so far whenever there is a new one; nothing more once `signal` is aborted.
 * Never rejects.
 */
export async function checkNetwork(
  probes: NetworkProbes,
  webRtc: boolean,
  tell: (findings: NetworkFindings) => void,
  signal: AbortSignal,
): Promise<void> {
  let findings: NetworkFindings = {
    webRtc,
    server: undefined,
    probes: undefined,
    mapping: undefined,
    relay: undefined,
  };
  const found = (more: Partial<NetworkFindings>): void => {
    findings = { ...findings, ...more };
    if (!signal.aborted) tell(findings);
  };
  const server = await probes.reachServer(signal);
  found({ server });
  const targets = webRtc ? iceTargets(server.iceServers ?? []).slice(0, MAX_TARGETS) : [];
  const asked = await Promise.all(targets.map(async target => await askAlone(probes, target, signal)));
  found({ probes: asked });
  await Promise.all([
    lookAtMapping(probes, asked, signal).then(mapping => found({ mapping })),
    tryRelay(probes, asked, signal).then(relay => found({ relay })),
  ]);
}

async function askAlone(
  { gather }: NetworkProbes,
  target: IceTarget,
  signal: AbortSignal,
): Promise<ServerProbe> {
  const turn = target.kind === 'turn';
  const enough: GatherOptions['enough'] = (candidates, errors) =>
    candidates.some(({ type }) => type === (turn ? 'relay' : 'srflx')) || errors.some(isRefusal);
  const options = { servers: [target.server], relayOnly: turn, deadlineMs: PROBE_MS, enough, signal };
  return probeOutcome(target, await gather(options));
}

async function lookAtMapping(
  { gather, sendRound }: NetworkProbes,
  asked: readonly ServerProbe[],
  signal: AbortSignal,
): Promise<MappingFinding> {
  const servers = asked
    .filter(({ target, outcome }) => target.transport === 'udp' && outcome === 'answered')
    .map(({ target }) => target.server);
  if (servers.length === 0) return { gathering: undefined, letsIn: undefined };
  const relay = bestRelay(asked);
  const [gathering, letsIn] = await Promise.all([
    gather({ servers, relayOnly: false, deadlineMs: MAPPING_MS, signal }),
    relay === undefined
      ? undefined
      : sendRound(listener(servers), stranger(relay.server), STRANGER_MS, signal).then(
          rtt => rtt !== undefined,
        ),
  ]);
  return { gathering, letsIn };
}

/** Says where it is, as the internet sees it, and is told of nobody: a router that only lets answers in keeps it alone. */
function listener(servers: readonly IceServer[]): LoopEnd {
  return {
    servers,
    relayOnly: false,
    tells: ({ type, protocol, address }) =>
      protocol === 'udp' && (type === 'srflx' || (type === 'host' && address?.endsWith('.local') === false)),
  };
}

/**
 * Calls from the relay's port, to which the listener has never sent anything. With a STUN server on the relay's machine a router that
 * minds addresses but not ports lets it in; such a router lets symmetric ones in too, so that what follows from it stays true.
 */
function stranger(relay: IceServer): LoopEnd {
  return { servers: [relay], relayOnly: true, tells: () => false };
}

async function tryRelay(
  { sendRound }: NetworkProbes,
  asked: readonly ServerProbe[],
  signal: AbortSignal,
): Promise<RelayFinding> {
  const target = bestRelay(asked);
  if (target === undefined) return { kind: 'untried' };
  const end: LoopEnd = { servers: [target.server], relayOnly: true, tells: () => true };
  const rttMs = await sendRound(end, end, RELAY_MS, signal);
  const { transport } = target;
  return rttMs === undefined ? { kind: 'fails', transport } : { kind: 'works', transport, rttMs };
}

function bestRelay(asked: readonly ServerProbe[]): IceTarget | undefined {
  const relays = asked.filter(({ target, outcome }) => target.kind === 'turn' && outcome === 'answered');
  return ICE_TRANSPORTS.flatMap(way => relays.filter(({ target }) => target.transport === way))[0]?.target;
}
