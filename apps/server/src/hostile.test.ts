import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './config.ts';
import type { Membership } from './membership.ts';
import { ROOM_A, connect, connectRaw, startServer } from './testing/harness.ts';

const REFUSED = { ok: false, code: 'bad-request' };

/** JSON that a careless merge would turn into a polluted prototype. */
const POLLUTION: unknown = JSON.parse('{"__proto__":{"ok":true},"constructor":{"prototype":{}},"version":1}');

describe('hostile events', () => {
  test.each<[string, unknown[]]>([
    ['join', []],
    ['join', [null]],
    ['join', ['room']],
    ['join', [42]],
    ['join', [[]]],
    ['join', [{}]],
    ['join', [{ version: '1', room: ROOM_A }]],
    ['join', [{ version: 1, room: 'short' }]],
    ['join', [{ version: 1, room: ROOM_A.repeat(1000) }]],
    ['join', [{ version: 1, room: { toString: 'x' } }]],
    ['join', [{ version: 1, room: ROOM_A }, { more: true }]],
    ['join', [{ version: 1, room: '__proto__' }]],
    ['join', [POLLUTION]],
    ['members', ['surplus']],
    ['nonsense', [{}]],
    ['__proto__', [{}]],
    ['constructor', []],
    ['toString', []],
    ['hasOwnProperty', [1]],
    ['error', [{}]],
  ])('%s %j is a bad request', async (event, args) => {
    const server = await startServer();
    const client = await connect(server);
    expect(await client.ask(event, ...args)).toEqual(REFUSED);
    expect(server.counts.violations).toBe(1);
    // The client is still served: one mistake is forgiven.
    expect(await client.join()).toMatchObject({ ok: true });
  });

  test.each<[string, unknown]>([
    ['no box', { to: 'x' }],
    ['a text for a box', { to: 'x', box: 'text' }],
    ['an array for a box', { to: 'x', box: [1, 2, 3] }],
    ['an empty box', { to: 'x', box: new Uint8Array(0) }],
    ['a number for an address', { to: 7, box: new Uint8Array(1) }],
    ['a box as address', { to: new Uint8Array(4), box: new Uint8Array(1) }],
    ['a prototype key as address', { to: { __proto__: 'x' }, box: new Uint8Array(1) }],
  ])('signal with %s is a bad request', async (_name, payload) => {
    const client = await connect(await startServer());
    await client.join();
    expect(await client.ask('signal', payload)).toEqual(REFUSED);
  });

  test.each(['__proto__', 'constructor', 'toString', 'valueOf'])('nobody is called %s', async to => {
    const client = await connect(await startServer());
    await client.join();
    expect(await client.ask('signal', { to, box: new Uint8Array(1) })).toEqual({
      ok: false,
      code: 'unknown-member',
    });
  });

  test('events without an acknowledgement are counted, and do nothing', async () => {
    const server = await startServer();
    const [careless, careful] = [await connect(server), await connect(server)];
    careless.socket.emit('join', { version: 1, room: ROOM_A });
    careless.socket.emit('members');
    careless.socket.emit('signal', null);
    await expect.poll(() => server.counts.violations).toBe(3);
    expect((await careful.join()).members).toEqual([]);
  });

  test('whoever goes on breaking the rules is disconnected; others are not', async () => {
    const server = await startServer();
    const [hostile, honest] = [await connect(server), await connect(server)];
    const end = hostile.ended();
    for (let i = 0; i < 100; i += 1) hostile.socket.emit('join', 'nonsense');
    expect(await end).toBe('io server disconnect');
    expect(server.counts.evictions).toBe(1);
    expect(await honest.join()).toMatchObject({ ok: true });
  });

  test('a flood of well-formed events is refused, then cut', async () => {
    const server = await startServer();
    const [flooder, honest] = [await connect(server), await connect(server)];
    const { address } = await honest.join();
    await flooder.join();
    const end = flooder.ended();
    const codes = new Set<unknown>();
    const ack = (reply: { code?: string }) => codes.add(reply.code);
    for (let i = 0; i < 5_000; i += 1)
      flooder.socket.emit('signal', { to: address, box: new Uint8Array(1) }, ack);
    expect(await end).toBe('io server disconnect');
    expect(codes).toContain('rate-limited');
    expect(server.counts.signals).toBeLessThan(1_100);
    expect(await honest.ask('members')).toMatchObject({ ok: true });
  });

  test('a payload over the transport cap ends the connection at once', async () => {
    const server = await startServer();
    const client = await connect(server);
    const end = client.ended();
    client.socket.emit('signal', { to: 'x', box: new Uint8Array(1024 * 1024) });
    expect(await end).toBe('transport close');
    expect(await (await connect(server)).join()).toMatchObject({ ok: true });
  });

  test('a socket that never joins is put out', async () => {
    const client = await connect(await startServer({ joinTimeoutMs: 30 }));
    expect(await client.ended()).toBe('io server disconnect');
  });

  test('a failing membership cuts the connection and nothing else', async () => {
    const broken: Membership = {
      join: () => Promise.reject(new Error('the store is gone')),
      leave: () => Promise.reject(new Error('the store is gone')),
      sample: async () => [],
      find: async () => false,
      size: async () => 0,
    };
    const server = await startServer({ membership: broken });
    const client = await connect(server);
    client.socket.emit('join', { version: 1, room: ROOM_A }, () => undefined);
    expect(await client.ended()).toBe('io server disconnect');
    expect(server.counts.failures).toBe(1);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test('bytes that are no HTTP are answered and forgotten', async () => {
    const server = await startServer();
    const answer = await new Promise<string>(resolve => {
      const raw = connectTcp(server.port, '127.0.0.1', () => raw.end('\0\x01nonsense\r\n\r\n'));
      raw.on('data', data => {
        resolve(data.toString());
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('connections', () => {
  const openSocket = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });

  test('are capped per client, and the place is given back', async () => {
    const server = await startServer({ limits: { ...DEFAULT_LIMITS, maxConnectionsPerIp: 2 } });
    const first = await connect(server);
    await connect(server);
    await expect(connect(server)).rejects.toThrow();
    first.socket.disconnect();
    await expect
      .poll(() =>
        connect(server).then(
          client => client.socket.connected,
          () => false,
        ),
      )
      .toBe(true);
  });

  test('the cap holds for handshakes side by side', async () => {
    const server = await startServer({ limits: { ...DEFAULT_LIMITS, maxConnectionsPerIp: 5 } });
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => connect(server)));
    expect(attempts.filter(attempt => attempt.status === 'fulfilled')).toHaveLength(5);
  });

  test.each<[string, string[][]]>([
    ['leaves and comes back', [['40'], ['41'], ['40']]],
    ['comes twice at once', [['40', '40']]],
  ])('whoever %s on one connection has its allowances only once: it is cut', async (_name, steps) => {
    const server = await startServer();
    const raw = await connectRaw(server);
    const closed = new Promise<void>(resolve => {
      raw.tcp.once('end', resolve);
    });
    for (const packets of steps) {
      raw.send(...packets);
      await raw.sees(/40\{"sid":/);
    }
    // A close frame; then the server waits for ours.
    await raw.sees(/\x88\0/);
    raw.tcp.end();
    await closed;
  });

  test.each<[string, Buffer]>([
    // '40/a,': Socket.IO itself answers that there is no such namespace.
    ['Socket.IO', Buffer.concat([Buffer.from([0x81, 0x85, 0, 0, 0, 0]), Buffer.from('40/a,')])],
    // A ping, which no page can send: ws itself answers with as much.
    ['ws', Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])],
  ])('whoever does not read is cut before answers of %s fill the memory', async (_name, frame) => {
    const server = await startServer({ limits: { ...DEFAULT_LIMITS, maxConnectionsPerIp: 1 } });
    const raw = await connectRaw(server);
    raw.send('40');
    await raw.sees(/40\{"sid":/);
    raw.tcp.pause();
    raw.tcp.write(Buffer.concat(Array.from({ length: 100_000 }, () => frame)));
    await expect
      .poll(
        () =>
          connect(server).then(
            client => client.socket.connected,
            () => false,
          ),
        { timeout: 4_000 },
      )
      .toBe(true);
  });

  test('new ones are rationed by the minute', async () => {
    const server = await startServer({ limits: { ...DEFAULT_LIMITS, maxHandshakesPerMinutePerIp: 2 } });
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await openSocket(server.url)).status);
    expect(statuses).toEqual([200, 200, 403]);
  });

  test('behind a proxy clients are told apart by its last hop, and only there', async () => {
    const limits = { ...DEFAULT_LIMITS, maxHandshakesPerMinutePerIp: 1 };
    const hops = ['203.0.113.1, 198.51.100.1', '203.0.113.1, 198.51.100.2', '203.0.113.9, 198.51.100.1'];
    const statuses = async (trustProxy: boolean) => {
      const { url } = await startServer({ limits, trustProxy });
      const results = [];
      for (const hop of hops) results.push((await openSocket(url, { 'X-Forwarded-For': hop })).status);
      return results;
    };
    expect(await statuses(true)).toEqual([200, 200, 403]);
    expect(await statuses(false)).toEqual([200, 403, 403]);
  });

  test('of foreign pages are refused unless allowed', async () => {
    const own = await startServer();
    const open = await startServer({ allowedOrigins: ['https://app.example'] });
    const status = async (url: string, origin: string) => (await openSocket(url, { Origin: origin })).status;
    expect(await status(own.url, own.url)).toBe(200);
    expect(await status(own.url, 'https://evil.example')).toBe(403);
    expect(await status(own.url, 'null')).toBe(403);
    expect(await status(own.url, `${own.url}.evil.example`)).toBe(403);
    expect(await status(open.url, 'https://app.example')).toBe(200);
    expect(await status(open.url, 'https://evil.example')).toBe(403);
  });

  test('of the own page are told from foreign ones by the host, however a proxy writes it', async () => {
    const { port } = await startServer();
    const status = (origin: string, host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const path = '/socket.io/?EIO=4&transport=polling';
        const headers = { Origin: origin, Host: host };
        const request = httpRequest({ host: '127.0.0.1', port, path, headers }, response => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once('error', reject);
        request.end();
      });
    for (const host of ['shoal.example', 'shoal.example:443', 'Shoal.Example'])
      expect(await status('https://shoal.example', host), host).toBe(200);
    expect(await status('http://shoal.example', 'shoal.example:80')).toBe(200);
    expect(await status('https://shoal.example:8443', 'shoal.example:8443')).toBe(200);
    const foreign = [
      'shoal.example:8443',
      'evil.example',
      'a@shoal.example.evil',
      'shoal.example.',
      '[',
      '',
      'null',
    ];
    for (const host of foreign) expect(await status('https://shoal.example', host), host).toBe(403);
    expect(await status('https://shoal.example', 'shoal.example:80')).toBe(403);
  });
});
