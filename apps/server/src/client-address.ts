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
    ? String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined;
  const address = forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : (socketAddress ?? '');
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? prefix64(address);
}

function prefix64(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':');
}
