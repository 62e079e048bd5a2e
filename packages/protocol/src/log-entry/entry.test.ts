import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toBase64Url, toHex, type Bytes } from '../bytes.ts';
import { webCryptoPort } from '../crypto.ts';
import { asOfferId, asPeerId, asRoomId } from '../ids.ts';
import { encodeMsgpack } from '../msgpack.ts';
import { bytes, mutated, offeredFiles } from '../testing/arbitraries.ts';
import { fixedSigner } from '../testing/fixed-signer.ts';
import { outcome, outcomeNow } from '../testing/outcome.ts';
import type { EntryBody } from './body.ts';
import { createEntry, decodeEntry, offerIdOf, verifyEntry } from './entry.ts';

const crypto = webCryptoPort(globalThis.crypto);
const signer = await fixedSigner(globalThis.crypto);
const room = asRoomId('AAAAAAAAAAAAAAAAAAAAAA');
const offer = asOfferId('CAAAAAAAAAAAAAAAAAAAAA');
const ZEROS = new Uint8Array(32);
const K64 = 65536;

const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const body: fc.Arbitrary<EntryBody> = fc.oneof(
  fc.record({ kind: fc.constant('profile' as const), name: text(60), device: text(60) }),
  offeredFiles(20, K64).map(files => ({ kind: 'offer' as const, pieceLength: K64, files })),
  fc.record({ kind: fc.constant('seal' as const), offer: fc.constant(offer), root: bytes(32, 32) }),
  fc.record({ kind: fc.constant('withdraw' as const), offer: fc.constant(offer) }),
  fc.record({ kind: fc.constant('text' as const), text: text(200) }),
  fc.record({
    kind: fc.constant('receipt' as const),
    givers: fc.uniqueArray(
      fc.tuple(
        bytes(16, 16).map(id => asPeerId(toBase64Url(id))),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      ),
      { minLength: 1, maxLength: 10, selector: ([giver]) => giver },
    ),
  }),
);

/** An entry with any payload at all, under a signature that nobody checks here. */
function rawWith(payload: unknown): Bytes {
  return concatBytes(signer.publicKey, new Uint8Array(64), encodeMsgpack(payload));
}

test('[LE1] [LE2] every body survives writing and reading, and its signature holds', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.maxSafeNat(), bytes(32, 32), async (said, seq, prev) => {
      const entry = await createEntry(signer, room, seq, prev, said);
      expect(entry).toMatchObject({
        author: signer.peerId,
        publicKey: signer.publicKey,
        seq,
        prev,
        body: said,
      });
      expect(decodeEntry(entry.raw)).toEqual(entry);
      expect(toHex(entry.raw)).toBe(toHex(concatBytes(entry.publicKey, entry.signature, entry.payload)));
      expect(await verifyEntry(crypto, room, entry)).toBe(true);
    }),
  );
});

test('writing rests between its steps', async () => {
  let rests = 0;
  const entry = await createEntry(signer, room, 0, ZEROS, { kind: 'text', text: 'a' }, async () => {
    rests += 1;
  });
  expect(rests).toBe(3);
  expect(decodeEntry(entry.raw)).toEqual(entry);
});

test('[LE3] an entry holds in its room only, and only as it was signed', async () => {
  const entry = await createEntry(signer, room, 3, ZEROS, { kind: 'text', text: 'hello' });
  expect(await verifyEntry(crypto, asRoomId('BAAAAAAAAAAAAAAAAAAAAA'), entry)).toBe(false);
  for (let at = 0; at < entry.raw.length; at += 1) {
    const changed = entry.raw.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    // A changed byte is either no entry any more, or no longer signed.
    if (outcomeNow(() => decodeEntry(changed)) === 'ok')
      expect(await verifyEntry(crypto, room, decodeEntry(changed)), String(at)).toBe(false);
  }
});

test('[LE4] [ID4] the hash is of author and payload, not of the signature; the offer id is its first 16 bytes', async () => {
  const entry = await createEntry(signer, room, 0, ZEROS, { kind: 'text', text: 'a' });
  const resigned = decodeEntry(concatBytes(entry.publicKey, new Uint8Array(64), entry.payload));
  expect(toHex(resigned.hash)).toBe(toHex(entry.hash));
  const next = await createEntry(signer, room, 1, ZEROS, { kind: 'text', text: 'a' });
  expect(toHex(next.hash)).not.toBe(toHex(entry.hash));
  const id = offerIdOf(entry);
  expect(
    toHex(Uint8Array.from(atob(id.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))),
  ).toBe(toHex(entry.hash.subarray(0, 16)));
});

test('[LE1] the result owns its bytes: the frame it came from may be reused', async () => {
  const entry = await createEntry(signer, room, 0, ZEROS, { kind: 'text', text: 'a' });
  const frame = concatBytes(new Uint8Array(10), entry.raw);
  const decoded = decodeEntry(frame.subarray(10));
  frame.fill(0);
  expect(decoded).toEqual(entry);
  expect(decoded.raw.buffer.byteLength).toBe(entry.raw.length);
});

describe('[LE5] [LE6] what is refused', () => {
  const file = { path: 'a', size: 1 };
  const good = { seq: 0, prev: ZEROS, body: { kind: 'text', text: '' } };
  const offerOf = (files: unknown, pieceLength: unknown = K64) => ({
    ...good,
    body: { kind: 'offer', pieceLength, files },
  });
  const receiptOf = (givers: unknown) => ({ ...good, body: { kind: 'receipt', givers } });
  const tries: Record<string, unknown> = {
    'no object': 5,
    'an extra field': { ...good, x: 1 },
    'a missing field': { seq: 0, prev: ZEROS },
    'a negative seq': { ...good, seq: -1 },
    'a fractional seq': { ...good, seq: 0.5 },
    'a short prev': { ...good, prev: ZEROS.slice(1) },
    'no kind': { ...good, body: { text: '' } },
    'an empty kind': { ...good, body: { kind: '' } },
    'a kind of 33 characters': { ...good, body: { kind: 'x'.repeat(33) } },
    'a kind that is no text': { ...good, body: { kind: 1 } },
    'a known kind with a field that it has not': { ...good, body: { kind: 'text', text: '', more: 1 } },
    'a long text': { ...good, body: { kind: 'text', text: 'x'.repeat(8193) } },
    'a long name': { ...good, body: { kind: 'profile', name: 'x'.repeat(129), device: '' } },
    'a bad offer id': { ...good, body: { kind: 'withdraw', offer: 'x' } },
    'a short root': { ...good, body: { kind: 'seal', offer, root: new Uint8Array(31) } },
    'a receipt of nobody': receiptOf([]),
    'a receipt of nothing': receiptOf([[offer, 0]]),
    'a giver twice': receiptOf([
      [offer, 1],
      [offer, 2],
    ]),
    'a giver that is no id': receiptOf([['x', 1]]),
    'half a byte': receiptOf([[offer, 0.5]]),
    'too many givers': receiptOf(
      Array.from({ length: 257 }, (_, index) => [
        toBase64Url(new Uint8Array(16).fill(index % 256, 0, 8).fill(index >> 8, 8)),
        1,
      ]),
    ),
    'no files': offerOf([]),
    'a path that is not harmless': offerOf([['../a', 1]]),
    'an absolute path': offerOf([['/a', 1]]),
    'two equal paths': offerOf([
      ['a', 1],
      ['a', 2],
    ]),
    'a negative size': offerOf([['a', -1]]),
    'a bad piece length': offerOf([['a', 1]], 1000),
    'too many pieces': offerOf([['a', Number.MAX_SAFE_INTEGER]]),
    'files as objects': offerOf([file]),
    'a file of four': offerOf([['a', 1, 2, 3]]),
    'a file of one': offerOf([['a']]),
    'a path that is no text': offerOf([[7, 1]]),
    'a path with half a character': offerOf([['a\ud800', 1]]),
    'a size that is no number': offerOf([['a', '1']]),
    'half a byte of a file': offerOf([['a', 0.5]]),
    'a time before all times': offerOf([['a', 1, -1]]),
    'no time where one stands': offerOf([['a', 1, null]]),
  };
  test.each(Object.entries(tries))('%s', (_, payload) => {
    expect(outcomeNow(() => decodeEntry(rawWith(payload)))).toBe('malformed-entry');
  });

  test.each(['reaction', 'constructor', 'unknown', 'x'.repeat(32)])(
    '[LE5] but not a kind that is not known here, such as %s: a later version may have written it',
    kind => {
      const raw = rawWith({ ...good, body: { kind, text: 5, more: [{}] } });
      const entry = decodeEntry(raw);
      expect(entry.body).toEqual({ kind: 'unknown' });
      expect(entry.raw).toEqual(raw);
    },
  );

  test('[LE6] what is too long, too short, or followed by anything', async () => {
    expect(outcomeNow(() => decodeEntry(new Uint8Array(1024 * 1024 + 1)))).toBe('entry-too-large');
    expect(outcomeNow(() => decodeEntry(new Uint8Array(96)))).toBe('malformed-entry');
    expect(outcomeNow(() => decodeEntry(rawWith(good)))).toBe('ok');
    expect(outcomeNow(() => decodeEntry(concatBytes(rawWith(good), new Uint8Array(1))))).toBe(
      'malformed-entry',
    );
    const files = Array.from({ length: 10_000 }, (_, index) => ({
      path: `${'x'.repeat(200)}${String(index)}`,
      size: 1,
    }));
    const large = { kind: 'offer', pieceLength: K64, files } as const;
    expect(await outcome(() => createEntry(signer, room, 0, ZEROS, large))).toBe('entry-too-large');
  });

  test('[LE5] an author cannot write what others would refuse', async () => {
    const unsafe = { kind: 'offer', pieceLength: K64, files: [{ path: '../x', size: 1 }] } as const;
    expect(await outcome(() => createEntry(signer, room, 0, ZEROS, unsafe))).toBe('malformed-entry');
    expect(
      await outcome(() => createEntry(signer, room, 0, ZEROS.slice(1), { kind: 'text', text: '' })),
    ).toBe('malformed-entry');
  });
});

test('[LE6] random bytes and changed entries give a ProtocolError or an entry, never another throw', async () => {
  fc.assert(
    fc.property(bytes(0, 300), raw => ['ok', 'malformed-entry'].includes(outcomeNow(() => decodeEntry(raw)))),
  );
  const samples = await Promise.all(
    fc.sample(body, 30).map(async said => (await createEntry(signer, room, 0, ZEROS, said)).raw),
  );
  fc.assert(
    fc.property(mutated(fc.constantFrom(...samples)), raw =>
      ['ok', 'malformed-entry'].includes(outcomeNow(() => decodeEntry(raw))),
    ),
    { numRuns: 1000 },
  );
});
