import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import type { Socket as TcpSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { expect, onTestFinished } from 'vitest';
import { DEFAULT_LIMITS } from '../config.ts';
import { createServer } from '../server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';

export const ROOM_A = 'AAAAAAAAAAAAAAAAAAAAAA';
export const ROOM_B = 'BBBBBBBBBBBBBBBBBBBBBA';

/** A server on a free port with a stub web app, gone when the test is. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await createServer({
    host: '127.0.0.1',
    port: 0,
    webRoot: await stubWebApp(),
    trustProxy: false,
    allowedOrigins: [],
    ice: { stunUrls: [], turn: undefined },
    limits: DEFAULT_LIMITS,
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

/** A built web app in small: an index, a hashed asset, and a dot file that nobody may read. */
export async function stubWebApp(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'shoal-web-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<!doctype html><title>stub</title>');
  await writeFile(join(root, 'assets', 'index-a1b2c3.js'), 'export {};');
  await writeFile(join(root, '.shoal-build'), 'private');
  return root;
}

/** A client that may send anything: its events are deliberately untyped. */
export interface TestClient {
  readonly socket: Socket;
  /** Resolves with the acknowledgement, whatever it is. */
  ask(event: string, ...args: unknown[]): Promise<unknown>;
  join(room?: string): Promise<{ address: string; members: string[] }>;
  next(event: string): Promise<unknown>;
  /** Resolves with the reason when the server ends the connection. */
  ended(): Promise<string>;
}

export async function connect(server: RunningServer, options: object = {}): Promise<TestClient> {
  const socket = io(server.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    ...options,
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const ask = async (event: string, ...args: unknown[]): Promise<unknown> => {
    const reply: unknown = await socket.timeout(3_000).emitWithAck(event, ...args);
    return reply;
  };
  const next = (event: string) => new Promise<unknown>(resolve => socket.once(event, resolve));
  const ended = () => new Promise<string>(resolve => socket.once('disconnect', resolve));
  const join = async (room = ROOM_A) => {
    const reply = await ask('join', { version: 1, room });
    if (!isJoined(reply)) throw new Error(`join refused: ${JSON.stringify(reply)}`);
    return reply;
  };
  return { socket, ask, next, ended, join };
}

/** A websocket without a client library: what no client of ours would send can be sent, and what comes can be left unread. */
export interface RawClient {
  readonly tcp: TcpSocket;
  /** Short packets of Engine.IO, such as `40` (connect) and `41` (disconnect). */
  send(...packets: string[]): void;
  /** Resolves once all that came so far, taken as text, fits. */
  sees(pattern: RegExp): Promise<void>;
}

export async function connectRaw(server: RunningServer): Promise<RawClient> {
  const tcp = connectTcp(server.port, '127.0.0.1');
  onTestFinished(() => void tcp.destroy());
  // The server may cut us in the middle of a word.
  tcp.on('error', () => undefined);
  let seen = '';
  tcp.on('data', data => {
    seen += data.toString('latin1');
  });
  const sees = async (pattern: RegExp): Promise<void> => {
    await expect.poll(() => seen, { timeout: 4_000 }).toMatch(pattern);
  };
  const send = (...packets: string[]): void => {
    // A text frame with a mask of zeros, which changes nothing.
    const frames = packets.map(packet =>
      Buffer.concat([Buffer.from([0x81, 0x80 + packet.length, 0, 0, 0, 0]), Buffer.from(packet)]),
    );
    tcp.write(Buffer.concat(frames));
  };
  tcp.write(
    [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  // Engine.IO's handshake.
  await sees(/0\{"sid":/);
  return { tcp, send, sees };
}

function isJoined(reply: unknown): reply is { address: string; members: string[] } {
  return typeof reply === 'object' && reply !== null && 'ok' in reply && reply.ok === true;
}
