import { describe, expect, test } from 'vitest';
import { turnCredentials } from './ice-servers.ts';
import { SAMPLE_SIZE } from './signaling.ts';
import { ROOM_A, ROOM_B, connect, startServer } from './testing/harness.ts';
import { DEFAULT_LIMITS } from './config.ts';

const box = (size: number, fill = 7) => new Uint8Array(size).fill(fill);

describe('join', () => {
  test('gives each connection an address of its own and introduces the members', async () => {
    const server = await startServer();
    const [first, second] = [await connect(server), await connect(server)];
    const a = await first.join();
    const b = await second.join();
    expect(a).toMatchObject({ ok: true, members: [], iceServers: [] });
    expect(a.address).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(b.address).not.toBe(a.address);
    expect(b.members).toEqual([a.address]);
    expect(await first.ask('members')).toEqual({ ok: true, members: [b.address] });
  });

  test('names a sample of a large room, never the whole of it', async () => {
    const server = await startServer();
    for (let i = 0; i < SAMPLE_SIZE + 3; i += 1) await (await connect(server)).join();
    const last = await (await connect(server)).join();
    expect(new Set(last.members).size).toBe(SAMPLE_SIZE);
    expect(last.members).not.toContain(last.address);
  });

  test('keeps rooms apart', async () => {
    const server = await startServer();
    const [first, second] = [await connect(server), await connect(server)];
    const a = await first.join(ROOM_A);
    expect((await second.join(ROOM_B)).members).toEqual([]);
    expect(await second.ask('signal', { to: a.address, box: box(4) })).toEqual({
      ok: false,
      code: 'unknown-member',
    });
  });

  test('is refused a second time on one connection', async () => {
    const client = await connect(await startServer());
    await client.join();
    const again = await client.ask('join', { version: 1, room: ROOM_B });
    expect(again).toEqual({ ok: false, code: 'bad-request' });
  });

  test('two joins sent at once make one member', async () => {
    const server = await startServer();
    const client = await connect(server);
    const request = { version: 1, room: ROOM_A };
    const replies = await Promise.all([client.ask('join', request), client.ask('join', request)]);
    expect(replies).toMatchObject([{ ok: true }, { ok: false, code: 'bad-request' }]);
    expect((await (await connect(server)).join()).members).toHaveLength(1);
  });

  test('another version is refused by that name', async () => {
    const client = await connect(await startServer());
    const reply = await client.ask('join', { version: 2, room: ROOM_A });
    expect(reply).toEqual({ ok: false, code: 'unsupported-version' });
  });

  test('a full room and a full server refuse', async () => {
    const server = await startServer({ limits: { ...DEFAULT_LIMITS, maxRoomMembers: 2, maxRooms: 1 } });
    await (await connect(server)).join();
    await (await connect(server)).join();
    const third = await connect(server);
    expect(await third.ask('join', { version: 1, room: ROOM_A })).toEqual({ ok: false, code: 'room-full' });
    expect(await third.ask('join', { version: 1, room: ROOM_B })).toEqual({
      ok: false,
      code: 'rate-limited',
    });
  });

  test('a member that goes is forgotten', async () => {
    const server = await startServer();
    const [first, second] = [await connect(server), await connect(server)];
    const a = await first.join();
    await second.join();
    first.socket.disconnect();
    await expect.poll(() => second.ask('members')).toEqual({ ok: true, members: [] });
    expect(await second.ask('signal', { to: a.address, box: box(4) })).toEqual({
      ok: false,
      code: 'unknown-member',
    });
  });

  test('hands out TURN credentials that coturn would accept', async () => {
    const turn = { urls: ['turn:turn.example:3478'], secret: 'north', ttlSeconds: 600 };
    const server = await startServer({ ice: { stunUrls: ['stun:stun.example:3478'], turn } });
    const reply = await (await connect(server)).join();
    const [stun, relay] = iceServersOf(reply);
    expect(stun).toEqual({ urls: ['stun:stun.example:3478'] });
    const [expiry = '', id = ''] = relay?.username?.split(':') ?? [];
    expect(Number(expiry) - Date.now() / 1000).toBeGreaterThan(590);
    expect(Number(expiry) - Date.now() / 1000).toBeLessThanOrEqual(600);
    expect(id).not.toBe(reply.address);
    expect(relay).toEqual({ urls: turn.urls, ...turnCredentials('north', id, Number(expiry)) });
    expect(reply).toMatchObject({ iceSeconds: 600 });
  });

  test('fresh TURN credentials are had before a join and after, each time under another name', async () => {
    const turn = { urls: ['turn:turn.example:3478'], secret: 'north', ttlSeconds: 600 };
    const server = await startServer({ ice: { stunUrls: [], turn } });
    const client = await connect(server);
    const names = new Set<unknown>();
    const ask = async () => {
      const reply = await client.ask('ice');
      expect(reply).toMatchObject({ ok: true, iceSeconds: 600 });
      if (typeof reply === 'object' && reply !== null) names.add(iceServersOf(reply)[0]?.username);
    };
    await ask();
    await client.join();
    await ask();
    expect(names.size).toBe(2);
    for (let i = 0; i < 3; i += 1) await client.ask('ice');
    expect(await client.ask('ice')).toEqual({ ok: false, code: 'rate-limited' });
  });
});

describe('signal', () => {
  test.each(['websocket', 'polling'])('relays a box byte for byte over %s', async transport => {
    const server = await startServer();
    const [first, second] = [
      await connect(server, { transports: [transport] }),
      await connect(server, { transports: [transport] }),
    ];
    const a = await first.join();
    const b = await second.join();
    const sent = Uint8Array.from({ length: 32 * 1024 }, (_, i) => i % 251);
    const arrival = first.next('signal');
    expect(await second.ask('signal', { to: a.address, box: sent })).toEqual({ ok: true });
    expect(await arrival).toEqual({ from: b.address, box: Buffer.from(sent) });
  });

  test('is refused before a join', async () => {
    const client = await connect(await startServer());
    expect(await client.ask('members')).toEqual({ ok: false, code: 'not-joined' });
    expect(await client.ask('signal', { to: 'x', box: box(4) })).toEqual({ ok: false, code: 'not-joined' });
  });

  test('a box over the cap is too large', async () => {
    const client = await connect(await startServer());
    await client.join();
    const reply = await client.ask('signal', { to: 'x', box: box(32 * 1024 + 1) });
    expect(reply).toEqual({ ok: false, code: 'too-large' });
  });

  test('bytes are rationed, so that the relay is no tunnel', async () => {
    const server = await startServer();
    const [first, second] = [await connect(server), await connect(server)];
    const { address } = await first.join();
    await second.join();
    const codes = new Set<unknown>();
    for (let i = 0; i < 80; i += 1)
      codes.add(JSON.stringify(await second.ask('signal', { to: address, box: box(32 * 1024) })));
    expect(codes).toEqual(new Set(['{"ok":true}', '{"ok":false,"code":"rate-limited"}']));
  });
});

function iceServersOf(reply: object): { urls: string[]; username?: string; credential?: string }[] {
  return 'iceServers' in reply && Array.isArray(reply.iceServers) ? reply.iceServers : [];
}
