import { geometryOf } from '@shoal/protocol';
import type { OfferId } from '@shoal/protocol';
import { StorageError } from '@shoal/storage';
import type { KeptSources } from '@shoal/storage';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Author } from './testing/author.ts';
import { MIB, Stage, piecesOf } from './testing/stage.ts';

/** Room is tried again after 5 s, and a tick begins it. */
const TRY_MS = 6000;

let stage: Stage;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(async () => {
  await stage.room.close();
  vi.useRealTimers();
});

async function tryAgain(): Promise<void> {
  vi.advanceTimersByTime(TRY_MS);
  await stage.settle();
}

test('what waits for room goes on by itself, though another file of its folder was cancelled to make some', async () => {
  stage = await Stage.set({
    before: async ann => {
      await ann.offer(MIB, [
        { path: 'a', size: 60 * MIB },
        { path: 'b', size: 60 * MIB },
      ]);
    },
  });
  const offer = stage.offer(0);
  stage.room.accept(offer, [0, 1]);
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['paused,paused'], ['disk-full']]);
  stage.room.cancel(offer, [1]);
  await tryAgain();
  expect(stage.states).toEqual(['downloading,offered']);
});

test('what waits for room is not spoken of any more when it is given up', async () => {
  stage = await Stage.set({
    before: async ann => void (await ann.offer(MIB, [{ path: 'a', size: 600 * MIB }])),
  });
  stage.room.accept(stage.offer(0));
  await stage.settle();
  expect(stage.told).toEqual(['disk-full']);
  stage.room.cancel(stage.offer(0), [0]);
  expect(stage.told).toEqual([]);
});

test('what waits for room goes on by itself, though a small file of its folder was downloaded meanwhile', async () => {
  stage = await Stage.set({
    before: async ann => {
      await ann.offer(MIB, [
        { path: 'a', size: 10 * MIB },
        { path: 'b', size: 60 * MIB },
      ]);
    },
  });
  stage.disk.used = 50 * MIB;
  stage.room.accept(stage.offer(0), [1]);
  await stage.settle();
  stage.room.accept(stage.offer(0), [0]);
  await stage.settle();
  expect(stage.states).toEqual(['downloading,paused']);
  stage.disk.used = 0;
  await tryAgain();
  expect(stage.states).toEqual(['downloading,downloading']);
});

test('Download all says why what does not fit is paused, though the last offer fits', async () => {
  stage = await Stage.set({
    before: async ann => {
      await ann.offer(MIB, [{ path: 'big', size: 600 * MIB }]);
      await ann.offer(MIB, [{ path: 'small', size: MIB }]);
    },
  });
  stage.room.acceptAll();
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['paused', 'downloading'], ['disk-full']]);
});

/** Of an offer of a and b, both wanted, a is here when ann takes it back; another of c is there. */
async function takenBackHalfway(): Promise<{ offer: OfferId; removed: string[] }> {
  const removed: string[] = [];
  stage = await Stage.set({
    before: async ann => {
      await ann.offer(MIB, [
        { path: 'a', size: MIB },
        { path: 'b', size: 60 * MIB },
      ]);
      await ann.offer(MIB, [{ path: 'c', size: 60 * MIB }]);
    },
    store: { removeFiles: async (_, files) => void removed.push(files.join()) },
  });
  const offer = stage.offer(0);
  stage.room.accept(offer);
  await stage.settle();
  stage.stored({ type: 'verified', offer, pieces: [0, 1, 2] });
  await stage.hear(await stage.ann.say({ kind: 'withdraw', offer }));
  return { offer, removed };
}

test('what its sharer took back before it was here is gone, and said so; what is here stays', async () => {
  const { removed } = await takenBackHalfway();
  expect([stage.states, stage.told, removed]).toEqual([['complete', 'offered'], ['withdrawn'], ['1']]);
  const [offer] = stage.room.getSnapshot().offers;
  expect(offer).toMatchObject({ totalBytes: MIB, verifiedBytes: MIB });
});

test('what was taken back needs no room any more, and Download all leaves it out', async () => {
  await takenBackHalfway();
  stage.room.acceptAll();
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['complete', 'downloading'], ['withdrawn']]);
});

test('what was taken back is not announced again when somebody cancels or wants it', async () => {
  const { offer } = await takenBackHalfway();
  stage.sent.length = 0;
  stage.room.cancel(offer, [1]);
  stage.room.accept(offer, [1]);
  await stage.settle();
  expect(stage.sent).toEqual([]);
  expect(stage.told).toEqual(['withdrawn', 'unknown-offer']);
});

test('what was stopped since its sharer forked does not go on after a reload', async () => {
  let offer: OfferId | undefined;
  stage = await Stage.set({
    before: async ann => {
      offer = await ann.offer(MIB, [{ path: 'a', size: 60 * MIB }]);
      ann.entries.push(await ann.fork());
    },
    selection: () => (offer === undefined ? [] : [{ offer, wanted: [0], paused: [] }]),
  });
  expect([stage.states, stage.told]).toEqual([['failed'], ['log-forked']]);
});

test('what was stopped since its sharer forked needs no room any more', async () => {
  stage = await Stage.set({
    before: async ann => void (await ann.offer(MIB, [{ path: 'a', size: 60 * MIB }])),
  });
  stage.room.accept(stage.offer(0));
  await stage.settle();
  await stage.hear(await stage.ann.fork());
  expect(stage.states).toEqual(['failed']);
  const bob = await Author.in(stage.id);
  await bob.offer(MIB, [{ path: 'b', size: 60 * MIB }]);
  await stage.hear(...bob.entries);
  stage.room.accept(stage.offer(1));
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['failed', 'downloading'], ['log-forked']]);
});

const chosen = (name: string) => ({
  path: name,
  file: new File([new Uint8Array(MIB)], name, { lastModified: 1 }),
});

/** Our own offer of a and b, of an earlier life: neither is at hand. */
const earlier = async (_ann: Author, self: Author): Promise<void> => {
  await self.offer(64 * 1024, [
    { path: 'a', size: MIB },
    { path: 'b', size: MIB },
  ]);
};

test('what was received of an own offer is still here when another of its files is chosen again', async () => {
  stage = await Stage.set({ before: earlier });
  const offer = stage.offer(0);
  stage.room.accept(offer, [1]);
  await stage.settle();
  const geometry = geometryOf(64 * 1024, [
    { path: 'a', size: MIB },
    { path: 'b', size: MIB },
  ]);
  stage.stored({ type: 'verified', offer, pieces: piecesOf(geometry, 1) });
  expect(stage.states).toEqual(['offered,complete']);
  await stage.room.share([chosen('a')]);
  await stage.settle();
  expect(stage.states).toEqual(['offered,complete', 'seeding']);
});

test('what was received of an own offer is still here when a click reads another of its files again', async () => {
  // Asked for nothing but its file.
  const root = { kind: 'file', getFile: async () => chosen('a').file } as unknown as FileSystemFileHandle;
  let isPlugged = false;
  const sources = async (): Promise<KeptSources | undefined> =>
    isPlugged ? { roots: [root], files: [{ root: 0, path: '' }, null] } : undefined;
  stage = await Stage.set({ before: earlier, vault: { sources } });
  const offer = stage.offer(0);
  stage.room.accept(offer, [1]);
  await stage.settle();
  isPlugged = true;
  await expect(stage.room.shareAgain(offer)).rejects.toMatchObject({ code: 'choose-again' });
  expect(stage.states).toEqual(['offered,downloading']);
});

test('of a folder whose files a click brings back in part, the rest can be chosen', async () => {
  // Chromium gives out no handle of some names in a folder; others were moved.
  const root = { kind: 'file', getFile: async () => chosen('a').file } as unknown as FileSystemFileHandle;
  const sources = async (): Promise<KeptSources | undefined> => ({
    roots: [root],
    files: [{ root: 0, path: '' }, null],
  });
  stage = await Stage.set({ before: earlier, vault: { sources } });
  await stage.settle();
  expect(stage.states).toEqual(['seeding,offered']);
  const again = (): unknown => stage?.room.getSnapshot().offers.map(offer => offer.again);
  expect(again()).toEqual(['choose']);
  await expect(stage.room.shareAgain(stage.offer(0))).rejects.toMatchObject({ code: 'choose-again' });
});

test('who wants a file of an own offer of which another is shared again is told how it can be', async () => {
  stage = await Stage.set({ before: earlier });
  await stage.room.share([chosen('a')]);
  await stage.settle();
  expect(stage.states).toEqual(['seeding,offered']);
  stage.room.accept(stage.offer(0), [1]);
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['seeding,offered'], ['choose-again']]);
});

test('a room opens where nothing can be written, and says so', async () => {
  stage = await Stage.set({
    vault: {
      appendEntry: async () => {
        throw new StorageError('disk-full');
      },
    },
  });
  expect(stage.told).toEqual(['disk-full']);
});

test('a shared file that changed is said to have, by whoever asks for its hashes', async () => {
  stage = await Stage.set({
    store: {
      hash: async (_, first, count) => {
        // b was saved anew since it was dropped.
        if (first + count > 64) throw new StorageError('source-changed');
        return new Uint8Array(count * 32);
      },
    },
  });
  await stage.room.share([
    { path: 'a', file: new File([new Uint8Array(4 * MIB)], 'a', { lastModified: 1 }) },
    chosen('b'),
  ]);
  await stage.settle();
  const offer = stage.offer(0);
  stage.message({ type: 'hash-request', offer, first: 64, count: 1 });
  await vi.waitFor(() => expect(stage.states).toEqual(['seeding,failed']));
  expect(stage.room.getSnapshot().failures).toMatchObject([{ code: 'source-changed', file: `${offer}/1` }]);
});

// Asked for nothing but its permissions.
const handleWith = (
  state: PermissionState,
  requestPermission: () => Promise<PermissionState>,
): FileSystemFileHandle =>
  ({ queryPermission: async () => state, requestPermission }) as unknown as FileSystemFileHandle;

const unasked = async (): Promise<PermissionState> => await Promise.reject(new Error('not to be asked for'));

/** A download of 10 MiB that goes into a picked file of an earlier life. */
async function intoPicked(handle: FileSystemFileHandle): Promise<OfferId> {
  let offer: OfferId | undefined;
  const kept = () => (offer === undefined ? [] : [offer]);
  stage = await Stage.set({
    before: async ann => {
      offer = await ann.offer(MIB, [{ path: 'a', size: 10 * MIB }]);
    },
    selection: () => kept().map(id => ({ offer: id, wanted: [0], paused: [] })),
    outlets: () =>
      new Map(kept().map(id => [id, [{ file: 0, handle, segmentBytes: 4 * MIB, heldPieces: 2 }]])),
  });
  return stage.offer(0);
}

test('a download into a picked file that is cancelled while the browser asks stays cancelled', async () => {
  let answer: (state: PermissionState) => void = () => undefined;
  const asked = new Promise<PermissionState>(resolve => {
    answer = resolve;
  });
  const offer = await intoPicked(handleWith('prompt', async () => await asked));
  expect(stage.states).toEqual(['paused']);
  stage.room.accept(offer, [0]);
  await stage.settle();
  stage.room.cancel(offer, [0]);
  await stage.settle();
  answer('denied');
  await stage.settle();
  expect([stage.states, stage.told]).toEqual([['offered'], []]);
});

test('a picked file that failed while there was no room waits for a click', async () => {
  const offer = await intoPicked(handleWith('granted', unasked));
  expect(stage.states).toEqual(['downloading']);
  stage.disk.room = false;
  stage.stored({ type: 'failed', offer, pieces: [], code: 'disk-full', text: '' });
  stage.stored({ type: 'outlet-failed', offer, file: 0, code: 'outlet-full', text: '' });
  expect(stage.states).toEqual(['paused']);
  stage.disk.room = true;
  await tryAgain();
  expect(stage.states).toEqual(['paused']);
});

test('a file that is picked while the bytes of a cancelled download are being deleted counts', async () => {
  let removed = (): void => undefined;
  stage = await Stage.set({
    before: async ann => void (await ann.offer(MIB, [{ path: 'a', size: 10 * MIB }])),
    store: {
      removeFiles: async () =>
        await new Promise(resolve => {
          removed = resolve;
        }),
    },
  });
  const offer = stage.offer(0);
  stage.room.accept(offer, [0]);
  await stage.settle();
  stage.room.cancel(offer, [0]);
  await stage.settle();
  await stage.room.saveInto(offer, 0, handleWith('granted', unasked));
  removed();
  await stage.settle();
  expect(stage.room.getSnapshot().offers[0]?.files).toMatchObject([{ outlet: 'arriving' }]);
});
