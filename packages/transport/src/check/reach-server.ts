import { iceReply } from '@shoal/protocol';
import type { ClientToServerEvents, IceServer, ServerToClientEvents } from '@shoal/protocol';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { ServerFinding } from './findings.ts';

/**
 * Connects to the signaling server without joining a room, and asks it for its STUN and TURN servers.
 * @param url its origin
 */
export async function reachServer(
  url: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<ServerFinding> {
  for (const way of ['websocket', 'polling'] as const) {
    if (signal.aborted) break;
    const found = await askOver(way, url, deadlineMs, signal);
    if (found.reached) return { way, iceServers: found.iceServers };
  }
  return { way: 'none', iceServers: undefined };
}

async function askOver(
  way: 'websocket' | 'polling',
  url: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<{ readonly reached: boolean; readonly iceServers: readonly IceServer[] | undefined }> {
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, {
    forceNew: true,
    reconnection: false,
    transports: [way],
    upgrade: false,
    timeout: deadlineMs,
  });
  const end = (): void => {
    socket.disconnect();
  };
  signal.addEventListener('abort', end);
  try {
    const reached = await new Promise<boolean>(resolve => {
      socket.on('connect', () => resolve(true));
      socket.on('connect_error', () => resolve(false));
      socket.on('disconnect', () => resolve(false));
      // Closed before it was open, as some proxies do: socket.io would wait for its timeout.
      socket.io.engine.once('close', () => resolve(false));
      signal.addEventListener('abort', () => resolve(false));
    });
    if (!reached) return { reached, iceServers: undefined };
    const answer: unknown = await socket
      .timeout(deadlineMs)
      .emitWithAck('ice')
      .catch(() => undefined);
    return { reached, iceServers: iceServersIn(answer) };
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** The server is not trusted to make sense. */
function iceServersIn(answer: unknown): readonly IceServer[] | undefined {
  try {
    const reply = iceReply(answer);
    return reply.ok ? reply.iceServers : undefined;
  } catch {
    return undefined;
  }
}
