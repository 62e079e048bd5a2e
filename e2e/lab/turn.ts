import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { run } from './commands.ts';
import type { Namespace } from './namespace.ts';

export const TURN_HOST = 'turn.shoal.test';
export const TURN_SECRET = 'lab-secret';
const RELAY_PORTS = ['--min-port=49152', '--max-port=49999'];

/** What a Shoal server is told of the relay: STUN, and TURN over UDP, TCP and TLS on 443. */
export const ICE_ENVIRONMENT = {
  STUN_URLS: `stun:${TURN_HOST}:3478`,
  TURN_URLS: `turn:${TURN_HOST}:3478?transport=udp,turn:${TURN_HOST}:3478?transport=tcp,turns:${TURN_HOST}:443?transport=tcp`,
  TURN_SECRET,
};

/** For a Shoal server: its clock is two days behind, so that the credentials it gives out, good for a day, have expired. */
export const CLOCK_BEHIND = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    'const now = Date.now; Date.now = () => now() - 2 * 86_400_000;',
  )}`,
};

/**
 * Starts coturn at `address`; it answers at `second` too, for those who ask how they look from there.
 * @returns what ends it
 */
export async function startTurn(
  place: Namespace,
  address: string,
  second: string,
  dir: string,
): Promise<() => Promise<void>> {
  const [key, certificate] = [`${dir}/turn.key`, `${dir}/turn.crt`];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${TURN_HOST}`],
    ...['-addext', `subjectAltName=DNS:${TURN_HOST}`, '-keyout', key, '-out', certificate],
  ]);
  return await runTurnserver(
    place,
    dir,
    [3478, 443],
    [
      `--listening-ip=${address}`,
      `--listening-ip=${second}`,
      `--relay-ip=${address}`,
      ...RELAY_PORTS,
      ...['--listening-port=3478', '--tls-listening-port=443', `--cert=${certificate}`, `--pkey=${key}`],
      ...['--use-auth-secret', `--static-auth-secret=${TURN_SECRET}`, '--realm=shoal.test', '--fingerprint'],
      ...['--no-cli', '--no-dtls', '--no-multicast-peers'],
    ],
  );
}

/**
 * Runs coturn in `place` and waits until it listens on `ports`. Nothing but `options` says how: the machine's own settings are left out.
 * @returns what ends it
 */
export async function runTurnserver(
  place: Namespace,
  dir: string,
  ports: readonly number[],
  options: readonly string[],
): Promise<() => Promise<void>> {
  const [command = '', ...prefix] = place.prefix;
  const own = [
    '-n',
    `--userdb=${dir}/turn.db`,
    `--pidfile=${dir}/turn.pid`,
    '--log-file=stdout',
    '--simple-log',
  ];
  const child = spawn(command, [...prefix, 'turnserver', ...options, ...own], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await listening(place, ports, child);
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

/** Waits until something in `place` takes TCP connections on all `ports`. */
async function listening(place: Namespace, ports: readonly number[], child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`coturn ended with code ${child.exitCode}`);
    const sockets = await place.exec('ss', ['-Hltn']);
    if (ports.every(port => sockets.includes(`:${port} `))) return;
    await setTimeout(50);
  }
}
