import { afterEach, expect, test } from 'vitest';
import { openPieceStore, removeScope, type PieceStore, type StoreKind } from '../index.ts';
import { blocksOf, EventLog, newRoom, Sample } from '../testing/fixtures.ts';

const open: PieceStore[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(store => store.close()));
});

async function fill(kind: StoreKind, room: ReturnType<typeof newRoom>, scope: string, sample: Sample) {
  const store = await openPieceStore({ room, scope, prefer: [kind] });
  open.push(store);
  const log = new EventLog();
  store.subscribe(log.listener);
  const { have } = await store.addOffer({ offer: sample.offer, geometry: sample.geometry });
  store.expect(sample.offer, 0, await sample.hash(0));
  if (have[0] === 0) {
    for (const { begin, data } of blocksOf(sample.piece(0))) store.write(sample.offer, 0, begin, data);
    await log.allVerified(1);
  }
  return { store, had: have[0] !== 0 };
}

test.each(['opfs', 'indexeddb'] as const)(
  'a scope on %s is apart, dies with its tab, and can be removed',
  async kind => {
    const room = newRoom();
    const sample = new Sample([1000]);
    const main = await fill(kind, room, 'main', sample);
    const second = await fill(kind, room, 'second', sample);
    expect(second.had).toBe(false);
    await expect(removeScope(room, 'second')).rejects.toMatchObject({ code: 'busy' });
    await second.store.close();
    await main.store.close();

    // Opening any scope of the room sweeps dead ones; the main one stays.
    const again = await fill(kind, room, 'main', sample);
    expect(again.had).toBe(true);
    await expect.poll(async () => (await locksAndScopes(room, kind)).includes('second')).toBe(false);
    await again.store.close();
    await removeScope(room, 'main');
    expect((await fill(kind, room, 'main', sample)).had).toBe(false);
  },
);

async function locksAndScopes(room: string, kind: StoreKind): Promise<string[]> {
  if (kind === 'indexeddb')
    return (await indexedDB.databases()).flatMap(({ name }) => name?.split('/') ?? []);
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('shoal-v1');
  const names: string[] = [];
  for await (const name of (await root.getDirectoryHandle(room)).keys()) names.push(name);
  return names;
}
