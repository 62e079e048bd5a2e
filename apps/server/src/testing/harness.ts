import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
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

function isJoined(reply: unknown): reply is { address: string; members: string[] } {
  return typeof reply === 'object' && reply !== null && 'ok' in reply && reply.ok === true;
}
