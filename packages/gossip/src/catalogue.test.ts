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

  test('[GC7] however often an author forks, what stands is the same object, and is not folded anew', async () => {
    const { ann } = cast();
    const { catalogue, entries } = await folded(ann, offer('a'), offer('b'), offer('c'));
    for (const entry of await ann.texts(40)) catalogue.apply(entry);
    const [first, second, third] = entries.map(offerIdOf);
    if (first === undefined || second === undefined || third === undefined) throw new Error('no offer');
    const before = [...catalogue.offers.values()];
    for (let seq = 42; seq > 20; seq -= 1)
      expect(catalogue.revoke(ann.id, seq)).toMatchObject([{ gone: [] }]);
    // One of them sealed and withdrawn for nothing: the others are still the same.
    const other = ann.branch(20);
    catalogue.apply(await other.write({ kind: 'seal', offer: second, root: root(1) }));
    catalogue.apply(await other.write({ kind: 'withdraw', offer: second }));
    expect(catalogue.revoke(ann.id, 20)).toMatchObject([{ gone: [], changed: [second] }]);
    const after = [...catalogue.offers.values()];
    expect(after.map((each, index) => each === before[index])).toEqual([true, false, true]);
    expect(after).toEqual(before);
    expect(catalogue.texts).toHaveLength(17);
  });

  test('[GC7] [GC9] void receipts leave the counts of those before them, and no giver of their own', async () => {
    const { ann } = cast();
    const [one, two] = authors(4, 9).map(({ id }) => id);
    if (one === undefined || two === undefined) throw new Error('no givers');
    const { catalogue } = await folded(
      ann,
      { kind: 'receipt', givers: [[one, 5]] },
      {
        kind: 'receipt',
        givers: [
          [one, 9],
          [two, 3],
        ],
      },
    );
    catalogue.revoke(ann.id, 1);
    expect([...(catalogue.receipts.get(ann.id) ?? [])]).toEqual([[one, 5]]);
    catalogue.revoke(ann.id, 0);
    expect(catalogue.receipts.has(ann.id)).toBe(false);
  });

  test('[GC7] a second seal or withdrawal that is void leaves the first', async () => {
    const { ann } = cast();
    const { catalogue, entries } = await folded(ann, offer('a'));
    const id = offerIdOf(entries[0] ?? (await ann.text('')));
    for (const fill of [1, 2]) {
      catalogue.apply(await ann.write({ kind: 'seal', offer: id, root: root(fill) }));
      catalogue.apply(await ann.write({ kind: 'withdraw', offer: id }));
    }
    expect(catalogue.revoke(ann.id, 3)).toMatchObject([{ gone: [], changed: [] }]);
    expect(catalogue.offers.get(id)).toMatchObject({ withdrawn: true, root: root(1) });
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

  describe('[GC10] what all offers cost their readers is bounded', () => {
    /** One entry of some hundred bytes: four terabytes in a file. */
    const huge: EntryBody = {
      kind: 'offer',
      pieceLength: 4 * 1024 * 1024,
      files: [{ path: 'x', size: 2 ** 42 }],
    };
    const many: EntryBody = {
      kind: 'offer',
      pieceLength: PIECE,
      files: Array.from({ length: 10_000 }, (_, i) => ({ path: `${i}`, size: 1 })),
    };

    async function offered(body: EntryBody, count: number, self?: Author, before: readonly LogEntry[] = []) {
      const { ann } = cast();
      const catalogue = new Catalogue(self?.id);
      for (const entry of before) catalogue.apply(entry);
      const entries: LogEntry[] = [];
      for (let i = 0; i < count; i += 1) entries.push(await ann.write(body));
      const changes = entries.map(entry => catalogue.apply(entry).length);
      return { ann, catalogue, entries, changes };
    }

    test.each<[string, EntryBody, number, number]>([
      ['pieces', huge, 2_000, 4],
      ['files', many, 25, 20],
      ['offers', offer('x'), 2_000, 1_000],
    ])('in %s', async (_name, body, count, most) => {
      const { catalogue, changes } = await offered(body, count);
      expect(catalogue.offers.size).toBe(most);
      expect(changes).toEqual(Array.from({ length: count }, (_, i) => (i < most ? 1 : 0)));
    });

    test('a withdrawal makes room, once; what was left out stays out', async () => {
      const { ann, catalogue, entries } = await offered(huge, 5);
      const [first, , , , last] = entries.map(offerIdOf);
      if (first === undefined || last === undefined) throw new Error('no offer');
      expect(catalogue.apply(await ann.write({ kind: 'withdraw', offer: last }))).toEqual([]);
      for (let i = 0; i < 2; i += 1) catalogue.apply(await ann.write({ kind: 'withdraw', offer: first }));
      for (let i = 0; i < 2; i += 1) catalogue.apply(await ann.write(huge));
      expect([...catalogue.offers.values()].filter(({ withdrawn }) => !withdrawn)).toHaveLength(4);
      expect(catalogue.offers.has(last)).toBe(false);
    });

    test('[GC7] a revocation gives back what is gone, and only that', async () => {
      const { ann, catalogue } = await offered(huge, 5);
      const { bob } = cast();
      catalogue.revoke(ann.id, 3);
      expect(catalogue.offers.size).toBe(3);
      for (let i = 0; i < 2; i += 1) catalogue.apply(await bob.write(huge));
      expect([...catalogue.offers.values()].map(({ author }) => author)).toEqual([
        ...Array.from({ length: 3 }, () => ann.id),
        bob.id,
      ]);
    });

    test('[GC7] a revocation brings in nothing that was left out, of which nobody would be told', async () => {
      const { bob } = cast();
      const his = await bob.write(huge);
      const { ann, catalogue, entries } = await offered(huge, 4, undefined, [his]);
      catalogue.apply(await bob.write({ kind: 'withdraw', offer: offerIdOf(his) }));
      catalogue.revoke(ann.id, 4);
      expect([...catalogue.offers.keys()]).toEqual([his, ...entries.slice(0, 3)].map(offerIdOf));
    });

    test('[GC7] a withdrawal that is void does not bring back more than fits', async () => {
      const { ann, catalogue, entries } = await offered(huge, 4);
      const { bob } = cast();
      for (const entry of entries)
        catalogue.apply(await ann.write({ kind: 'withdraw', offer: offerIdOf(entry) }));
      for (let i = 0; i < 3; i += 1) catalogue.apply(await bob.write(huge));
      const [change] = catalogue.revoke(ann.id, 4);
      expect([...catalogue.offers.values()].filter(({ withdrawn }) => !withdrawn)).toHaveLength(4);
      expect(change).toMatchObject({ gone: entries.slice(1).map(offerIdOf) });
    });

    test('[GC7] what stands before the fork stays also where the room is full', async () => {
      // The first is withdrawn, and another takes its place.
      const { ann, catalogue, entries } = await offered(huge, 4);
      const { bob } = cast();
      const [first, ...others] = entries.map(offerIdOf);
      if (first === undefined) throw new Error('no offer');
      catalogue.apply(await ann.write({ kind: 'withdraw', offer: first }));
      catalogue.apply(await bob.write(huge));
      catalogue.apply(await ann.text('void'));
      expect(catalogue.revoke(ann.id, 5)).toMatchObject([{ gone: [], changed: [] }]);
      expect([...catalogue.offers.keys()].slice(0, 4)).toEqual([first, ...others]);
    });

    test('[GC7] what is gone makes room for what is no longer withdrawn, in whatever order they came', async () => {
      const { ann, catalogue, entries } = await offered(huge, 1);
      const { bob } = cast();
      const [first] = entries.map(offerIdOf);
      if (first === undefined) throw new Error('no offer');
      for (let i = 0; i < 2; i += 1) catalogue.apply(await bob.write(huge));
      const late = await ann.write(huge);
      catalogue.apply(late);
      catalogue.apply(await ann.write({ kind: 'withdraw', offer: first }));
      catalogue.apply(await bob.write(huge));
      expect(catalogue.revoke(ann.id, 1)).toMatchObject([{ gone: [offerIdOf(late)], changed: [first] }]);
      expect([...catalogue.offers.values()].filter(({ withdrawn }) => !withdrawn)).toHaveLength(4);
    });

    test('what one shares oneself is never left out', async () => {
      const { ann } = cast();
      expect((await offered(huge, 6, ann)).catalogue.offers.size).toBe(6);
    });
  });
});
