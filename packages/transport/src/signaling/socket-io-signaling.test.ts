import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asRoomId, joinRequest } from '@shoal/protocol';
import type { ClientToServerEvents, JoinReply, MembersReply, ServerToClientEvents } from '@shoal/protocol';
import { Server } from 'socket.io';
import type { Socket } from 'socket.io';
import { afterEach, describe, expect, test } from 'vitest';
import { systemScheduler } from '../scheduler.ts';
import { Waiter } from '../testing/waiter.ts';
import type { SignalingEvent } from './signaling.ts';
import { SocketIoSignaling } from './socket-io-signaling.ts';

const ROOM = asRoomId('AAAAAAAAAAAAAAAAAAAAAA');
type ServerSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A real Socket.IO server with the least of a room; `answer` may be changed by a test. */
async function serve(port = 0) {
  const http = createServer();
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http);
  const sockets = new Map<string, ServerSocket>();
  const server = {
    http,
    io,
    port: 0,
    sockets,
    joins: 0,
    answer: (reply: JoinReply): unknown => reply,
    answerMembers: (reply: MembersReply): unknown => reply,
    deaf: false,
    stop: async () => {
      await io.close();
    },
  };
  io.on('connection', socket => {
    let address = '';
    socket.on('join', (request, ack) => {
      joinRequest(request);
      server.joins += 1;
      address = `address-${server.joins}`;
      const members = [...sockets.keys()];
      sockets.set(address, socket);
      const iceServers = [{ urls: ['stun:stun.test'] }];
      // The test may answer what no honest server would.
      ack(server.answer({ ok: true, address, members, iceServers }) as JoinReply);
    });
    socket.on('members', ack => {
      ack(
        server.answerMembers({
          ok: true,
          members: [...sockets.keys()].filter(other => other !== address),
        }) as MembersReply,
      );
    });
    socket.on('signal', ({ to, box }, ack) => {
      if (server.deaf) return;
      const target = sockets.get(to);
      target?.emit('signal', { from: address, box });
      ack(target === undefined ? { ok: false, code: 'unknown-member' } : { ok: true });
    });
    socket.on('disconnect', () => sockets.delete(address));
  });
  await new Promise<void>(resolve => {
    http.listen(port, '127.0.0.1', resolve);
  });
  // A listening TCP server has an AddressInfo.
  server.port = (http.address() as AddressInfo).port;
  cleanups.push(server.stop);
  return server;
}

function client(port: number, ackTimeoutMs = 2_000, reconnectMs: readonly [number, number] = [20, 50]) {
  const signaling = new SocketIoSignaling({
    url: `http://127.0.0.1:${port}`,
    room: ROOM,
    scheduler: { now: 0, after: (ms, task) => systemScheduler.after(Math.min(ms, 20), task) },
    random: () => 0.5,
    ackTimeoutMs,
    reconnectMs,
  });
  const events: SignalingEvent[] = [];
  const waiter = new Waiter();
  signaling.subscribe(event => {
    events.push(event);
    waiter.noticed();
  });
  cleanups.push(() => signaling.close());
  const until = (condition: () => boolean) => waiter.until(condition);
  const joined = () => events.filter(event => event.type === 'joined');
  return {
    signaling,
    events,
    until,
    joined,
    states: () => events.flatMap(e => (e.type === 'state' ? [e.state] : [])),
  };
}

describe('the socket.io client against a real server', () => {
  test('joins, learns the members, relays boxes both ways', async () => {
    const { port } = await serve();
    const [a, b] = [client(port), client(port)];
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    b.signaling.start();
    await b.until(() => b.joined().length === 1);
    expect(b.joined()[0]).toEqual({
      type: 'joined',
      address: 'address-2',
      members: ['address-1'],
      iceServers: [{ urls: ['stun:stun.test'] }],
    });
    expect(await a.signaling.members()).toEqual(['address-2']);
    const box = new Uint8Array([1, 2, 3, 255]);
    expect(await b.signaling.signal('address-1', box)).toBe('relayed');
    await a.until(() => a.events.some(event => event.type === 'signal'));
    const delivered = a.events.find(event => event.type === 'signal');
    expect(delivered).toEqual({ type: 'signal', from: 'address-2', box });
    expect(await b.signaling.signal('nobody', box)).toBe('unknown-member');
  });

  test('the server dies and comes back: joined again under a new address', async () => {
    const first = await serve();
    const a = client(first.port);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    await first.stop();
    await a.until(() => a.signaling.state === 'offline');
    expect(await a.signaling.signal('x', new Uint8Array([1]))).toBe('failed');
    await expect(a.signaling.members()).rejects.toMatchObject({ code: 'signaling-offline' });
    const second = await serve(first.port);
    second.joins = 7;
    await a.until(() => a.joined().length === 2);
    expect(a.joined()[1]).toMatchObject({ address: 'address-8' });
    expect(a.states()).toEqual(['online', 'offline', 'online']);
  });

  test('a server that closes the socket on purpose is tried again as well', async () => {
    const server = await serve();
    const a = client(server.port);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    server.sockets.get('address-1')?.disconnect(true);
    await a.until(() => a.joined().length === 2);
    expect(a.signaling.state).toBe('online');
  });

  test('no server at first: offline, then online when there is one', async () => {
    const { port, stop } = await serve();
    await stop();
    const a = client(port);
    expect(a.signaling.state).toBe('connecting');
    a.signaling.start();
    await a.until(() => a.signaling.state === 'offline');
    await serve(port);
    await a.until(() => a.joined().length === 1);
  });

  test('where websockets neither open nor fail, polling gets through', async () => {
    const server = await serve();
    // As some firewalls do: the request to upgrade is swallowed.
    server.http.removeAllListeners('upgrade');
    server.http.on('upgrade', (_request, socket) => {
      cleanups.push(() => void socket.destroy());
    });
    const a = client(server.port, 200);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    server.sockets.get('address-1')?.disconnect(true);
    await a.until(() => a.joined().length === 2);
  });

  test('a full room is told, and tried again', async () => {
    const server = await serve();
    server.answer = reply => (server.joins < 3 ? { ok: false, code: 'room-full' } : reply);
    const a = client(server.port);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    expect(a.events.filter(event => event.type === 'refused')).toEqual([
      { type: 'refused', code: 'room-full', final: false },
      { type: 'refused', code: 'room-full', final: false },
    ]);
  });

  test('a server of another version is told of and left alone', async () => {
    const server = await serve();
    server.answer = () => ({ ok: false, code: 'unsupported-version' });
    const a = client(server.port);
    a.signaling.start();
    await a.until(() => a.events.some(event => event.type === 'refused'));
    expect(a.events.at(-1)).toEqual({ type: 'refused', code: 'unsupported-version', final: true });
    expect(a.signaling.state).toBe('offline');
    expect(server.joins).toBe(1);
  });

  test('answers that make no sense are not believed', async () => {
    const server = await serve();
    server.answer = reply => (server.joins < 2 ? { ...reply, address: '<script>' } : reply);
    const a = client(server.port);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    expect(server.joins).toBe(2);
    server.answerMembers = () => ({ ok: true, members: 'all' });
    await expect(a.signaling.members()).rejects.toMatchObject({ code: 'signaling-offline' });
  });

  test('[CB3] no ack: a signal fails after its timeout, and the server is reached anew', async () => {
    const server = await serve();
    server.deaf = true;
    const a = client(server.port, 100);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    const box = new Uint8Array([1]);
    const outcomes = await Promise.all([a.signaling.signal('x', box), a.signaling.signal('y', box)]);
    expect(outcomes).toEqual(['failed', 'failed']);
    expect(a.signaling.state).toBe('offline');
    await a.until(() => a.joined().length === 2);
    expect(a.states()).toEqual(['online', 'offline', 'online']);
    expect(server.joins).toBe(2);
  });

  test('[CB3] a join that is answered too late was taken all the same: a new socket joins anew', async () => {
    const server = await serve();
    const taken = new WeakSet<ServerSocket>();
    server.io.on('connection', socket => {
      // As our server does: one join a socket; the first one waits.
      socket.removeAllListeners('join');
      socket.on('join', (_request, ack) => {
        const address = `address-${++server.joins}`;
        const reply: JoinReply = taken.has(socket)
          ? { ok: false, code: 'bad-request' }
          : { ok: true, address, members: [], iceServers: [] };
        taken.add(socket);
        setTimeout(ack, server.joins === 1 ? 300 : 0, reply);
      });
    });
    const a = client(server.port, 100);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    expect(a.joined()).toMatchObject([{ address: 'address-2' }]);
    expect(a.events.filter(({ type }) => type === 'refused')).toEqual([]);
    expect(a.states()).toEqual(['offline', 'online']);
  });

  test('[CB2] woken up while waiting for the next try: tries at once, once', async () => {
    const first = await serve();
    const a = client(first.port, 2_000, [60_000, 60_000]);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    a.signaling.wake();
    expect(a.signaling.state).toBe('online');
    await first.stop();
    await a.until(() => a.signaling.state === 'offline');
    const second = await serve(first.port);
    a.signaling.wake();
    a.signaling.wake();
    await a.until(() => a.joined().length === 2);
    expect(second.joins).toBe(1);
  });

  test('closed: nothing more is heard, also when the server is there', async () => {
    const server = await serve();
    const a = client(server.port);
    a.signaling.start();
    await a.until(() => a.joined().length === 1);
    a.signaling.close();
    a.signaling.close();
    const heard = a.events.length;
    server.sockets.get('address-1')?.emit('signal', { from: 'x', box: new Uint8Array([1]) });
    a.signaling.start();
    expect(a.events).toHaveLength(heard);
  });
});
