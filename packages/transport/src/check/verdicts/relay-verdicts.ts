import { ICE_TRANSPORTS } from '../findings.ts';
import type { IceTransport, RelayFinding, ServerProbe } from '../findings.ts';
import type { Verdict } from './verdict.ts';

const HOST = 'Whoever runs this server';
/** RFC 8656, section 18: Allocation Quota Reached and Insufficient Capacity. */
const FULL: ReadonlySet<number> = new Set([486, 508]);

/** The ways in which a relay lets us in, best first. */
export function relayTransports(probes: readonly ServerProbe[]): IceTransport[] {
  return ICE_TRANSPORTS.filter(transport =>
    probes.some(
      ({ target, outcome }) =>
        target.kind === 'turn' && target.transport === transport && outcome === 'answered',
    ),
  );
}

/** [CK6] Whether there is help for those who cannot connect directly. */
export function turnVerdict(probes: readonly ServerProbe[]): Omit<Verdict, 'check' | 'title'> {
  const turn = probes.filter(({ target }) => target.kind === 'turn');
  if (turn.length === 0)
    return {
      state: 'warn',
      value: 'not-configured',
      text: 'No relay (TURN server) is set: who cannot connect directly cannot connect at all.',
      advice: `${HOST} can set TURN_URLS and TURN_SECRET.`,
    };
  const ways = relayTransports(probes);
  if (ways.length > 0) {
    const closed = ICE_TRANSPORTS.filter(
      way => !ways.includes(way) && turn.some(({ target }) => target.transport === way),
    );
    const said = `A relay answers over ${list(ways)}`;
    const silentOverUdp = turn.some(
      ({ target, outcome }) => target.transport === 'udp' && outcome === 'silent',
    );
    const udpIsOpen = probes.some(({ target, outcome }) => target.kind === 'stun' && outcome === 'answered');
    if (closed.includes('udp') && silentOverUdp && udpIsOpen)
      return {
        state: 'warn',
        value: ways.join(' '),
        text: `${said}; not over UDP, which is open here: what goes through it will be slower than it could be.`,
        advice: `${HOST}: let UDP through to the relay’s port (3478 unless set). Of coturn, 4.17.0 and 4.17.1 are heard over UDP by nobody behind a router; take another version.`,
      };
    return {
      state: 'ok',
      value: ways.join(' '),
      text: closed.length === 0 ? `${said}.` : `${said}; not over ${list(closed)}.`,
    };
  }
  const code = turn.find(({ outcome }) => outcome === 'refused')?.code;
  if (code === undefined)
    return {
      state: 'bad',
      value: 'silent',
      code: 'turn-silent',
      text: 'No relay (TURN server) answers: who cannot connect directly cannot connect at all.',
      advice: `The relay is down, or your network blocks it. ${HOST} has to look at TURN_URLS; one over TLS on port 443 gets through most firewalls.`,
    };
  if (FULL.has(code))
    return {
      state: 'bad',
      value: 'full',
      code: 'turn-full',
      text: `The relay has no room left at the moment (error ${code}).`,
      advice: `Try again later. ${HOST} can raise the relay’s quota.`,
    };
  return {
    state: 'bad',
    value: 'refused',
    code: 'turn-refused',
    text:
      code === 401
        ? 'The relay refuses the credentials that this page’s server gave out: they are wrong or have expired (error 401).'
        : `The relay refuses to help (error ${code}).`,
    advice: `${HOST}: TURN_SECRET must be the relay’s static-auth-secret, and the clocks of both machines must be right.`,
  };
}

/** [CK7] Whether the relay really carries data. */
export function relayVerdict(relay: RelayFinding): Omit<Verdict, 'check' | 'title'> {
  switch (relay.kind) {
    case 'works':
      return {
        state: 'ok',
        value: 'works',
        text: `Data went through the relay and back (over ${relay.transport.toUpperCase()}), with a round trip of ${Math.max(1, Math.round(relay.rttMs))} ms.`,
      };
    case 'fails':
      return {
        state: 'bad',
        value: 'fails',
        code: 'relay-fails',
        text: 'The relay lets us in but carries no data.',
        advice:
          'Whoever runs the relay: its relay ports (UDP 49152 to 65535 unless set) must be open, and behind a router it must know its outside address (external-ip).',
      };
    case 'untried':
      return { state: 'unknown', value: 'untried', text: 'Not tried: no relay lets us in.' };
  }
}

function list(ways: readonly IceTransport[]): string {
  const names = ways.map(way => way.toUpperCase());
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
