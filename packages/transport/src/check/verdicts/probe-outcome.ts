import type { Gathering, IceTarget, ServerProbe } from '../findings.ts';

/** [CK1] What a gathering with one server alone says of that server. */
export function probeOutcome(target: IceTarget, gathering: Gathering): ServerProbe {
  const { candidates, errors, ms } = gathering;
  const wanted = target.kind === 'turn' ? 'relay' : 'srflx';
  const code = errors.find(isRefusal);
  const probe = { target, candidates, ms, code: undefined };
  if (candidates.some(({ type }) => type === wanted)) return { ...probe, outcome: 'answered' };
  if (code !== undefined) return { ...probe, code, outcome: 'refused' };
  // Who has the very address that the server sees gets no candidate for it from some engines: all went well, and there is none.
  const seenAsIs =
    target.kind === 'stun' && gathering.complete && errors.length === 0 && candidates.length > 0;
  return { ...probe, outcome: seenAsIs ? 'answered' : 'silent' };
}

/** An answer of the server (RFC 8489, section 14.8), unlike 701, which stands for none (W3C webrtc, icecandidateerror). */
export function isRefusal(errorCode: number): boolean {
  return errorCode >= 300 && errorCode < 700;
}

/** Whether packets got there and back, whatever the answer was. */
export function wasReached({ outcome }: ServerProbe): boolean {
  return outcome !== 'silent';
}
