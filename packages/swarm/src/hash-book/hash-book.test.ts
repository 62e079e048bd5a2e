import {
  HASH_BYTES,
  allPieceHashesRoot,
  asOfferId,
  asRoomId,
  concatBytes,
  generateIdentity,
  geometryOf,
  signHashes,
  signerOf,
  webCryptoPort,
} from '@shoal/protocol';
import type { Bytes, OfferGeometry, Signer } from '@shoal/protocol';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { HashBook } from './hash-book.ts';
import type { HashesMessage } from './results.ts';

const crypto = webCryptoPort(globalThis.crypto);
const room = asRoomId('A'.repeat(22));
const otherRoom = asRoomId(`${'B'.repeat(21)}A`);
const offer = asOfferId(`${'C'.repeat(21)}A`);
const PIECE = 65_536;

let author: Signer;
let stranger: Signer;

beforeAll(async () => {
  author = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  stranger = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
});

function geometry(...pieces: number[]): OfferGeometry {
  return geometryOf(
    PIECE,
    pieces.map((count, index) => ({ path: `f${index}`, size: count * PIECE })),
  );
}

/** Different for each piece and salt. */
function hashesOf(count: number, salt = 1): Bytes {
  const hashes = new Uint8Array(count * HASH_BYTES);
  const view = new DataView(hashes.buffer);
  for (let i = 0; i < count; i += 1) {
    view.setUint32(i * HASH_BYTES, i);
    view.setUint32(i * HASH_BYTES + 4, salt);
  }
  return hashes;
}

function run(all: Bytes, first: number, count: number): Bytes {
  return all.slice(first * HASH_BYTES, (first + count) * HASH_BYTES);
}

function newBook(g: OfferGeometry, maxStoredRuns?: number): HashBook {
  return new HashBook({
    crypto,
    room,
    offer,
    geometry: g,
    authorPublicKey: author.publicKey,
    ...(maxStoredRuns === undefined ? {} : { maxStoredRuns }),
  });
}

async function batch(
  all: Bytes,
  first: number,
  count: number,
  by = author,
  inRoom = room,
): Promise<HashesMessage> {
  const hashes = run(all, first, count);
  const signature = await signHashes(by, inRoom, offer, first, hashes);
  return { type: 'hashes', offer, first, hashes, auth: { kind: 'signed', signature } };
}

/** A book that knows everything and can prove it. */
async function sealedBook(g: OfferGeometry, all: Bytes): Promise<HashBook> {
  const book = newBook(g);
  for (let first = 0; first < g.pieceCount; first += 2048)
    await book.learn(await batch(all, first, Math.min(2048, g.pieceCount - first)));
  expect(book.seal(allPieceHashesRoot(g, all))).toEqual({ ok: true });
  return book;
}

describe('before the seal', () => {
  test('a signed batch is learned and passed on as it came', async () => {
    const g = geometry(10);
    const all = hashesOf(10);
    const book = newBook(g);
    const message = await batch(all, 2, 5);
    expect(await book.learn(message)).toEqual({ ok: true, first: 2, count: 5, fresh: 5 });
    expect([...book.known.indices()]).toEqual([2, 3, 4, 5, 6]);
    expect(book.hash(3)).toEqual(run(all, 3, 1));
    expect(book.hash(0)).toBeUndefined();
    expect(book.hashes(2, 5)).toEqual(run(all, 2, 5));
    expect(book.hashes(2, 6)).toBeUndefined();
    expect(book.answer(4, 1)).toEqual([message]);
    expect(book.answer(0, 2)).toEqual([]);
    expect(book.answer(0, 10)).toEqual([message]);
    expect(await newBook(g).learn(message)).toMatchObject({ ok: true });
  });

  test("what is not signed by the author, for this room and these pieces, is the sender's fault", async () => {
    const all = hashesOf(10);
    const book = newBook(geometry(10));
    const good = await batch(all, 2, 5);
    const forged = { ok: false, code: 'bad-signature', blame: 'sender' };
    expect(await book.learn(await batch(all, 2, 5, stranger))).toEqual(forged);
    expect(await book.learn(await batch(all, 2, 5, author, otherRoom))).toEqual(forged);
    expect(await book.learn({ ...good, first: 3 })).toEqual(forged);
    expect(await book.learn({ ...good, hashes: good.hashes.slice(32) })).toEqual(forged);
    expect(await book.learn({ ...good, hashes: run(hashesOf(10, 2), 2, 5) })).toEqual(forged);
    expect(book.known.count).toBe(0);
    expect(book.answer(0, 10)).toEqual([]);
  });

  test('truncated, empty, misplaced and oversized runs are malformed', async () => {
    const g = geometry(5000);
    const all = hashesOf(5000);
    const book = newBook(g);
    const good = await batch(all, 2, 5);
    const malformed = { ok: false, code: 'malformed', blame: 'sender' };
    expect(await book.learn({ ...good, hashes: good.hashes.slice(1) })).toEqual(malformed);
    expect(await book.learn({ ...good, hashes: new Uint8Array(0) })).toEqual(malformed);
    expect(await book.learn({ ...good, first: -1 })).toEqual(malformed);
    expect(await book.learn({ ...good, first: 1.5 })).toEqual(malformed);
    expect(await book.learn({ ...good, first: 4996 })).toEqual(malformed);
    expect(await book.learn({ ...good, hashes: run(all, 0, 2049) })).toEqual(malformed);
    const other = asOfferId(`${'D'.repeat(21)}A`);
    expect(await book.learn({ ...good, offer: other })).toEqual({
      ok: false,
      code: 'wrong-offer',
      blame: 'sender',
    });
  });

  test('an author who signs two hashes for one piece is condemned, and nothing more is learned', async () => {
    const book = newBook(geometry(10));
    await book.learn(await batch(hashesOf(10), 0, 6));
    const verdict = { ok: false, code: 'contradiction', blame: 'author' };
    expect(await book.learn(await batch(hashesOf(10, 2), 5, 3))).toEqual(verdict);
    expect(book.condemned).toBe('contradiction');
    expect(book.hash(5)).toEqual(run(hashesOf(10), 5, 1));
    expect(await book.learn(await batch(hashesOf(10), 8, 2))).toEqual(verdict);
    expect(await book.learn(await batch(hashesOf(10), 0, 6))).toEqual({ ...verdict });
    expect(book.answer(0, 10)).toEqual([]);
    expect(book.seal(new Uint8Array(32))).toEqual(verdict);
  });

  test('a stranger cannot condemn an author', async () => {
    const book = newBook(geometry(10));
    await book.learn(await batch(hashesOf(10), 0, 6));
    expect(await book.learn(await batch(hashesOf(10, 2), 5, 3, stranger))).toMatchObject({
      code: 'bad-signature',
    });
    expect(book.condemned).toBeUndefined();
  });

  test('two messages checked at the same time cannot both win a contradiction', async () => {
    const book = newBook(geometry(10));
    const [one, two] = [await batch(hashesOf(10), 0, 6), await batch(hashesOf(10, 2), 0, 6)];
    const results = await Promise.all([book.learn(one), book.learn(two)]);
    expect(results.map(result => result.ok).toSorted()).toEqual([false, true]);
    expect(book.condemned).toBe('contradiction');
  });

  test('own batches are taken without a check', async () => {
    const book = newBook(geometry(4));
    const all = hashesOf(4);
    const signature = await signHashes(author, room, offer, 0, all);
    expect(book.addOwn(0, all, signature)).toEqual({ ok: true, first: 0, count: 4, fresh: 4 });
    expect(book.computedRoot).toEqual(allPieceHashesRoot(geometry(4), all));
    const [message] = book.answer(0, 4);
    if (message === undefined) throw new Error('no answer');
    expect(await newBook(geometry(4)).learn(message)).toMatchObject({ ok: true, fresh: 4 });
    expect(book.addOwn(0, hashesOf(4, 2), signature)).toMatchObject({ code: 'contradiction' });
  });

  test('an answer takes as few runs as will do, and runs that add nothing are not kept', async () => {
    const book = newBook(geometry(10), 4);
    const all = hashesOf(10);
    for (const [first, count] of [
      [0, 3],
      [1, 4],
      [2, 7],
    ] as const)
      await book.learn(await batch(all, first, count));
    expect(book.answer(2, 7).map(message => message.first)).toEqual([2]);
    expect(book.answer(0, 9).map(message => message.first)).toEqual([0, 2]);
    book.addOwn(4, run(all, 4, 2), new Uint8Array(64));
    await book.learn(await batch(all, 9, 1));
    expect(book.answer(9, 1)).toHaveLength(1);
  });

  test('stored runs are capped, hashes are not', async () => {
    const book = newBook(geometry(10), 3);
    const all = hashesOf(10);
    for (let piece = 0; piece < 5; piece += 1) await book.learn(await batch(all, piece, 1));
    expect(book.known.count).toBe(5);
    expect(book.answer(0, 10)).toHaveLength(3);
    // A run that covers stored ones takes their place.
    await book.learn(await batch(all, 0, 8));
    expect(book.answer(0, 10).map(message => message.hashes.length / HASH_BYTES)).toEqual([8]);
  });
});

describe('after the seal', () => {
  test('a complete book proves, and the proofs convince a book that knows only the seal', async () => {
    const g = geometry(1, 0, 700, 1, 1, 3);
    const all = hashesOf(g.pieceCount);
    const book = await sealedBook(g, all);
    const learner = newBook(g);
    learner.seal(allPieceHashesRoot(g, all));
    for (let piece = 0; piece < g.pieceCount;) {
      const messages = book.answer(piece, 100);
      expect(messages.length).toBeGreaterThan(0);
      for (const message of messages) {
        expect(message.auth.kind).toBe('proof');
        expect(await learner.learn(message)).toMatchObject({ ok: true });
      }
      const next = learner.known.firstMissing(piece);
      expect(next).not.toBe(piece);
      piece = next ?? g.pieceCount;
    }
    expect(learner.complete).toBe(true);
    expect(learner.hashes(0, g.pieceCount)).toEqual(all);
    expect(learner.condemned).toBeUndefined();
  });

  test("a proof before the seal is nobody's fault; one that leads elsewhere is the sender's", async () => {
    const g = geometry(600);
    const all = hashesOf(600);
    const [proof] = (await sealedBook(g, all)).answer(100, 10);
    if (proof === undefined) throw new Error('no proof');
    const book = newBook(g);
    expect(await book.learn(proof)).toEqual({ ok: false, code: 'not-sealed', blame: 'nobody' });
    book.seal(allPieceHashesRoot(g, all));
    const bad = { ok: false, code: 'bad-proof', blame: 'sender' };
    expect(
      await book.learn({ ...proof, hashes: run(hashesOf(600, 2), 0, proof.hashes.length / 32) }),
    ).toEqual(bad);
    expect(await book.learn({ ...proof, first: proof.first + 1 })).toEqual(bad);
    expect(book.known.count).toBe(0);
    expect(await book.learn(proof)).toMatchObject({ ok: true });
  });

  test('who has proofs for a part passes on the same proofs', async () => {
    const g = geometry(600);
    const all = hashesOf(600);
    const whole = await sealedBook(g, all);
    const part = newBook(g);
    part.seal(allPieceHashesRoot(g, all));
    const sent = [...whole.answer(64, 64), ...whole.answer(200, 8)];
    for (const message of sent) await part.learn(message);
    const passed = part.answer(0, 600);
    expect(passed).toEqual(sent);
    const third = newBook(g);
    third.seal(allPieceHashesRoot(g, all));
    for (const message of passed) expect(await third.learn(message)).toMatchObject({ ok: true });
    expect(third.known.count).toBe(part.known.count);
  });

  test('a seal that the signed hashes do not lead to condemns the author, whichever comes first', async () => {
    const g = geometry(10);
    const verdict = { ok: false, code: 'seal-contradiction', blame: 'author' };
    const before = newBook(g);
    await before.learn(await batch(hashesOf(10), 0, 10));
    expect(before.seal(allPieceHashesRoot(g, hashesOf(10, 2)))).toEqual(verdict);
    const after = newBook(g);
    expect(after.seal(allPieceHashesRoot(g, hashesOf(10, 2)))).toEqual({ ok: true });
    expect(await after.learn(await batch(hashesOf(10), 0, 9))).toMatchObject({ ok: true });
    expect(await after.learn(await batch(hashesOf(10), 9, 1))).toEqual(verdict);
    const proven = newBook(g);
    const root = allPieceHashesRoot(g, hashesOf(10, 2));
    await proven.learn(await batch(hashesOf(10), 0, 3));
    proven.seal(root);
    const [proof] = (await sealedBook(g, hashesOf(10, 2))).answer(0, 10);
    if (proof === undefined) throw new Error('no proof');
    expect(await proven.learn(proof)).toEqual(verdict);
    expect(proven.condemned).toBe('seal-contradiction');
  });

  test('sealing twice with the same root does nothing, with another condemns', () => {
    const book = newBook(geometry(3));
    const root = new Uint8Array(32).fill(1);
    expect(book.seal(root)).toEqual({ ok: true });
    expect(book.seal(root)).toEqual({ ok: true });
    expect(book.seal(new Uint8Array(32))).toMatchObject({ code: 'seal-contradiction', blame: 'author' });
  });

  test('an offer of empty files is complete from the start', () => {
    const g = geometry(0, 0);
    const book = newBook(g);
    expect(book.complete).toBe(true);
    expect(book.seal(allPieceHashesRoot(g, new Uint8Array(0)))).toEqual({ ok: true });
    expect(book.answer(0, 10)).toEqual([]);
  });
});

describe('properties', () => {
  const spans = fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 20 })), {
    minLength: 1,
    maxLength: 12,
  });

  test('whatever honest runs come in whatever order, what is answered convinces a stranger of exactly that', async () => {
    const g = geometry(1, 37, 0, 22);
    const all = hashesOf(60);
    await fc.assert(
      fc.asyncProperty(spans, fc.nat(59), fc.integer({ min: 1, max: 60 }), async (runs, from, count) => {
        const book = newBook(g);
        for (const [first, length] of runs)
          await book.learn(await batch(all, first, Math.min(length, 60 - first)));
        const stranger2 = newBook(g);
        const answers = book.answer(from, count);
        for (const message of answers) expect(await stranger2.learn(message)).toMatchObject({ ok: true });
        const end = Math.min(60, from + count);
        for (let piece = from; piece < end; piece += 1)
          expect(stranger2.known.has(piece)).toBe(book.known.has(piece));
        for (const piece of stranger2.known.indices())
          expect(stranger2.hash(piece)).toEqual(run(all, piece, 1));
        expect(answers.length).toBeLessThanOrEqual(Math.max(1, runs.length));
      }),
      { numRuns: 60 },
    );
  });

  test('whatever a neighbour changes in a message, no false hash gets in', async () => {
    const g = geometry(40, 1, 19);
    const all = hashesOf(60);
    const root = allPieceHashesRoot(g, all);
    const source = await sealedBook(g, all);
    const signed = await batch(all, 10, 12);
    const [proof] = source.answer(10, 4);
    if (proof === undefined) throw new Error('no proof');
    const flips = fc.tuple(
      fc.boolean(),
      fc.constantFrom('hashes', 'auth', 'first'),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
    );
    await fc.assert(
      fc.asyncProperty(flips, async ([useProof, where, at, mask]) => {
        const book = newBook(g);
        book.seal(root);
        const result = await book.learn(tamper(useProof ? proof : signed, where, at, mask));
        if (result.ok) expect(result.fresh).toBe(0);
        expect(book.known.count).toBe(0);
        expect(book.condemned).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('a book split over any two neighbours is put together from both', async () => {
    const g = geometry(60);
    const all = hashesOf(60);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), async sides => {
        const halves = [newBook(g), newBook(g)];
        for (const [index, right] of sides.entries())
          await halves[right ? 1 : 0]?.learn(await batch(all, index * 10, 10));
        const whole = newBook(g);
        for (const half of halves) for (const message of half.answer(0, 60)) await whole.learn(message);
        expect(whole.complete).toBe(true);
        expect(whole.computedRoot).toEqual(allPieceHashesRoot(g, all));
      }),
      { numRuns: 20 },
    );
  });
});

function flip(bytes: Bytes, at: number, mask: number): Bytes {
  const changed = concatBytes(bytes);
  if (changed.length > 0) changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ mask;
  return changed;
}

function tamper(message: HashesMessage, where: string, at: number, mask: number): HashesMessage {
  const { auth } = message;
  if (where === 'first')
    return {
      ...message,
      first: (message.first + mask) % 60 === message.first ? 0 : (message.first + mask) % 60,
    };
  if (where === 'hashes') return { ...message, hashes: flip(message.hashes, at, mask) };
  if (auth.kind === 'signed')
    return { ...message, auth: { kind: 'signed', signature: flip(auth.signature, at, mask) } };
  if (auth.fileUncles.length > 0)
    return { ...message, auth: { ...auth, fileUncles: flip(auth.fileUncles, at, mask) } };
  return { ...message, auth: { ...auth, topUncles: flip(auth.topUncles, at, mask) } };
}
