import { joinReply } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { clientKey } from './client-address.ts';
import { readConfig } from './config.ts';
import { iceGrantFor, iceServersFor, turnCredentials } from './ice-servers.ts';
import { TokenBucket } from './token-bucket.ts';

const urls = (scheme: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${scheme}:r${i}.example`).join(',');

describe('configuration', () => {
  test('without any variable names no third party', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      trustProxy: false,
      allowedOrigins: [],
      ice: { stunUrls: [], turn: undefined },
      logLevel: 'info',
    });
    expect(iceServersFor(readConfig({}).ice, 0)).toEqual([]);
  });

  test('reads lists, flags and numbers, and takes an empty variable for none', () => {
    const config = readConfig({
      HOST: '::1',
      PORT: '',
      TRUST_PROXY: '1',
      ALLOWED_ORIGINS: 'https://a.example, https://b.example:443',
      STUN_URLS: 'stun:a.example, stuns:b.example:5349',
      TURN_URLS: 'turn:c.example?transport=tcp',
      TURN_SECRET: 's',
      MAX_ROOM_MEMBERS: '5',
    });
    expect(config).toMatchObject({
      host: '::1',
      port: 3000,
      trustProxy: true,
      allowedOrigins: ['https://a.example', 'https://b.example'],
      ice: {
        stunUrls: ['stun:a.example', 'stuns:b.example:5349'],
        turn: { urls: ['turn:c.example?transport=tcp'], secret: 's', ttlSeconds: 86_400 },
      },
      limits: { maxRoomMembers: 5 },
    });
  });

  test.each([
    ['PORT', { PORT: '70000' }],
    ['PORT', { PORT: '0x50' }],
    ['HOST', { HOST: 'a b' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'maybe' }],
    ['STUN_URLS', { STUN_URLS: 'http://a.example' }],
    ['TURN_URLS and TURN_SECRET', { TURN_URLS: 'turn:a.example' }],
    ['TURN_URLS and TURN_SECRET', { TURN_SECRET: 'hush' }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://a.example/path' }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://a.example, https://[' }],
    ['STUN_URLS', { STUN_URLS: urls('stun', 17) }],
    ['TURN_URLS', { TURN_URLS: urls('turn', 17), TURN_SECRET: 'hush' }],
    ['STUN_URLS', { STUN_URLS: `stun:${'a'.repeat(508)}` }],
    ['TURN_URLS', { TURN_URLS: `turn:${'a'.repeat(508)}`, TURN_SECRET: 'hush' }],
  ])('complains about %s without quoting a value', (name, env) => {
    const complaint = expect(() => readConfig(env));
    complaint.toThrow(
      expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(name) }),
    );
    complaint.not.toThrow(Object.values(env)[0]);
  });
});

describe('URLs of STUN and TURN servers', () => {
  // What RTCPeerConnection of Chromium 156 throws at; one such URL among others, and nobody gets a connection.
  test.each([
    'stun://a.example:3478',
    'stun:a.example:3478?transport=udp',
    'stun:a.example:',
    'stun:a.example:0',
    'stun:',
    'turn:a.example:99999',
    'turn:a.example:3478?transport=tls',
    'turn:a.example:3478?transport=',
    'turn:a.example?ttl=1',
    'turn:a.example:3478/',
    'turn:me@a.example',
    'turn:2001:db8::1:3478',
    'turn:2001:db8::1',
  ])('%s is refused at the start', url => {
    const name = url.startsWith('stun') ? 'STUN_URLS' : 'TURN_URLS';
    expect(() => readConfig({ [name]: url, TURN_SECRET: 'hush' })).toThrow(`${name} must list URLs such as`);
  });

  test('are taken in all forms that there are', () => {
    const { ice } = readConfig({
      STUN_URLS: 'stun:a.example, stun:[2001:db8::1]:3478, stuns:192.0.2.1:5349',
      TURN_URLS: 'turn:relay_1.example, turn:[2001:db8::1]?transport=udp, turns:a.example:443?transport=tcp',
      TURN_SECRET: 'hush',
    });
    expect(ice.stunUrls).toHaveLength(3);
    expect(ice.turn?.urls).toHaveLength(3);
  });
});

test('clients take as many servers, with names as long, as the configuration lets through', () => {
  const { ice } = readConfig({
    STUN_URLS: urls('stun', 16),
    TURN_URLS: `turn:${'a'.repeat(507)},${urls('turn', 15)}`,
    TURN_SECRET: 'hush',
  });
  const reply = { ok: true, address: 'a', members: [], ...iceGrantFor(ice, 0) };
  expect(joinReply(reply)).toMatchObject({ ok: true });
});

describe('TURN credentials', () => {
  test('are coturn’s formula', () => {
    // printf %s 1700000000:alice | openssl dgst -sha1 -hmac north -binary | base64
    expect(turnCredentials('north', 'alice', 1_700_000_000)).toEqual({
      username: '1700000000:alice',
      credential: 'Cd/49soE35ICqcJF/bCTn8Z4OyE=',
    });
  });

  test('differ in name each time, so that the relay cannot tell who returns', () => {
    const ice = { stunUrls: [], turn: { urls: ['turn:a.example'], secret: 's', ttlSeconds: 60 } };
    const [first] = iceServersFor(ice, 0);
    const [second] = iceServersFor(ice, 0);
    expect(first?.username).not.toBe(second?.username);
  });
});

describe('token bucket', () => {
  test('lets a burst through, then the sustained rate', () => {
    let now = 0;
    const bucket = new TokenBucket({ capacity: 3, refillPerSecond: 2, clock: () => now });
    const take = (times: number) => Array.from({ length: times }, () => bucket.take());
    expect(take(4)).toEqual([true, true, true, false]);
    now = 500;
    expect(take(2)).toEqual([true, false]);
    now = 60_000;
    expect(take(4)).toEqual([true, true, true, false]);
  });

  test('gives nothing for a clock that goes back', () => {
    let now = 1_000;
    const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 1, clock: () => now });
    bucket.take();
    now = 0;
    expect(bucket.take()).toBe(false);
  });
});

describe('what clients are counted by', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:FFFF:203.0.113.7', '203.0.113.7'],
    ['::2:3:4:5:203.0.113.7', '0:0:2:3'],
  ])('%s counts as %s', (address, key) => {
    expect(clientKey({}, address, false)).toBe(key);
  });

  test.each([
    ['203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8::1]:51234', '2001:db8:0:0'],
    ['[2001:db8::1]', '2001:db8:0:0'],
    ['[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['203.0.113.7:http', '10.0.0.1'],
    ['[203.0.113.7', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('a hop that a proxy wrote as %s counts as %s', (hop, key) => {
    expect(clientKey({ 'x-forwarded-for': `1.1.1.1, ${hop}` }, '10.0.0.1', true)).toBe(key);
  });

  test('a forged or broken X-Forwarded-For is not believed', () => {
    expect(clientKey({ 'x-forwarded-for': '198.51.100.1' }, '203.0.113.7', false)).toBe('203.0.113.7');
    expect(clientKey({ 'x-forwarded-for': 'nonsense' }, '203.0.113.7', true)).toBe('203.0.113.7');
    expect(clientKey({ 'x-forwarded-for': '1.1.1.1, 198.51.100.1' }, '203.0.113.7', true)).toBe(
      '198.51.100.1',
    );
  });
});
