import type { IceServer } from '@shoal/protocol';
import type { IceTarget } from './findings.ts';

/** RFC 7064 and RFC 7065. */
const ICE_URL = /^(stun|turn)(s?):(\[[^\]]+\]|[^:?]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;

/** Each address of the servers on its own: what answers, and what does not, shall be told apart. */
export function iceTargets(servers: readonly IceServer[]): IceTarget[] {
  return servers.flatMap(server => server.urls.flatMap(url => targetOf(server, url) ?? []));
}

function targetOf(server: IceServer, url: string): IceTarget | undefined {
  const [, scheme, secure, host, port, transport] = ICE_URL.exec(url) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const tls = secure !== '' && transport !== 'udp';
  return {
    kind: scheme.toLowerCase() === 'stun' ? 'stun' : 'turn',
    transport: tls ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
    server: { ...server, urls: [url] },
    place: `${host.toLowerCase()}:${port ?? (secure === '' ? '3478' : '5349')}`,
  };
}
