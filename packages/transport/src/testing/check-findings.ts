import type {
  Candidate,
  Gathering,
  IceTarget,
  IceTransport,
  MappingFinding,
  ServerProbe,
} from '../check/findings.ts';

export const OUR_ADDRESS = '198.51.100.7';
export const RELAY_ADDRESS = '192.0.2.99';

export function candidate(over: Partial<Candidate> = {}): Candidate {
  return {
    type: 'srflx',
    protocol: 'udp',
    address: OUR_ADDRESS,
    port: 5000,
    foundation: '1',
    relatedAddress: '',
    relatedPort: 0,
    ...over,
  };
}

export function relayed(relatedPort: number, relatedAddress = OUR_ADDRESS): Candidate {
  return candidate({
    ...{ type: 'relay', address: RELAY_ADDRESS, port: 49_200, foundation: '9' },
    ...{ relatedAddress, relatedPort },
  });
}

export function gathering(candidates: readonly Candidate[], over: Partial<Gathering> = {}): Gathering {
  return { candidates, errors: [], complete: true, ms: 20, ...over };
}

export function target(kind: IceTarget['kind'], transport: IceTransport, host = 'ice.test'): IceTarget {
  const url = `${kind}${transport === 'tls' ? 's' : ''}:${host}:3478?transport=${transport === 'udp' ? 'udp' : 'tcp'}`;
  return {
    kind,
    transport,
    server: { urls: [url], username: '1999999999:name', credential: 'word' },
    place: `${host}:3478`,
  };
}

export function probe(
  kind: IceTarget['kind'],
  transport: IceTransport,
  outcome: ServerProbe['outcome'] = 'answered',
  over: Partial<ServerProbe> & { readonly host?: string } = {},
): ServerProbe {
  const { host, ...rest } = over;
  const code = outcome === 'refused' ? 401 : undefined;
  return { target: target(kind, transport, host), outcome, code, ms: 20, candidates: [], ...rest };
}

/** Two STUN servers that answered. */
export const TWO_STUN: readonly ServerProbe[] = [
  probe('stun', 'udp', 'answered', { host: 'a.test' }),
  probe('stun', 'udp', 'answered', { host: 'b.test' }),
];

export function mapping(candidates: readonly Candidate[], letsIn?: boolean): MappingFinding {
  return { gathering: gathering(candidates), letsIn };
}
