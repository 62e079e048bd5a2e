import { offerIdOf } from '@shoal/protocol';
import type { EntryBody, LogEntry } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { Catalogue } from './catalogue.ts';
import type { Author } from './testing/author.ts';
import { authors } from './testing/cast.ts';

const PIECE = 65_536;

function cast() {
  const [ann, bob] = authors(2);
  if (ann === undefined || bob === undefined) throw new Error('no authors');
  return { ann, bob };
}

function offer(...paths: string[]): EntryBody {
  return {
    kind: 'offer',
    pieceLength: PIECE,
    files: paths.map((path, index) => ({ path, size: index * 100_000 })),
  };
}

const root = (fill: number) => new Uint8Array(32).fill(fill);

async function folded(
  author: Author,
  ...bodies: EntryBody[]
): Promise<{ catalogue: Catalogue; entries: LogEntry[] }> {
  const catalogue = new Catalogue();
  const entries: LogEntry[] = [];
  for (const body of bodies) {
    const entry = await author.write(body);
    catalogue.apply(entry);
    entries.push(entry);
  }
  return { catalogue, entries };
}

describe('catalogue', () => {
  test('[GC2] the last profile counts', async () => {
    const { ann } = cast();
    const { catalogue } = await folded(
      ann,
      { kind: 'profile', name: 'Ann', device: 'laptop' },
      { kind: 'profile', name: 'Anna', device: 'phone' },
    );
    expect([...catalogue.members]).toEqual([[ann.id, { name: 'Anna', device: 'phone' }]]);
  });

  test("[GC3] an offer appears with its geometry and its author's key", async () => {
    const { ann } = cast();
    const entry = await ann.write(offer('a.txt', 'b/c.bin'));
    const catalogue = new Catalogue();
    expect(catalogue.apply(entry)).toEqual([{ type: 'offer', offer: offerIdOf(entry) }]);
    const seen = catalogue.offers.get(offerIdOf(entry));
    expect(seen).toMatchObject({ author: ann.id, createdSeq: 0, withdrawn: false });
    expect(seen?.authorPublicKey).toEqual(entry.publicKey);
    expect(seen?.geometry).toMatchObject({ pieceCount: 2, totalBytes: 100_000 });
    expect(seen?.geometry.files.map(file => file.path)).toEqual(['a.txt', 'b/c.bin']);
  });

  test('[GC3] paths of a hostile author are made harmless and unique', async () => {
    const { ann } = cast();
    const body = offer('x');
    if (body.kind !== 'offer') throw new Error('not an offer');
    const entry = await ann.write(body);
    // As a hostile encoder would have it: createEntry and decodeEntry may refuse such paths, the fold must not rely on it.
    const evil = {
      ...body,
      files: ['../../etc/passwd', '/etc/passwd', 'C:\\x', 'x', 'x'].map(path => ({ path, size: 1 })),
    };
    const catalogue = new Catalogue();
    catalogue.apply({ ...entry, body: evil });
    const paths = catalogue.offers.get(offerIdOf(entry))?.geometry.files.map(file => file.path) ?? [];
    expect(paths).toHaveLength(5);
    expect(new Set(paths).size).toBe(5);
    for (const path of paths) {
      expect(path).not.toMatch(/^\/|^[A-Za-z]:|\\/);
      expect(path.split('/')).not.toContain('..');
    }
  });

  test('[GC3] an offer without a possible geometry is ignored', async () => {
    const { ann } = cast();
    const entry = await ann.write(offer('x'));
    const catalogue = new Catalogue();
    expect(
      catalogue.apply({
        ...entry,
        body: { kind: 'offer', pieceLength: 12_345, files: [{ path: 'x', size: 1 }] },
      }),
    ).toEqual([]);
    expect(catalogue.offers.size).toBe(0);
  });

  test("[GC4] a seal counts from the offer's author alone, and only once", async () => {
    const { ann, bob } = cast();
    const { catalogue, entries } = await folded(ann, offer('a'));
    const id = offerIdOf(entries[0] ?? (await ann.text('')));
    expect(catalogue.apply(await bob.write({ kind: 'seal', offer: id, root: root(6) }))).toEqual([]);
    expect(catalogue.offers.get(id)?.root).toBeUndefined();
    expect(catalogue.apply(await ann.write({ kind: 'seal', offer: id, root: root(7) }))).toEqual([
      { type: 'sealed', offer: id },
    ]);
    expect(catalogue.apply(await ann.write({ kind: 'seal', offer: id, root: root(8) }))).toEqual([]);
    expect(catalogue.offers.get(id)?.root).toEqual(root(7));
  });

  test("[GC5] only the offer's author withdraws it", async () => {
    const { ann, bob } = cast();
    const { catalogue, entries } = await folded(ann, offer('a'));
    const id = offerIdOf(entries[0] ?? (await ann.text('')));
    expect(catalogue.apply(await bob.write({ kind: 'withdraw', offer: id }))).toEqual([]);
    expect(catalogue.apply(await ann.write({ kind: 'withdraw', offer: id }))).toEqual([
      { type: 'withdrawn', offer: id },
    ]);
    expect(catalogue.apply(await ann.write({ kind: 'withdraw', offer: id }))).toEqual([]);
    expect(catalogue.offers.get(id)?.withdrawn).toBe(true);
  });

  test('[GC1] [GC6] the order between authors does not matter', async () => {
    const { ann, bob } = cast();
    const hers = [
      await ann.write({ kind: 'profile', name: 'Ann', device: 'd' }),
      await ann.write(offer('a')),
      await ann.text('1'),
    ];
    const his = [await bob.write(offer('b')), await bob.text('2')];
    const one = new Catalogue();
    const two = new Catalogue();
    for (const entry of [...hers, ...his]) one.apply(entry);
    for (const entry of [his[0], hers[0], his[1], hers[1], hers[2]])
      if (entry !== undefined) two.apply(entry);
    expect(new Map(one.offers)).toEqual(new Map(two.offers));
    expect(new Map(one.members)).toEqual(new Map(two.members));
    expect(one.texts.map(text => text.text).toSorted()).toEqual(two.texts.map(text => text.text).toSorted());
  });

  test('[GC9] receipts: the highest count of each giver holds, and nobody gives to themselves', async () => {
    const { ann, bob } = cast();
    const carol = authors(1, 9)[0]?.id ?? bob.id;
    const { catalogue, entries } = await folded(
      ann,
      { kind: 'receipt', givers: [[bob.id, 500]] },
      {
        kind: 'receipt',
        givers: [
          [bob.id, 300],
          [carol, 7],
          [ann.id, 1e9],
        ],
      },
      { kind: 'receipt', givers: [[bob.id, 900]] },
      { kind: 'receipt', givers: [[bob.id, 800]] },
    );
    expect(catalogue.receipts).toEqual(
      new Map([
        [
          ann.id,
          new Map([
            [bob.id, 900],
            [carol, 7],
          ]),
        ],
      ]),
    );
    const [first] = entries;
    if (first === undefined) throw new Error('no entry');
    expect(new Catalogue().apply(first)).toEqual([{ type: 'receipt', author: ann.id }]);
    // A fork takes back what it voids.
    catalogue.revoke(ann.id, 1);
    expect(catalogue.receipts.get(ann.id)).toEqual(new Map([[bob.id, 500]]));
    catalogue.revoke(ann.id, 0);
    expect(catalogue.receipts.size).toBe(0);
  });

  test('[GC9] an author who names givers without end fills no memory', async () => {
    const { ann } = cast();
    const puppets = authors(2100, 9).map(({ id }) => id);
    const bodies = Array.from({ length: 9 }, (_, part): EntryBody => ({
      kind: 'receipt',
      givers: puppets.slice(part * 256, (part + 1) * 256).map(giver => [giver, 1]),
    }));
    const { catalogue } = await folded(ann, ...bodies);
    expect(catalogue.receipts.get(ann.id)?.size).toBe(2048);
  });

  test('[GC7] a revocation leaves no trace of what is void', async () => {
    const { ann, bob } = cast();
    const catalogue = new Catalogue();
    catalogue.apply(await ann.write({ kind: 'profile', name: 'Ann', device: 'd' }));
    const stays = await ann.write(offer('a'));
    catalogue.apply(stays);
    catalogue.apply(await ann.text('stays'));
    const id = offerIdOf(stays);
    const before = JSON.stringify([[...catalogue.members], [...catalogue.offers], catalogue.texts]);
    catalogue.apply(await ann.write({ kind: 'seal', offer: id, root: root(1) }));
    catalogue.apply(await ann.write({ kind: 'withdraw', offer: id }));
    const goes = await ann.write(offer('b'));
    catalogue.apply(goes);
    catalogue.apply(await ann.write({ kind: 'profile', name: 'Mallory', device: 'd' }));
    catalogue.apply(await ann.text('goes'));
    expect(catalogue.revoke(ann.id, 3)).toEqual([
      { type: 'revoked', author: ann.id, fromSeq: 3, gone: [offerIdOf(goes)], changed: [id] },
    ]);
    expect(JSON.stringify([[...catalogue.members], [...catalogue.offers], catalogue.texts])).toBe(before);
    catalogue.apply(await bob.text('others go on'));
    catalogue.revoke(ann.id, 0);
    expect(catalogue.members.size + catalogue.offers.size).toBe(0);
    expect(catalogue.texts.map(text => text.author)).toEqual([bob.id]);
  });

  test('[GC7] a revocation in a room with very many texts', async () => {
    const { ann, bob } = cast();
    const catalogue = new Catalogue();
    const [hers, his] = [await ann.text('x'), await bob.text('x')];
    catalogue.apply(hers);
    // More than a call takes arguments, whatever the size of the stack.
    for (let seq = 0; seq < 300_000; seq += 1) catalogue.apply({ ...his, seq });
    catalogue.revoke(ann.id, 0);
    expect(catalogue.texts).toHaveLength(300_000);
  });
});
