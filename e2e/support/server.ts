import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/server/dist/main.js', import.meta.url));

export interface ServerProcess {
  readonly url: string;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL: what a crash looks like. */
  kill(): Promise<void>;
}

/**
 * Starts the built server as its users do, on a free port (or the given one), and waits for its one line.
 * `prefix`: words before the command, such as those that make it run in a network namespace. `main`: another build's program.
 */
export async function startServer(
  options: { port?: number; env?: Record<string, string>; prefix?: readonly string[]; main?: string } = {},
): Promise<ServerProcess> {
  const [command, ...args] = [...(options.prefix ?? []), process.execPath, options.main ?? MAIN];
  const child = spawn(command, args, {
    env: { ...process.env, PORT: String(options.port ?? 0), HOST: '127.0.0.1', ...options.env },
    stdio: ['ignore', 'pipe', process.env['SHOAL_VERBOSE'] ? 'inherit' : 'ignore'],
  });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const url = await firstUrl(child);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { url, stop: async () => await end('SIGTERM'), kill: async () => await end('SIGKILL') };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Shoal is running at (http:\/\/\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url.replace(/\/$/, '');
  }
  throw new Error('the server ended before it was ready');
}
