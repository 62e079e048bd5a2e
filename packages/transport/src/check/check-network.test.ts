import { expect, test } from 'vitest';
import { candidate, gathering, relayed } from '../testing/check-findings.ts';
import { checkNetwork, type NetworkProbes } from './check-network.ts';
import type { NetworkFindings } from './findings.ts';
import type { GatherOptions } from './gather.ts';
import type { LoopEnd } from './loop.ts';

const STUN = { urls: ['stun:a.test', 'stun:b.test:3479'] };
const TURN = {
  urls: ['turns:r.test?transport=tcp', 'turn:r.test?transport=tcp', 'turn:r.test'],
  username: 'u',
  credential: 'p',
};

/** A network in which `silent` addresses do not answer. */
function network(silent: (url: string) => boolean = () => false) {
  const gathered: GatherOptions[] = [];
  const rounds: (readonly [LoopEnd, LoopEnd])[] = [];
  const probes: NetworkProbes = {
    reachServer: () => Promise.resolve({ way: 'websocket', iceServers: [STUN, TURN] }),
    gather: options => {
      gathered.push(options);
      const urls = options.servers.flatMap(server => server.urls).filter(url => !silent(url));
      const found = urls.map(url => (url.startsWith('stun') ? candidate() : relayed(5000)));
      return Promise.resolve(gathering(found, { complete: urls.length > 0 }));
    },
    sendRound: (asking, answering) => {
      rounds.push([asking, answering]);
      return Promise.resolve(asking.relayOnly ? 12 : undefined);
    },
  };
  return { probes, gathered, rounds };
}

async function check(probes: NetworkProbes, webRtc = true, signal = new AbortController().signal) {
  const told: NetworkFindings[] = [];
  await checkNetwork(probes, webRtc, found => told.push(found), signal);
  return told;
}

test('[CK1] each address is asked alone, relays for relay candidates only; findings are told as they come', async () => {
  const { probes, gathered } = network();
  const told = await check(probes);
  const alone = gathered.filter(({ servers }) => servers.length === 1 && servers[0]?.urls.length === 1);
  expect(alone.map(({ servers, relayOnly }) => [servers[0]?.urls[0], relayOnly])).toEqual([
    ['stun:a.test', false],
    ['stun:b.test:3479', false],
    ...TURN.urls.map(url => [url, true]),
  ]);
  expect(told[0]).toMatchObject({ server: { way: 'websocket' }, probes: undefined });
  expect(told.at(-1)).toMatchObject({
    relay: { kind: 'works', transport: 'udp', rttMs: 12 },
    mapping: { letsIn: false },
  });
});

test('[CK3] one socket asks all that answered by UDP, and a relay calls it unasked', async () => {
  const { probes, gathered, rounds } = network(url => url.includes('b.test'));
  await check(probes);
  const mapping = gathered.find(({ servers }) => servers.length > 1);
  expect(mapping?.servers.map(({ urls }) => urls[0])).toEqual(['stun:a.test', 'turn:r.test']);
  const [listener, stranger] = rounds.find(([asking]) => !asking.relayOnly) ?? [];
  expect(stranger?.relayOnly).toBe(true);
  const tells = (end: LoopEnd | undefined, over: object) =>
    end?.tells(Object.assign(candidate(), over) as unknown as RTCIceCandidate);
  expect(tells(listener, { type: 'srflx' })).toBe(true);
  expect(tells(listener, { type: 'host', address: 'x.local' })).toBe(false);
  expect(tells(listener, { type: 'relay' })).toBe(false);
  // A listener that knew the stranger would open the door itself.
  expect(tells(stranger, { type: 'relay' })).toBe(false);
});

test('[CK7] data goes over the best transport that answered, and nowhere when none did', async () => {
  const tls = network(url => !url.startsWith('turns'));
  expect((await check(tls.probes)).at(-1)).toMatchObject({
    relay: { kind: 'works', transport: 'tls' },
    mapping: { gathering: undefined, letsIn: undefined },
  });
  const none = network(() => true);
  expect((await check(none.probes)).at(-1)?.relay).toEqual({ kind: 'untried' });
  expect(none.rounds).toHaveLength(0);
});

test('without WebRTC nothing is tried; what was given up tells nothing more', async () => {
  const { probes, gathered } = network();
  expect((await check(probes, false)).at(-1)).toMatchObject({ probes: [], relay: { kind: 'untried' } });
  expect(gathered).toHaveLength(0);
  expect(await check(probes, true, AbortSignal.abort())).toEqual([]);
});
