import type { ServerFinding, ServerProbe } from '../findings.ts';
import { wasReached } from './probe-outcome.ts';
import type { Verdict } from './verdict.ts';

const HOST = 'Whoever runs this server';

/** [CK2] Whether people find each other here. */
export function serverVerdict({ way }: ServerFinding): Omit<Verdict, 'check' | 'title'> {
  switch (way) {
    case 'websocket':
      return { state: 'ok', value: way, text: 'This page’s server answers over a websocket.' };
    case 'polling':
      return {
        state: 'warn',
        value: way,
        text: 'This page’s server answers by polling only: websockets do not get through. It works, but people find each other more slowly.',
        advice: `${HOST}: let the reverse proxy pass websockets for /socket.io/ (the Upgrade and Connection headers). If it does, a proxy or virus scanner on your side holds them back.`,
      };
    case 'none':
      return {
        state: 'bad',
        value: way,
        code: 'signaling-offline',
        text: 'This page’s server does not answer, so nobody new can be found. Connections that exist go on.',
        advice:
          'Look whether you are online. If other pages work, the server is down or something blocks it.',
      };
  }
}

/** [CK4] Whether UDP, over which direct connections go, gets out and back in. */
export function udpVerdict(probes: readonly ServerProbe[]): Omit<Verdict, 'check' | 'title'> {
  const udp = probes.filter(({ target }) => target.transport === 'udp');
  if (udp.length === 0)
    return {
      state: 'unknown',
      value: 'no-server',
      text: 'Cannot be told: this server names no STUN or TURN server that could be asked by UDP.',
    };
  if (udp.some(wasReached))
    return { state: 'ok', value: 'open', text: 'UDP gets out of your network and answers come back.' };
  if (probes.some(wasReached))
    return {
      state: 'warn',
      value: 'blocked',
      text: 'Your network blocks UDP: the same service answers over TCP. Direct connections to other networks are not possible, and all goes through the relay.',
      advice: 'For more speed use another network, or ask whoever runs yours to let outgoing UDP through.',
    };
  return {
    state: 'bad',
    value: 'silent',
    code: 'udp-silent',
    text: 'No answer came back by UDP. Either your network blocks it, or none of the STUN and TURN servers of this page is up.',
    advice: `Try another network, such as a phone’s. If it is the same there, ${HOST.toLowerCase()} has to look at STUN_URLS and TURN_URLS. A relay over TLS on port 443 helps where UDP is blocked.`,
  };
}

/** [CK5] Whether somebody tells us our address as the internet sees it. */
export function stunVerdict(probes: readonly ServerProbe[]): Omit<Verdict, 'check' | 'title'> {
  const stun = probes.filter(({ target }) => target.kind === 'stun');
  const answered = stun.filter(({ outcome }) => outcome === 'answered');
  const turnSees = probes.some(
    ({ target, outcome }) => target.kind === 'turn' && target.transport === 'udp' && outcome === 'answered',
  );
  if (stun.length === 0)
    return {
      state: turnSees ? 'ok' : 'warn',
      value: 'not-configured',
      text: turnSees
        ? 'No STUN server is set; the TURN server does its work.'
        : 'No STUN server is set: people in the same network connect, but people behind different routers cannot connect directly.',
      ...(turnSees ? {} : { advice: `${HOST} can set STUN_URLS.` }),
    };
  if (answered.length > 0) {
    const all = answered.length === stun.length;
    return {
      state: all ? 'ok' : 'warn',
      value: all ? 'answers' : 'partly',
      text: `${answered.length} of ${stun.length} STUN servers ${answered.length === 1 ? 'answers' : 'answer'}, the first within ${Math.round(Math.min(...answered.map(({ ms }) => ms)))} ms.`,
      ...(all ? {} : { advice: `${HOST} has to look at those that do not answer.` }),
    };
  }
  const blocked = probes.some(wasReached) && udpVerdict(probes).value === 'blocked';
  return {
    state: blocked ? 'warn' : 'bad',
    value: 'silent',
    text: blocked ? 'No STUN server answers, as UDP is blocked.' : 'No STUN server answers.',
    ...(blocked
      ? {}
      : {
          code: 'stun-silent',
          advice: `${HOST} has to look at STUN_URLS; a firewall on your side may be in the way too.`,
        }),
  };
}
