import { createHmac, randomBytes } from 'node:crypto';
import type { IceServer } from '@shoal/protocol';

export interface IceConfig {
  /** `stun:` and `stuns:` URLs; empty by default, so that no third party is ever named unasked. */
  readonly stunUrls: readonly string[];
  readonly turn: TurnConfig | undefined;
}

export interface TurnConfig {
  /** `turn:` and `turns:` URLs. */
  readonly urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  readonly secret: string;
  /** Lifetime of a credential in seconds. A relayed connection may be cut at its end. */
  readonly ttlSeconds: number;
}

export interface TurnCredentials {
  readonly username: string;
  readonly credential: string;
}

/**
 * Credentials that coturn checks by itself with `use-auth-secret`: username `expiry:id`, password
 * base64(HMAC-SHA1(secret, username)).
 *
 * @param expiresAt Unix time in seconds.
 * @see draft-uberti-behave-turn-rest-00, section 2.2
 */
export function turnCredentials(secret: string, id: string, expiresAt: number): TurnCredentials {
  const username = `${expiresAt}:${id}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

/** What a client needs to connect, and for how long it may rely on it. */
export interface IceGrant {
  readonly iceServers: IceServer[];
  /** Seconds that the relays' credentials live; absent without relays. */
  readonly iceSeconds?: number;
}

/** @param now Unix time in milliseconds. */
export function iceGrantFor(config: IceConfig, now: number): IceGrant {
  const iceServers = iceServersFor(config, now);
  return config.turn === undefined ? { iceServers } : { iceServers, iceSeconds: config.turn.ttlSeconds };
}

/** @param now Unix time in milliseconds. */
export function iceServersFor(config: IceConfig, now: number): IceServer[] {
  const servers: IceServer[] = [];
  if (config.stunUrls.length > 0) servers.push({ urls: [...config.stunUrls] });
  if (config.turn !== undefined) {
    const { urls, secret, ttlSeconds } = config.turn;
    // A fresh id rather than the member's address: the relay's log must not be joinable with anything here.
    const id = randomBytes(9).toString('base64url');
    const credentials = turnCredentials(secret, id, Math.floor(now / 1000) + ttlSeconds);
    servers.push({ urls: [...urls], ...credentials });
  }
  return servers;
}
