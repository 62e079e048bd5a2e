import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBase64Url } from './bytes.ts';
import { webCryptoPort } from './crypto.ts';
import { generateIdentity, signerOf } from './identity.ts';
import {
  createConnectionId,
  memberAddress,
  openSignal,
  parseMemberAddress,
  sealSignal,
  type Signal,
} from './sealed-signal.ts';
import { bytes, mutated } from './testing/arbitraries.ts';
import { outcome } from './testing/outcome.ts';

const crypto = webCryptoPort(globalThis.crypto);
const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
const key = crypto.randomBytes(32);
const ends = { from: 'alice', to: 'bob' };
const route = { ...ends, connection: createConnectionId(crypto), seq: 3, lane: 2 };
const sdp: Signal = { kind: 'offer', sdp: 'v=0\r\na=fingerprint:sha-256 AB:CD' };

const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const signal: fc.Arbitrary<Signal> = fc.oneof(
  fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: text(3000) }),
  fc.record({
    kind: fc.constant('candidate' as const),
    candidate: text(300),
    sdpMid: fc.option(text(8)),
    sdpMLineIndex: fc.option(fc.nat({ max: 65535 })),
  }),
  fc.record({
    kind: fc.constant('reject' as const),
    code: fc.constantFrom('full' as const, 'leaving' as const),
  }),
);

test('[SB1] every signal and route survives sealing and opening', async () => {
  const anyRoute = fc.record({
    from: fc.string(),
    to: fc.string(),
    connection: bytes(16, 16).map(toBase64Url),
    seq: fc.integer({ min: 0, max: 0xffff_ffff }),
    lane: fc.integer({ min: 0, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(anyRoute, signal, async (way, said) => {
      const box = await sealSignal(crypto, key, signer, way, said);
      const opened = await openSignal(crypto, key, { from: way.from, to: way.to }, box);
      expect(opened).toEqual({
        route: way,
        signal: said,
        publicKey: signer.publicKey,
        peerId: signer.peerId,
      });
    }),
  );
});

test('[SB2] [SB4] other ends, another key, or any changed byte: forged, or no box at all', async () => {
  const box = await sealSignal(crypto, key, signer, route, sdp);
  const tries = [
    { from: 'mallory', to: 'bob' },
    { from: 'alice', to: 'carol' },
    { from: 'bob', to: 'alice' },
    { from: 'aliceb', to: 'ob' },
  ];
  for (const other of tries)
    expect(await outcome(() => openSignal(crypto, key, other, box))).toBe('signal-forged');
  expect(await outcome(() => openSignal(crypto, crypto.randomBytes(32), ends, box))).toBe('signal-forged');
  for (let at = 0; at < box.length; at += 1) {
    const changed = box.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await outcome(() => openSignal(crypto, key, ends, changed))).toBe(
      at === 0 ? 'signal-malformed' : 'signal-forged',
    );
  }
});

test('[SB3] whoever knows the room key still cannot speak for another member', async () => {
  const mallory = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const posing = { ...mallory, publicKey: signer.publicKey, peerId: signer.peerId };
  const box = await sealSignal(crypto, key, posing, route, sdp);
  expect(await outcome(() => openSignal(crypto, key, ends, box))).toBe('signal-forged');
});

test('[SB3] a signature made for one place does not hold in another, even with the room key', async () => {
  const stolen = await signer.sign(new Uint8Array(0));
  const replay = { ...signer, sign: () => Promise.resolve(stolen) };
  const box = await sealSignal(crypto, key, replay, route, sdp);
  expect(await outcome(() => openSignal(crypto, key, ends, box))).toBe('signal-forged');
});

test('[SB5] what is too long or out of range is not sealed; what is no box is malformed', async () => {
  const seal = (way: typeof route, said: Signal) => outcome(() => sealSignal(crypto, key, signer, way, said));
  expect(await seal(route, { kind: 'offer', sdp: 'x'.repeat(24 * 1024) })).toBe('ok');
  expect(await seal(route, { kind: 'offer', sdp: 'x'.repeat(24 * 1024 + 1) })).toBe('signal-malformed');
  expect(await seal(route, { kind: 'offer', sdp: '…'.repeat(24 * 1024) })).toBe('signal-malformed');
  expect(await seal({ ...route, seq: 2 ** 32 }, sdp)).toBe('signal-malformed');
  expect(await seal({ ...route, seq: -1 }, sdp)).toBe('signal-malformed');
  expect(await seal({ ...route, lane: 256 }, sdp)).toBe('signal-malformed');
  expect(await seal({ ...route, connection: 'short' }, sdp)).toBe('bad-id');
  for (const size of [0, 1, 34, 146, 32 * 1024 + 1])
    expect(await outcome(() => openSignal(crypto, key, ends, new Uint8Array(size).fill(1)))).toBe(
      'signal-malformed',
    );
});

test('[SB6] sealing twice gives different boxes: the nonce is random', async () => {
  const [a, b] = await Promise.all([1, 2].map(() => sealSignal(crypto, key, signer, route, sdp)));
  expect(a).not.toEqual(b);
});

test('[SB4] random bytes and changed boxes give only ProtocolErrors', async () => {
  const box = await sealSignal(crypto, key, signer, route, sdp);
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes(0, 400), mutated(fc.constant(box))), async data => {
      const code = await outcome(() => openSignal(crypto, key, ends, data));
      expect(['signal-malformed', 'signal-forged', 'ok']).toContain(code);
      // An edit may put back the byte it took; any other change must not open.
      expect(code === 'ok').toBe(toBase64Url(data) === toBase64Url(box));
    }),
    { numRuns: 300 },
  );
});

test('[SB7] between members a box is bound to both members, their seats and the way: nothing else opens it', async () => {
  const other = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const seat = () => createConnectionId(crypto);
  const mine = { peer: signer.peerId, seat: seat() };
  const theirs = { peer: other.peerId, seat: seat() };
  const between = { from: memberAddress(mine), to: memberAddress(theirs) };
  const box = await sealSignal(crypto, key, signer, { ...route, ...between }, sdp);
  expect((await openSignal(crypto, key, between, box)).peerId).toBe(signer.peerId);
  const elsewhere = [
    { ...between, from: memberAddress({ ...mine, seat: seat() }) },
    { ...between, from: memberAddress({ ...mine, peer: other.peerId }) },
    { ...between, to: memberAddress({ ...theirs, seat: seat() }) },
    { ...between, to: memberAddress({ ...theirs, peer: signer.peerId }) },
    { from: between.to, to: between.from },
    ends,
  ];
  for (const way of elsewhere)
    expect(await outcome(() => openSignal(crypto, key, way, box))).toBe('signal-forged');
});

test('[SB7] a member that holds the key cannot write in the name of another', async () => {
  const other = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const victim = memberAddress({ peer: other.peerId, seat: createConnectionId(crypto) });
  const to = memberAddress({ peer: signer.peerId, seat: createConnectionId(crypto) });
  const box = await sealSignal(crypto, key, signer, { ...route, from: victim, to }, sdp);
  expect(await outcome(() => openSignal(crypto, key, { from: victim, to }, box))).toBe('signal-forged');
});

test('[SB7] no address of a server is one of a member', () => {
  const member = { peer: signer.peerId, seat: createConnectionId(crypto) };
  expect(parseMemberAddress(memberAddress(member))).toEqual(member);
  const others = [
    'alice',
    signer.peerId,
    `${signer.peerId}/`,
    `${signer.peerId}/a`,
    `${memberAddress(member)}/`,
  ];
  expect(others.map(parseMemberAddress)).toEqual(others.map(() => undefined));
});
