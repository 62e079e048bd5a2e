import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from './bytes.ts';
import { webCryptoPort } from './crypto.ts';
import { createRoomSecret, formatRoomLink, parseRoomLink } from './link.ts';
import { bytes } from './testing/arbitraries.ts';
import { outcomeNow } from './testing/outcome.ts';

const crypto = webCryptoPort(globalThis.crypto);
const SECRET = 'AAECAwQFBgcICQoLDA0ODw';

test('[LK1] a link is the page without its fragment, # and 22 characters of the secret', () => {
  const secret = parseRoomLink(SECRET);
  expect(toHex(secret)).toBe('000102030405060708090a0b0c0d0e0f');
  expect(formatRoomLink('https://shoal.example/', secret)).toBe(`https://shoal.example/#${SECRET}`);
  expect(formatRoomLink('https://shoal.example/x?y#old', secret)).toBe(`https://shoal.example/x?y#${SECRET}`);
});

test('[LK1] every secret survives its link, and two secrets differ', () => {
  fc.assert(
    fc.property(bytes(16, 16), random => {
      const secret = createRoomSecret({ randomBytes: () => random });
      expect(toHex(parseRoomLink(formatRoomLink('http://localhost:3000/', secret)))).toBe(toHex(random));
    }),
  );
  expect(toHex(createRoomSecret(crypto))).not.toBe(toHex(createRoomSecret(crypto)));
});

test('[LK2] whole link, fragment and bare secret are taken, with white space around', () => {
  for (const text of [SECRET, `#${SECRET}`, ` https://a.b/#${SECRET}\n`])
    expect(toHex(parseRoomLink(text))).toBe('000102030405060708090a0b0c0d0e0f');
});

test('[LK2] marks that a chat program took along behind a link are ignored', () => {
  for (const behind of ['.', ').', '>,', '"', '%22', '%C2%BB', '”!', '**', '…\n'])
    expect(toHex(parseRoomLink(`https://a.b/#${SECRET}${behind}`))).toBe('000102030405060708090a0b0c0d0e0f');
});

test('[LK2] [LK3] anything else is a bad link', () => {
  const bad = [
    '',
    '#',
    'https://a.b/',
    `${SECRET}A`,
    SECRET.slice(1),
    `${SECRET.slice(0, 21)}x`,
    `#${SECRET}#`,
    `#a#${SECRET}`,
  ];
  for (const text of [...bad, SECRET.replace('A', '+'), SECRET.replace('A', '=')])
    expect(
      outcomeNow(() => parseRoomLink(text)),
      text,
    ).toBe('bad-link');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(['ok', 'bad-link']).toContain(outcomeNow(() => parseRoomLink(text)));
    }),
  );
});
