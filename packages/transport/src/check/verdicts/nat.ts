import type { Candidate, MappingFinding, ServerProbe } from '../findings.ts';
import { wasReached } from './probe-outcome.ts';

/**
 * What stands between here and the internet. `open`: strangers get in. `cone`: one outside port for all (RFC 4787's
 * endpoint-independent mapping). `symmetric`: another port for each target.
 */
export type Nat =
  | { readonly kind: 'open' | 'cone' | 'symmetric' | 'blocked' }
  | { readonly kind: 'unknown'; readonly why: NatDoubt };

export type NatDoubt = 'no-server' | 'silent' | 'refused' | 'one-server' | 'several-networks';

/** [CK3] From what one socket looks like to several servers, and from whether a stranger's packet came in. */
export function natOf(probes: readonly ServerProbe[], { gathering, letsIn }: MappingFinding): Nat {
  const udp = probes.filter(({ target }) => target.transport === 'udp');
  if (!udp.some(wasReached)) {
    // Only when the same network lets TCP through to a server like these is it UDP that is in question.
    if (udp.length > 0 && probes.some(wasReached)) return { kind: 'blocked' };
    return { kind: 'unknown', why: udp.length === 0 ? 'no-server' : 'silent' };
  }
  if (letsIn === true) return { kind: 'open' };
  const answered = udp.filter(({ outcome }) => outcome === 'answered');
  if (answered.length === 0 || gathering === undefined) return { kind: 'unknown', why: 'refused' };
  const { candidates, complete, errors } = gathering;
  const seen = candidates.filter(({ type, protocol }) => type === 'srflx' && protocol === 'udp');
  if (seen.length === 0)
    return complete && errors.length === 0 ? { kind: 'open' } : { kind: 'unknown', why: 'silent' };
  const sockets = new Map<string, Set<string>>();
  for (const candidate of seen) {
    const outside = sockets.get(candidate.foundation) ?? new Set();
    sockets.set(candidate.foundation, outside.add(`${candidate.address} ${candidate.port}`));
  }
  if (sockets.size === 1) for (const outside of sockets.values()) addRelaysView(outside, candidates);
  if ([...sockets.values()].some(outside => outside.size > 1)) return { kind: 'symmetric' };
  // Engines that count a socket once for each server make a symmetric router look like two networks behind one.
  if (sharesAddress(seen)) return { kind: 'unknown', why: 'several-networks' };
  const places = new Set(answered.map(({ target }) => target.place));
  return places.size > 1 ? { kind: 'cone' } : { kind: 'unknown', why: 'one-server' };
}

/** A relay that was asked by UDP tells how it sees the socket. */
function addRelaysView(outside: Set<string>, candidates: readonly Candidate[]): void {
  const families = new Set([...outside].map(isV6));
  for (const { type, relatedAddress, relatedPort } of candidates)
    if (type === 'relay' && relatedPort > 0 && families.has(isV6(relatedAddress)))
      outside.add(`${relatedAddress} ${relatedPort}`);
}

function isV6(address: string): boolean {
  return address.includes(':');
}

function sharesAddress(seen: readonly Candidate[]): boolean {
  const ports = new Map<string, Set<number>>();
  for (const { address, port } of seen) ports.set(address, (ports.get(address) ?? new Set()).add(port));
  return [...ports.values()].some(set => set.size > 1);
}
