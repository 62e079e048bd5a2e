import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * What connections are counted by: the IPv4 address, or the /64 of an IPv6 address (one customer commonly holds a
 * whole /64, so a single address says nothing). Behind a trusted proxy the last hop of X-Forwarded-For, the only one
 * that the proxy itself wrote.
 */
export function clientKey(
  headers: IncomingHttpHeaders,
  socketAddress: string | undefined,
  trustProxy: boolean,
): string {
  const forwarded = trustProxy
    ? withoutPort(
        String(headers['x-forwarded-for'] ?? '')
          .split(',')
          .at(-1)
          ?.trim() ?? '',
      )
    : '';
  const address = isIP(forwarded) === 0 ? (socketAddress ?? '') : forwarded;
  return isIP(address) === 6 ? keyOfIpv6(address) : address;
}

/** Some proxies write the port along: `203.0.113.7:51234`, `[2001:db8::1]:51234`. */
function withoutPort(hop: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(hop) ?? [];
  return ipv6 ?? ipv4 ?? hop;
}

function keyOfIpv6(address: string): string {
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(6);
  // IPv4-mapped, in whatever way it is written.
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:65535')
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return groups
    .slice(0, 4)
    .map(group => group.toString(16))
    .join(':');
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const [before, after] = [numbersOf(head), numbersOf(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function numbersOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap(group => {
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
