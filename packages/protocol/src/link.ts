import { fromBase64Url, toBase64Url, type Bytes } from './bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { ProtocolError } from './errors.ts';
import { isIdText } from './ids.ts';
import { ROOM_SECRET_BYTES } from './limits.ts';

declare const brand: unique symbol;

/** 16 random bytes: whoever has them is in the room. Travels in the fragment of the link only. */
export type RoomSecret = Bytes & { readonly [brand]: 'RoomSecret' };

/** A fresh room. */
export function createRoomSecret(crypto: Pick<CryptoPort, 'randomBytes'>): RoomSecret {
  return crypto.randomBytes(ROOM_SECRET_BYTES) as RoomSecret;
}

/** The link of a room: the page's address with its fragment replaced by the secret. */
export function formatRoomLink(pageUrl: string, secret: RoomSecret): string {
  const fragment = pageUrl.indexOf('#');
  return `${fragment < 0 ? pageUrl : pageUrl.slice(0, fragment)}#${toBase64Url(secret)}`;
}

/**
 * The secret of a room link. Takes a whole link, a fragment with its `#`, or the bare secret; white space around it is ignored.
 * @throws ProtocolError `bad-link`
 */
export function parseRoomLink(text: string): RoomSecret {
  const trimmed = text.trim();
  const secret = trimmed.slice(trimmed.indexOf('#') + 1);
  // A secret is as long as an id, so the same text form is the canonical one.
  if (!isIdText(secret)) throw new ProtocolError('bad-link', 'A room link ends in # and 22 characters.');
  return fromBase64Url(secret) as RoomSecret;
}
