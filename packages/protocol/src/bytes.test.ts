import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  concatBytes,
  decodeUtf8,
  equalBytes,
  fromBase64Url,
  fromHex,
  lengthPrefixed,
  toBase64Url,
  toHex,
  utf8,
} from './bytes.ts';
import { asOfferId, asPeerId, asRoomId, idBytes } from './ids.ts';
import { bytes } from './testing/arbitraries.ts';
import { outcomeNow } from './testing/outcome.ts';

test('[ID2] texts and bytes match one to one', () => {
  fc.assert(
    fc.property(bytes(0, 50), fc.string({ unit: 'binary' }), (data, text) => {
      expect(fromBase64Url(toBase64Url(data))).toEqual(data);
      expect(fromHex(toHex(data))).toEqual(data);
      expect(decodeUtf8(utf8(text))).toBe(text);
    }),
  );
  for (const text of ['A', 'AB', 'AA==', 'A+A', 'AA A'])
    expect(outcomeNow(() => fromBase64Url(text))).toBe('bad-encoding');
  expect(outcomeNow(() => fromHex('0g'))).toBe('bad-encoding');
  expect(outcomeNow(() => utf8('\udc00'))).toBe('bad-encoding');
  for (const hex of ['ff', 'c0af', 'eda080', 'f4908080', 'e282'])
    expect(
      outcomeNow(() => decodeUtf8(fromHex(hex))),
      hex,
    ).toBe('bad-encoding');
});

test('[CX1] two lists of parts never give the same bytes', () => {
  const parts = fc.array(bytes(0, 4), { maxLength: 4 });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = a.length === b.length && a.every((part, index) => toHex(part) === toHex(b[index] ?? part));
      expect(equalBytes(lengthPrefixed(...a), lengthPrefixed(...b))).toBe(same);
    }),
  );
  expect(toHex(lengthPrefixed(utf8('ab'), new Uint8Array(0)))).toBe('00000002616200000000');
});

test('[ID2] joining and comparing', () => {
  expect(toHex(concatBytes(fromHex('01'), fromHex(''), fromHex('0203')))).toBe('010203');
  expect(equalBytes(fromHex('01'), fromHex('0102'))).toBe(false);
  expect(equalBytes(fromHex('0102'), fromHex('0103'))).toBe(false);
  expect(equalBytes(fromHex('0102'), fromHex('0102'))).toBe(true);
});

test('[ID2] an id is 22 canonical characters', () => {
  fc.assert(
    fc.property(bytes(16, 16), data => {
      expect(idBytes(asPeerId(toBase64Url(data)))).toEqual(data);
    }),
  );
  for (const text of [
    '',
    'A'.repeat(21),
    'A'.repeat(23),
    `${'A'.repeat(21)}B`,
    `${'A'.repeat(21)}=`,
    `+${'A'.repeat(21)}`,
  ])
    for (const parse of [asPeerId, asOfferId, asRoomId])
      expect(
        outcomeNow(() => parse(text)),
        text,
      ).toBe('bad-id');
});
