import { ServerResponse, createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { MAX_BOX_BYTES } from '@shoal/protocol';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { clientKey } from './client-address.ts';
import type { ServerConfig } from './config.ts';
import { ConnectionGate } from './connection-gate.ts';
import { ServerError } from './errors.ts';
import { MemoryMembership } from './memory-membership.ts';
import type { Membership } from './membership.ts';
import { isAllowedOrigin } from './origin.ts';
import { secureRandom } from './random.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { Signaling } from './signaling.ts';
import type { SignalingCounts, SignalingServer } from './signaling.ts';
import { isWebAppBuilt, pathOf, sendText, webApp } from './web-app.ts';

export interface ServerOptions extends Omit<ServerConfig, 'logLevel'> {
  /** Silent by default. */
  readonly log?: Logger;
  /** In memory by default. */
  readonly membership?: Membership;
  /** Uniform in [0, 1); cryptographic by default. */
  readonly random?: () => number;
  /** Milliseconds a socket may stay without joining a room; default 20,000. */
  readonly joinTimeoutMs?: number;
  /** Milliseconds a connection that is no websocket may stay without a byte either way; default 60,000. */
  readonly stallTimeoutMs?: number;
}

export interface RunningServer {
  /** Without a trailing slash, as a person may open it. */
  readonly url: string;
  readonly port: number;
  readonly counts: Readonly<SignalingCounts>;
  /** Tells the clients, stops accepting, and ends every connection within 5 seconds. Idempotent. */
  close(): Promise<void>;
}

/** A polling request may hold a box in base64 and its envelope; nothing honest is larger. */
const MAX_PAYLOAD_BYTES = 2 * MAX_BOX_BYTES;
/**
 * Packets that wait for a client that does not read, answers of Socket.IO itself included. All boxes that may wait for a member are half
 * of this.
 */
const MAX_WAITING_PACKETS = 4_096;
/** Bytes that a websocket may leave unread and still send more: all introductions of a room are less. What ws answers by itself, pongs, has no other bound. */
const MAX_UNREAD_BYTES = 2 * 1024 * 1024;
/** Closing: what clients get for fetching their last messages, and then everybody for ending requests. Together below 5 s. */
const DRAIN_TIMEOUT_MS = 1_000;
const FORCE_CLOSE_MS = 3_000;
const LOOK_AGAIN_MS = 20;
/** Clients are asked to come back at random moments within this, so that they do not all come at once. */
const RETRY_AFTER_MS = { least: 500, spread: 2_500 };

/**
 * Starts the signaling server and the static host on one port.
 *
 * @throws ServerError 'port-in-use' | 'cannot-listen'
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { limits, trustProxy, log = pino({ enabled: false }), random = secureRandom } = options;
  const membership = options.membership ?? new MemoryMembership({ ...limits, random });
  const gate = new ConnectionGate(limits);
  const state = { closing: false };

  // Slow senders of headers or bodies hold a connection for no longer than this.
  const http = createHttpServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
  });
  // Nor whoever does not read its answer; longer than a polling client waits for something to happen.
  http.timeout = options.stallTimeoutMs ?? 60_000;
  const open = new Set<Socket>();
  http.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  // Some more than there may be sockets: pages are loaded over these, too.
  http.maxConnections = limits.maxConnections + 1_000;
  http.on(
    'request',
    siteHandler(options, () => !state.closing),
  );

  const io: SignalingServer = new Server(http, {
    serveClient: false,
    destroyUpgrade: false,
    transports: ['websocket', 'polling'],
    maxHttpBufferSize: MAX_PAYLOAD_BYTES,
    connectTimeout: 10_000,
    // Boxes are encrypted and do not compress.
    httpCompression: false,
    perMessageDeflate: false,
    ...(options.allowedOrigins.length > 0 ? { cors: { origin: [...options.allowedOrigins] } } : {}),
    allowRequest: (request, decide) => {
      const admit = async () => {
        if (state.closing) return 'closing';
        if (!isAllowedOrigin(request.headers, options.allowedOrigins)) return 'origin-not-allowed';
        return (await gate.admits(keyOf(request, trustProxy))) ? undefined : 'too-many-connections';
      };
      admit().then(
        refusal => {
          decide(refusal, refusal === undefined);
        },
        () => {
          decide('internal-error', false);
        },
      );
    },
  });
  io.engine.on('connection', (connection: EngineConnection) => {
    const leave = gate.enter(keyOf(connection.request, trustProxy));
    if (leave === undefined) connection.close(true);
    else connection.once('close', leave);
    connection.on('packetCreate', () => {
      if (connection.writeBuffer.length >= MAX_WAITING_PACKETS) connection.close(true);
    });
  });
  io.engine.on('headers', (_headers: unknown, { headers, socket }: IncomingMessage) => {
    // Of a websocket, just before ws gets to see what comes over it.
    if (headers.upgrade === undefined) return;
    socket.on('data', () => {
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
    });
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    if (request.url?.startsWith(`${io.path()}/`) !== true) answerWithoutUpgrade(http, request, socket);
  });
  // Socket.IO took over the request listener; this one runs before it, so that its answers carry the headers, too.
  http.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    setSecurityHeaders(request, response, trustProxy);
  });
  const signaling = new Signaling({
    membership,
    ice: options.ice,
    log,
    clock: () => performance.now(),
    now: Date.now,
    joinTimeoutMs: options.joinTimeoutMs ?? 20_000,
  });
  signaling.attach(io);

  const port = await listen(http, options.host, options.port);
  const host = hostFor(options.host);
  http.on('error', error => {
    // Such as having run out of file descriptors: it passes, and must not end the process.
    log.error({ error: error.name }, 'http server');
  });
  const close = async () => {
    state.closing = true;
    const sockets = [...io.sockets.sockets.values()];
    for (const socket of sockets) {
      socket.emit('shutdown', {
        retryAfterMs: RETRY_AFTER_MS.least + Math.floor(random() * RETRY_AFTER_MS.spread),
      });
      // Closes the connection once what was sent has left, unlike the closing of the whole server.
      socket.disconnect(true);
    }
    // A polling client fetches its last messages with a new request, so the port stays open for that long.
    await eventually(() => sockets.every(socket => socket.conn.readyState === 'closed'), DRAIN_TIMEOUT_MS);
    await closeHttp(http, io, open);
  };
  let closed: Promise<void> | undefined;
  return { url: `http://${host}:${port}`, port, counts: signaling.counts, close: () => (closed ??= close()) };
}

/** The part of an Engine.IO connection that we use; the engine is typed as an emitter of anything. */
interface EngineConnection {
  readonly request: IncomingMessage;
  readonly writeBuffer: readonly unknown[];
  close(discard: boolean): void;
  on(event: 'packetCreate', listener: () => void): void;
  once(event: 'close', listener: () => void): void;
}

/** For a URL that a person may open. "Every address" is none, and a page from 0.0.0.0 would not get what browsers keep for localhost and https. */
function hostFor(host: string): string {
  if (/^(?:0\.0\.0\.0|[0:]+)$/.test(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

function keyOf(request: IncomingMessage, trustProxy: boolean): string {
  return clientKey(request.headers, request.socket.remoteAddress, trustProxy);
}

function siteHandler(options: ServerOptions, isOpen: () => boolean) {
  const serveWebApp = webApp(options.webRoot);
  return (request: IncomingMessage, response: ServerResponse) => {
    try {
      const path = pathOf(request);
      if (path === '/healthz') sendText(response, 200, 'ok', 'ok');
      else if (path !== '/readyz') serveWebApp(request, response);
      else if (isOpen() && isWebAppBuilt(options.webRoot)) sendText(response, 200, 'ok', 'ready');
      else sendText(response, 503, 'not-ready', 'not ready');
    } catch {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'internal-error', 'Something went wrong.');
    }
  };
}

/**
 * An upgrade to what we do not speak, such as the h2c that some programs offer with every request, is passed over (RFC 9110, section 7.8).
 * Node would leave it to us, and never look at the connection again.
 */
function answerWithoutUpgrade(http: HttpServer, request: IncomingMessage, socket: Socket): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => socket.destroy());
  try {
    response.assignSocket(socket);
  } catch {
    // Asked before the last answer had left: no honest program does.
    socket.destroy();
    return;
  }
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  http.emit('request', request, response);
}

function listen(http: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new ServerError('port-in-use', `Port ${port} is in use. Set PORT to another one.`, {
              cause: error,
            })
          : new ServerError('cannot-listen', `Cannot listen on ${host}, port ${port} (${error.code}).`, {
              cause: error,
            }),
      );
    };
    http.once('error', refuse);
    http.listen(port, host, () => {
      http.off('error', refuse);
      const address = http.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Closes the port and every connection: idle ones now, busy ones when they fall idle, all in the end. */
async function closeHttp(http: HttpServer, io: SignalingServer, open: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>(resolve => {
    http.close(() => {
      resolve();
    });
  });
  // A connection that was busy when the server closed is not ended when it falls idle: look again.
  const idle = setInterval(() => {
    http.closeIdleConnections();
  }, LOOK_AGAIN_MS);
  const force = setTimeout(() => {
    // closeAllConnections() does not know those that became websockets, and ws waits 30 s for an answer to its close.
    for (const socket of open) socket.destroy();
  }, FORCE_CLOSE_MS);
  io.engine.close();
  await closed;
  clearInterval(idle);
  clearTimeout(force);
  await io.close();
}

/** Resolves when the condition holds, or when the time is over. */
function eventually(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  return new Promise(resolve => {
    const look = () => {
      if (holds() || performance.now() > deadline) resolve();
      else setTimeout(look, LOOK_AGAIN_MS);
    };
    look();
  });
}
