import { fileURLToPath } from 'node:url';
import { MAX_ICE_SERVERS, MAX_ICE_TEXT_LENGTH } from '@shoal/protocol';
import * as v from 'valibot';
import { ServerError } from './errors.ts';
import type { IceConfig } from './ice-servers.ts';

export interface ServerConfig {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Directory of the built web app. */
  readonly webRoot: string;
  /** Whether X-Forwarded-For (its last hop) and X-Forwarded-Proto are believed. */
  readonly trustProxy: boolean;
  /** Origins allowed besides the server's own, as `scheme://host[:port]`. */
  readonly allowedOrigins: readonly string[];
  readonly ice: IceConfig;
  readonly limits: Limits;
  readonly logLevel: LogLevel;
}

export interface Limits {
  readonly maxRooms: number;
  readonly maxRoomMembers: number;
  readonly maxConnections: number;
  /** Per IPv4 address or IPv6 /64. */
  readonly maxConnectionsPerIp: number;
  readonly maxHandshakesPerMinutePerIp: number;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_LIMITS: Limits = {
  maxRooms: 10_000,
  maxRoomMembers: 1_000,
  maxConnections: 10_000,
  // A school or an office shares one address; a lower figure would lock its people out.
  maxConnectionsPerIp: 256,
  maxHandshakesPerMinutePerIp: 600,
};

/** Works from `src` and from `dist` alike: both lie one level below the package. */
const DEFAULT_WEB_ROOT = fileURLToPath(new URL('../../web/dist', import.meta.url));

const integer = (lowest: number, highest: number, fallback: number) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,9}$/, 'is not a whole number'),
      v.transform(Number),
      v.minValue(lowest, `must be at least ${lowest}`),
      v.maxValue(highest, `must be at most ${highest}`),
    ),
    String(fallback),
  );

const list = (item: v.GenericSchema<string, string>, most = Infinity) =>
  v.optional(
    v.pipe(
      v.string(),
      v.transform(text =>
        text
          .split(',')
          .map(part => part.trim())
          .filter(part => part !== ''),
      ),
      v.array(item),
      v.maxLength(most, `must list at most ${most}`),
    ),
    '',
  );

/** A host name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 7064, RFC 7065). */
const ICE_HOST = String.raw`(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::(?<port>\d{1,5}))?`;
const STUN_URL = new RegExp(`^stuns?:${ICE_HOST}$`);
const TURN_URL = new RegExp(String.raw`^turns?:${ICE_HOST}(?:\?transport=(?:udp|tcp))?$`);

/** Within what clients take: one that is told more cannot join, and of a single URL that a browser cannot read nobody gets any connection. */
const iceList = (form: RegExp, complaint: string) =>
  list(
    v.pipe(
      v.string(),
      v.check(text => {
        const found = form.exec(text);
        const port = Number(found?.groups?.['port'] ?? 3478);
        return found !== null && port > 0 && port <= 65_535;
      }, complaint),
      v.maxLength(MAX_ICE_TEXT_LENGTH, `must list URLs of at most ${MAX_ICE_TEXT_LENGTH} characters`),
    ),
    MAX_ICE_SERVERS,
  );

const NO_ORIGIN = 'must list origins such as https://example.org, without a path';

const flag = v.optional(
  v.pipe(
    v.picklist(['0', '1', 'false', 'true'], 'must be 0 or 1'),
    v.transform(text => text === '1' || text === 'true'),
  ),
  '0',
);

const environment = v.object({
  HOST: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:_-]+$/, 'is not a host name or address')),
    '127.0.0.1',
  ),
  PORT: integer(0, 65_535, 3000),
  WEB_ROOT: v.optional(v.string(), DEFAULT_WEB_ROOT),
  TRUST_PROXY: flag,
  ALLOWED_ORIGINS: list(
    v.pipe(
      v.string(),
      v.regex(/^https?:\/\/[^/\s]+$/, NO_ORIGIN),
      v.check(text => URL.canParse(text), NO_ORIGIN),
    ),
  ),
  STUN_URLS: iceList(STUN_URL, 'must list URLs such as stun:host:3478'),
  TURN_URLS: iceList(TURN_URL, 'must list URLs such as turn:host:3478?transport=udp, [IPv6] in brackets'),
  TURN_SECRET: v.optional(v.string()),
  TURN_TTL_SECONDS: integer(10, 604_800, 86_400),
  MAX_ROOMS: integer(1, 10_000_000, DEFAULT_LIMITS.maxRooms),
  MAX_ROOM_MEMBERS: integer(2, 100_000, DEFAULT_LIMITS.maxRoomMembers),
  MAX_CONNECTIONS: integer(1, 1_000_000, DEFAULT_LIMITS.maxConnections),
  MAX_CONNECTIONS_PER_IP: integer(1, 1_000_000, DEFAULT_LIMITS.maxConnectionsPerIp),
  MAX_HANDSHAKES_PER_MINUTE_PER_IP: integer(1, 1_000_000, DEFAULT_LIMITS.maxHandshakesPerMinutePerIp),
  LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`), 'info'),
});

/**
 * Reads the configuration. A variable that is set but empty counts as not set.
 *
 * @throws ServerError 'bad-config', naming every variable that is wrong (never its value: it may be a secret).
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ServerConfig {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = v.safeParse(environment, set);
  if (!parsed.success) {
    const complaints = parsed.issues.map(
      issue => `${v.getDotPath(issue)?.split('.')[0] ?? 'environment'} ${issue.message}`,
    );
    throw new ServerError('bad-config', complaints.join('; '));
  }
  const values = parsed.output;
  return {
    host: values.HOST,
    port: values.PORT,
    webRoot: values.WEB_ROOT,
    trustProxy: values.TRUST_PROXY,
    allowedOrigins: values.ALLOWED_ORIGINS.map(origin => new URL(origin).origin),
    ice: { stunUrls: values.STUN_URLS, turn: turnFrom(values) },
    limits: {
      maxRooms: values.MAX_ROOMS,
      maxRoomMembers: values.MAX_ROOM_MEMBERS,
      maxConnections: values.MAX_CONNECTIONS,
      maxConnectionsPerIp: values.MAX_CONNECTIONS_PER_IP,
      maxHandshakesPerMinutePerIp: values.MAX_HANDSHAKES_PER_MINUTE_PER_IP,
    },
    logLevel: values.LOG_LEVEL,
  };
}

function turnFrom(values: v.InferOutput<typeof environment>) {
  const { TURN_URLS: urls, TURN_SECRET: secret, TURN_TTL_SECONDS: ttlSeconds } = values;
  if (urls.length === 0 && secret === undefined) return undefined;
  if (urls.length === 0 || secret === undefined) {
    throw new ServerError('bad-config', 'TURN_URLS and TURN_SECRET must be set together');
  }
  return { urls, secret, ttlSeconds };
}
