import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';

const DIST = fileURLToPath(new URL('../../apps/web/dist/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** What a hostile server does to a box on its way: returns what the receiver gets instead, if anything. */
export type Meddle = (box: Buffer, hop: { from: string; to: string }) => Buffer | undefined;

export interface HostileServer {
  readonly url: string;
  /** Boxes that passed through. */
  readonly boxes: Buffer[];
  /** Addresses given out, in the order of the joins. */
  readonly joined: readonly string[];
  stop(): Promise<void>;
}

/** Serves the real page and introduces members as the real server does, but meddles with what it relays. */
export async function startHostileServer(meddle: Meddle): Promise<HostileServer> {
  const boxes: Buffer[] = [];
  const joined: string[] = [];
  const http = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = path === '/' ? 'index.html' : normalize(path).replace(/^\/+/, '');
    readFile(join(DIST, file)).then(
      body =>
        response
          .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  const io = new Server(http, { serveClient: false });
  const rooms = new Map<string, Set<string>>();
  const addresses = new Map<string, string>();
  io.on('connection', socket => {
    const address = randomBytes(16).toString('base64url');
    let members: Set<string> | undefined;
    const others = (): string[] => [...(members ?? [])].filter(m => m !== address);
    socket.on('join', (request: { room: string }, ack: (reply: unknown) => void) => {
      members = rooms.get(request.room) ?? new Set();
      rooms.set(request.room, members);
      ack({ ok: true, address, members: others(), iceServers: [] });
      members.add(address);
      joined.push(address);
      addresses.set(address, socket.id);
    });
    socket.on('members', (ack: (reply: unknown) => void) => ack({ ok: true, members: others() }));
    socket.on('signal', ({ to, box }: { to: string; box: Buffer }, ack?: (reply: unknown) => void) => {
      boxes.push(box);
      const target = addresses.get(to);
      const meddled = meddle(box, { from: address, to });
      if (target !== undefined && meddled !== undefined)
        io.to(target).emit('signal', { from: address, box: meddled });
      ack?.(target === undefined ? { ok: false, code: 'unknown-member' } : { ok: true });
    });
    socket.on('disconnect', () => {
      members?.delete(address);
      addresses.delete(address);
    });
  });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const bound = http.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return { url: `http://127.0.0.1:${port}`, boxes, joined, stop: async () => await io.close() };
}
