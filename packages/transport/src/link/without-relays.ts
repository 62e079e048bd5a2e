import type { IceServer } from '@shoal/protocol';

/** The servers that only tell us our address: what is made with them comes up directly or not at all. */
export function withoutRelays(iceServers: readonly IceServer[]): readonly IceServer[] {
  return iceServers
    .map(({ urls }) => ({ urls: urls.filter(url => url.startsWith('stun')) }))
    .filter(({ urls }) => urls.length > 0);
}
