import type { Candidate } from './findings.ts';

/** IPv4 of no public network: RFC 1918, loopback, link-local, carrier-grade NAT (RFC 6598). */
const PRIVATE_V4 =
  /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
/** Loopback, unspecified, link-local (fe80::/10) and unique local (fc00::/7). */
const PRIVATE_V6 = /^(?:::1?$|fe[89ab]|f[cd])/i;

/** What may be told of a candidate without giving an address away, such as `srflx udp IPv4 public`. */
export function candidateClass({ type, protocol, address }: Candidate): string {
  return `${type} ${protocol} ${addressClass(address)}`;
}

function addressClass(address: string): string {
  if (address.includes(':')) return PRIVATE_V6.test(address) ? 'IPv6 private' : 'IPv6 public';
  if (/^[\d.]+$/.test(address)) return PRIVATE_V4.test(address) ? 'IPv4 private' : 'IPv4 public';
  return 'hidden by the browser';
}
