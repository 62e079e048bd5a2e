import { request as httpRequest } from 'node:http';
import { readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ServerError } from './errors.ts';
import { ROOM_A, connect, connectRaw, startServer, stubWebApp } from './testing/harness.ts';

const HAS_IPV6 = Object.values(networkInterfaces()).some(list =>
  list?.some(({ address }) => address === '::1'),
);

/** Only there can a process see what it holds open, and is a socket a file that cannot be opened. */
const IS_LINUX = process.platform === 'linux';

/** How many descriptors of this process are open on a file. */
async function timesOpen(path: string): Promise<number> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map(name => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter(target => target === path).length;
}

/** Asks for a file, reads a little of it and resets the connection. */
function abortedGet(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const raw = connectTcp(port, '127.0.0.1');
    raw.once('error', reject);
    raw.once('data', () => raw.resetAndDestroy());
    raw.once('close', () => {
      resolve();
    });
    raw.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  });
}

/** A request whose path goes out as it is: fetch would tidy it up. */
function rawGet(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const request = httpRequest({ port, path, headers, method, host: '127.0.0.1' }, response => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
    request.once('error', reject);
    request.end();
  });
}

describe('the web app', () => {
  test.each(['/', '/check', '/index.html', '/?utm=1'])('%s is the page, always revalidated', async path => {
    const { url } = await startServer();
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('stub');
  });

  test('hashed assets are kept forever', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}/assets/index-a1b2c3.js`);
    expect(response.headers.get('content-type')).toMatch(/javascript/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test.each([
    '/nothing',
    '/assets/',
    '/.shoal-build',
    '/assets/../.shoal-build',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/../../etc/passwd',
    '/%00',
    '/%',
    '/%252e%252e/x',
    '//..//..//etc/passwd',
    '/a\\..\\b',
    'http://elsewhere.example/',
  ])('%s is not found, with a code', async path => {
    const { port } = await startServer();
    const response = await rawGet(port, path);
    expect(response.status).toBe(404);
    expect(response.headers['x-error-code']).toBe('not-found');
  });

  test.each(['bytes=5-2', 'bytes=9999-', 'bytes=-5', 'bytes=a-b', 'x'])(
    'a range of %s is passed over',
    async range => {
      const { port } = await startServer();
      expect((await rawGet(port, '/assets/index-a1b2c3.js', { Range: range })).status).toBe(200);
    },
  );

  test('only reading is served', async () => {
    const { port } = await startServer();
    const response = await rawGet(port, '/', {}, 'POST');
    expect([response.status, response.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect((await rawGet(port, '/', {}, 'HEAD')).status).toBe(200);
  });

  test('an app that is not built says so, and is not ready', async () => {
    const { url } = await startServer({ webRoot: '/nowhere' });
    const response = await fetch(url);
    expect([response.status, response.headers.get('x-error-code')]).toEqual([503, 'web-app-missing']);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('files that vanish while it runs do no harm', async () => {
    const webRoot = await stubWebApp();
    const { url } = await startServer({ webRoot });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await rm(`${webRoot}/assets/index-a1b2c3.js`);
    expect((await fetch(`${url}/assets/index-a1b2c3.js`)).status).toBe(404);
  });

  test.runIf(IS_LINUX)('an answer that nobody waits for any more does not keep its file open', async () => {
    const webRoot = await stubWebApp();
    const { port } = await startServer({ webRoot });
    const file = `${webRoot}/assets/large.js`;
    await writeFile(file, Buffer.alloc(3_000_000));
    await Promise.all(Array.from({ length: 20 }, () => abortedGet(port, '/assets/large.js')));
    await expect.poll(() => timesOpen(file)).toBe(0);
  });

  test.runIf(IS_LINUX)('a file that is there and does not open does no harm', async () => {
    const webRoot = await stubWebApp();
    const { url } = await startServer({ webRoot });
    // What was removed since it was looked at fails in the same way, and cannot be timed.
    const inTheWay = createTcpServer().listen(`${webRoot}/assets/x.js`);
    onTestFinished(() => void inTheWay.close());
    await expect(fetch(`${url}/assets/x.js`)).rejects.toThrow();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('connections that go nowhere', () => {
  /** Sends the texts, each after the last one was answered; resolves with all that came, once the server has ended the connection. */
  const exchange = (port: number, ...texts: string[]) =>
    new Promise<string>(resolve => {
      let seen = '';
      const raw = connectTcp(port, '127.0.0.1', () => raw.write(texts.shift() ?? ''));
      onTestFinished(() => void raw.destroy());
      raw.on('error', () => undefined);
      raw.on('data', data => {
        seen += data.toString('latin1');
        raw.write(texts.shift() ?? '');
      });
      raw.once('close', () => {
        resolve(seen);
      });
    });

  test.each(['h2c', 'websocket'])('who asks for %s elsewhere is answered, and done with', async protocol => {
    const { port } = await startServer();
    const plain = 'GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n';
    const upgrade = `GET /check HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
    expect(await exchange(port, upgrade)).toMatch(/^HTTP\/1\.1 200 OK[^]*stub/);
    expect(await exchange(port, plain, upgrade)).toMatch(/^HTTP\/1\.1 200 OK[^]*HTTP\/1\.1 200 OK[^]*stub/);
    // Before the first answer has left there is no place for another.
    expect(await exchange(port, `GET / HTTP/1.1\r\nHost: test\r\n\r\n${upgrade}`)).not.toContain('stub');
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  test.runIf(IS_LINUX)('who does not read an answer is cut', async () => {
    const webRoot = await stubWebApp();
    const server = await startServer({ webRoot, stallTimeoutMs: 50 });
    const quiet = await connect(server);
    const file = `${webRoot}/assets/large.js`;
    await writeFile(file, Buffer.alloc(20_000_000));
    const raw = connectTcp(server.port, '127.0.0.1');
    onTestFinished(() => void raw.destroy());
    const begun = new Promise<void>(resolve => {
      raw.once('data', () => {
        raw.pause();
        resolve();
      });
    });
    raw.write('GET /assets/large.js HTTP/1.1\r\nHost: test\r\n\r\n');
    await begun;
    await expect.poll(() => timesOpen(file)).toBe(0);
    expect(quiet.socket.connected).toBe(true);
  });
});

describe('headers', () => {
  test.each(['/', '/nothing', '/healthz', '/socket.io/?EIO=4&transport=polling', '/socket.io/?transport=x'])(
    '%s is isolated and closed to foreign content',
    async path => {
      const { url } = await startServer();
      const { headers } = await fetch(url + path);
      const host = new URL(url).host;
      expect(headers.get('content-security-policy')).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      );
      expect(headers.get('content-security-policy')).toContain(
        `connect-src 'self' ws://${host} wss://${host};`,
      );
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  test.each(['a b', "x; script-src 'unsafe-inline'", 'x,y', 'x:99999999', "'self'"])(
    'a Host of %s stays out of the policy',
    async host => {
      const { port } = await startServer();
      const { headers } = await rawGet(port, '/', { Host: host });
      expect(headers['content-security-policy']).toContain("connect-src 'self';");
    },
  );

  test('HSTS is for pages that came over https through a trusted proxy', async () => {
    const hsts = async (trustProxy: boolean, proto: string) => {
      const { port } = await startServer({ trustProxy });
      return (await rawGet(port, '/', { 'X-Forwarded-Proto': proto })).headers['strict-transport-security'];
    };
    expect(await hsts(true, 'https')).toMatch(/max-age/);
    expect(await hsts(true, 'http')).toBeUndefined();
    expect(await hsts(false, 'https')).toBeUndefined();
  });
});

describe('stopping', () => {
  test.each(['websocket', 'polling'])('tells the clients when to come back, over %s', async transport => {
    const server = await startServer();
    const client = await connect(server, { transports: [transport] });
    const [notice, end] = [client.next('shutdown'), client.ended()];
    await client.join();
    await server.close();
    expect(await notice).toEqual({ retryAfterMs: expect.any(Number) });
    expect(await end).toBe('io server disconnect');
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test('ends within 5 seconds even if someone hangs on', { timeout: 8_000 }, async () => {
    const server = await startServer();
    const raw = connectTcp(server.port, '127.0.0.1');
    raw.on('error', () => undefined);
    await new Promise<void>(resolve =>
      raw.write('POST /socket.io/ HTTP/1.1\r\nContent-Length: 99\r\n', () => {
        resolve();
      }),
    );
    const before = performance.now();
    await Promise.all([server.close(), server.close()]);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test(
    'ends within 5 seconds even if a websocket does not answer the close',
    { timeout: 8_000 },
    async () => {
      const server = await startServer();
      const raw = await connectRaw(server);
      raw.send('40');
      await raw.sees(/40\{"sid":/);
      const before = performance.now();
      await server.close();
      expect(performance.now() - before).toBeLessThan(5_000);
    },
  );

  test('a port in use is said in plain words', async () => {
    const { port } = await startServer();
    const failure: unknown = await startServer({ port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerError);
    expect(failure).toMatchObject({
      code: 'port-in-use',
      message: `Port ${port} is in use. Set PORT to another one.`,
    });
  });

  test.runIf(HAS_IPV6)('an IPv6 host is bracketed in the address', async () => {
    const server = await startServer({ host: '::1' });
    expect(server.url).toBe(`http://[::1]:${server.port}`);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

test.each(['0.0.0.0', ...(HAS_IPV6 ? ['::', '0:0:0:0:0:0:0:0'] : [])])(
  'listening on %s, it names an address where the page works',
  async host => {
    const server = await startServer({ host });
    expect(server.url).toBe(`http://localhost:${server.port}`);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  },
);

describe('the log', () => {
  test('holds no room, no address and no payload', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: line => void lines.push(line) });
    const server = await startServer({ log });
    const [client, hostile] = [await connect(server), await connect(server)];
    const { address } = await client.join();
    const end = hostile.ended();
    for (let i = 0; i < 50; i += 1)
      hostile.socket.emit('join', { version: 1, room: ROOM_A, secret: 'payload' });
    await end;
    expect(lines.join('')).toContain('broke the rules');
    for (const word of [ROOM_A, address, 'payload', '127.0.0.1']) expect(lines.join('')).not.toContain(word);
  });
});
