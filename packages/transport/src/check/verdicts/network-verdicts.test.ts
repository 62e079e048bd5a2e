import { describe, expect, test } from 'vitest';
import {
  candidate,
  gathering,
  mapping,
  OUR_ADDRESS,
  probe,
  relayed,
  RELAY_ADDRESS,
  target,
  TWO_STUN,
} from '../../testing/check-findings.ts';
import type { NetworkFindings, ServerFinding, ServerProbe } from '../findings.ts';
import { candidateClasses, networkOutlook, networkVerdicts } from './network-verdicts.ts';
import { probeOutcome } from './probe-outcome.ts';
import type { NetworkCheck, Verdict } from './verdict.ts';

const RELAY_SERVER = { urls: ['turns:ice.test:443'], username: '1999999999:name', credential: 'word' };
const STUN = TWO_STUN;
const TURN = [probe('turn', 'udp'), probe('turn', 'tcp'), probe('turn', 'tls')];

function findings(probes: readonly ServerProbe[], over: Partial<NetworkFindings> = {}): NetworkFindings {
  return {
    webRtc: true,
    server: { way: 'websocket', iceServers: [RELAY_SERVER] },
    probes,
    mapping: mapping([candidate()]),
    relay: { kind: 'works', transport: 'udp', rttMs: 31.4 },
    ...over,
  };
}

function verdict(check: NetworkCheck, found: NetworkFindings): Verdict {
  const verdict = networkVerdicts(found).find(each => each.check === check);
  if (verdict === undefined) throw new Error(`no verdict on ${check}`);
  return verdict;
}

const silenced = (probes: readonly ServerProbe[]): ServerProbe[] =>
  probes.map(each => ({ ...each, outcome: 'silent' }));

describe('[CK1] a server that is asked alone', () => {
  test('answered with a candidate of its kind, refused with an error of STUN, else was silent', () => {
    const turn = target('turn', 'udp');
    expect(probeOutcome(turn, gathering([relayed(1)], { errors: [701] }))).toMatchObject({
      outcome: 'answered',
    });
    expect(probeOutcome(turn, gathering([], { errors: [701, 401] }))).toMatchObject({
      outcome: 'refused',
      code: 401,
    });
    expect(probeOutcome(turn, gathering([], { errors: [701] }))).toMatchObject({ outcome: 'silent' });
    expect(probeOutcome(turn, gathering([candidate()]))).toMatchObject({ outcome: 'silent' });
    const stun = target('stun', 'udp');
    expect(probeOutcome(stun, gathering([candidate()]))).toMatchObject({ outcome: 'answered' });
  });

  test('a STUN server that sees our own address gives none, which is an answer; nothing at all is not', () => {
    const stun = target('stun', 'udp');
    const host = candidate({ type: 'host' });
    expect(probeOutcome(stun, gathering([host]))).toMatchObject({ outcome: 'answered' });
    expect(probeOutcome(stun, gathering([host], { complete: false }))).toMatchObject({ outcome: 'silent' });
    expect(probeOutcome(stun, gathering([host], { errors: [701] }))).toMatchObject({ outcome: 'silent' });
    expect(probeOutcome(stun, gathering([]))).toMatchObject({ outcome: 'silent' });
  });
});

describe('[CK2] the signaling server', () => {
  test('polling alone is told, with whom to tell; silence has a code', () => {
    const way = (way: 'websocket' | 'polling' | 'none') =>
      verdict('server', findings([], { server: { way, iceServers: undefined } }));
    expect(way('websocket')).toMatchObject({ state: 'ok' });
    expect(way('polling')).toMatchObject({
      state: 'warn',
      advice: expect.stringContaining('reverse proxy'),
    });
    expect(way('none')).toMatchObject({ state: 'bad', code: 'signaling-offline' });
  });

  test('without its word on servers nothing is guessed', () => {
    const mute = findings([], { server: { way: 'none', iceServers: undefined } });
    for (const check of ['udp', 'stun', 'nat', 'turn', 'relay'] as const)
      expect(verdict(check, mute)).toMatchObject({ state: 'unknown', value: 'no-word' });
    expect(networkOutlook(mute, false)?.map(({ way }) => way)).toEqual(Array(4).fill('unknown'));
  });
});

describe('[CK4] UDP', () => {
  test('a refusal came back, so it is open', () => {
    expect(verdict('udp', findings([probe('turn', 'udp', 'refused')]))).toMatchObject({ value: 'open' });
  });

  test('is blocked only when the same service answers over TCP', () => {
    const tcp = [...silenced(STUN), probe('turn', 'tcp')];
    expect(verdict('udp', findings(tcp))).toMatchObject({ state: 'warn', value: 'blocked' });
    expect(verdict('stun', findings(tcp))).toMatchObject({ state: 'warn', value: 'silent' });
    const nothing = findings(silenced([...STUN, ...TURN]));
    expect(verdict('udp', nothing)).toMatchObject({ state: 'bad', code: 'udp-silent' });
    expect(verdict('stun', nothing)).toMatchObject({ state: 'bad', code: 'stun-silent' });
  });

  test('cannot be told without a server to ask', () => {
    expect(verdict('udp', findings([]))).toMatchObject({ state: 'unknown', value: 'no-server' });
  });
});

test('[CK5] STUN: all, some, none set, or done by the relay', () => {
  expect(verdict('stun', findings(STUN))).toMatchObject({ state: 'ok', value: 'answers' });
  const [first = probe('stun', 'udp'), ...rest] = STUN;
  expect(verdict('stun', findings([first, ...silenced(rest)]))).toMatchObject({ value: 'partly' });
  expect(verdict('stun', findings([]))).toMatchObject({
    state: 'warn',
    value: 'not-configured',
    advice: expect.stringContaining('STUN_URLS'),
  });
  expect(verdict('stun', findings(TURN))).toMatchObject({ state: 'ok', value: 'not-configured' });
});

describe('[CK6] the relay', () => {
  test('is told with the ways in which it lets us in', () => {
    expect(verdict('turn', findings(TURN))).toMatchObject({ state: 'ok', value: 'udp tcp tls' });
    const [udp = probe('turn', 'udp'), ...rest] = TURN;
    expect(verdict('turn', findings([...silenced([udp]), ...rest]))).toMatchObject({
      state: 'ok',
      value: 'tcp tls',
      text: 'A relay answers over TCP and TLS; not over UDP.',
    });
  });

  test('that is silent over UDP alone is a warning where UDP is open', () => {
    const [udp = probe('turn', 'udp'), ...rest] = TURN;
    expect(verdict('turn', findings([...STUN, ...silenced([udp]), ...rest]))).toMatchObject({
      state: 'warn',
      value: 'tcp tls',
      text: expect.stringContaining('not over UDP, which is open here'),
      advice: expect.stringContaining('coturn'),
    });
    // A network that lets no UDP out, or a relay that was told to offer none, is nothing to mend.
    for (const others of [
      [...silenced([...STUN, udp]), ...rest],
      [...STUN, ...rest],
    ])
      expect(verdict('turn', findings(others))).toMatchObject({ state: 'ok', value: 'tcp tls' });
  });

  test('that refuses, is full, is silent or is not there, is told apart', () => {
    const refused = (code: number) =>
      verdict('turn', findings([probe('turn', 'udp', 'refused', { code }), ...silenced(TURN)]));
    expect(refused(401)).toMatchObject({ code: 'turn-refused', text: expect.stringContaining('expired') });
    expect(refused(403)).toMatchObject({ code: 'turn-refused', text: expect.stringContaining('403') });
    expect(refused(486)).toMatchObject({ code: 'turn-full', value: 'full' });
    expect(verdict('turn', findings(silenced(TURN)))).toMatchObject({ code: 'turn-silent' });
    expect(verdict('turn', findings([]))).toMatchObject({ state: 'warn', value: 'not-configured' });
  });
});

test('[CK7] a relay that carries nothing is bad, one that does has a round trip', () => {
  expect(verdict('relay', findings(TURN))).toMatchObject({
    value: 'works',
    text: expect.stringContaining('31 ms'),
  });
  const fails = findings(TURN, { relay: { kind: 'fails', transport: 'udp' } });
  expect(verdict('relay', fails)).toMatchObject({ state: 'bad', code: 'relay-fails' });
});

describe('[CK8] the outlook', () => {
  const ways = (found: NetworkFindings, relayOnly = false): string =>
    networkOutlook(found, relayOnly)
      ?.map(({ way }) => way)
      .join(' ') ?? 'none';
  const all = [...STUN, ...TURN];
  const untried = { relay: { kind: 'untried' } } as const;

  test('in order: same network, ordinary, strict, UDP blocked', () => {
    const symmetric = mapping([candidate(), candidate({ port: 6000 })]);
    expect(ways(findings(all, { mapping: mapping([candidate()], true) }))).toBe('direct direct direct relay');
    expect(ways(findings(all))).toBe('direct direct relay relay');
    expect(ways(findings(all, { mapping: symmetric }))).toBe('direct relay relay relay');
    expect(ways(findings(all, { mapping: symmetric, ...untried }))).toBe('direct no no no');
  });

  test('no servers at all: the own network alone', () => {
    const none = { server: { way: 'websocket', iceServers: [] }, ...untried } as const;
    expect(ways(findings([], none))).toBe('direct no no no');
  });

  test('who cannot be told apart is promised no more than that', () => {
    const one = [probe('stun', 'udp')];
    expect(ways(findings([...one, ...TURN]))).toBe('direct either either relay');
    expect(ways(findings(one, untried))).toBe('direct maybe maybe no');
  });

  test('a relay over UDP alone does not help those without UDP', () => {
    const server: ServerFinding = { way: 'websocket', iceServers: [{ urls: ['turn:ice.test'] }] };
    expect(ways(findings(all, { server }))).toBe('direct direct relay no');
  });

  test('who hides the address takes the relay or nothing', () => {
    expect(ways(findings(all), true)).toBe('relay relay relay relay');
    expect(ways(findings(all, untried), true)).toBe('no no no no');
  });

  test('without WebRTC there is nobody, and before all is known nothing is said', () => {
    const without = findings(all, { webRtc: false });
    expect(ways(without)).toBe('no no no no');
    expect(verdict('udp', without)).toMatchObject({ state: 'unknown', value: 'no-webrtc' });
    expect(ways(findings(all, { relay: undefined }))).toBe('none');
  });
});

test('what is not known yet is being looked at', () => {
  const nothing = findings([], {
    server: undefined,
    probes: undefined,
    mapping: undefined,
    relay: undefined,
  });
  expect(networkVerdicts(nothing).map(({ state }) => state)).toEqual(Array(6).fill('running'));
});

test('[CK9] no verdict and no class of candidates holds an address, a name or a password', () => {
  const local = candidate({ type: 'host', address: '192.168.1.23' });
  const probes = [...STUN, ...TURN].map(each => ({
    ...each,
    candidates: [candidate(), relayed(5000), local],
  }));
  const found = findings(probes);
  const said = JSON.stringify([
    networkVerdicts(found),
    networkOutlook(found, false),
    candidateClasses(found),
  ]);
  for (const secret of [OUR_ADDRESS, RELAY_ADDRESS, '192.168', 'ice.test', 'a.test', '1999999999', 'word"'])
    expect(said).not.toContain(secret);
  const v6 = candidate({ address: '2001:db8::7' });
  const ula = candidate({ type: 'host', address: 'fd00::1' });
  const hidden = candidate({ type: 'host', address: 'abc-def.local' });
  expect(
    candidateClasses(findings([probe('stun', 'udp', 'answered', { candidates: [v6, ula, hidden, local] })])),
  ).toEqual([
    'host udp hidden by the browser',
    'host udp IPv4 private',
    'host udp IPv6 private',
    'srflx udp IPv4 public',
    'srflx udp IPv6 public',
  ]);
});
