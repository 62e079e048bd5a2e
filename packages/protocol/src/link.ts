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

/** A secret (of an id's length and form), and what chat programs and mail take for the end of a link: marks that close a sentence, a bracket or a quotation, as typed or as the address bar writes them. */
const SECRET_AND_MARKS = /^([\w-]{22})(?:[\s.,;:!?'"*)\]}>…»’”]|%[\da-f]{2})*$/iu;

/**
 * The secret of a room link. Takes a whole link, a fragment with its `#`, or the bare secret; white space around it and marks behind it are ignored.
 * @throws ProtocolError `bad-link`
 */
export function parseRoomLink(text: string): RoomSecret {
  const [, secret = ''] = SECRET_AND_MARKS.exec(text.slice(text.indexOf('#') + 1).trim()) ?? [];
  if (!isIdText(secret)) throw new ProtocolError('bad-link', 'A room link ends in # and 22 characters.');
  return fromBase64Url(secret) as RoomSecret;
}
