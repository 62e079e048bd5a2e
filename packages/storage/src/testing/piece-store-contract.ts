import { afterEach, describe, expect, test } from 'vitest';
import { Bitfield, concatBytes, equalBytes, type Bytes, type RoomId } from '@shoal/protocol';
import { openPieceStore, StorageError, type PieceStore, type StoreKind } from '../index.ts';
import { blocksOf, cryptoPort, EventLog, newRoom, PIECE, Sample } from './fixtures.ts';
import { readZip } from './read-zip.ts';

/** What every kind of store must do, through the real worker. */
export function pieceStoreContract(kind: StoreKind): void {
  describe(`piece store on ${kind}`, () => {
    const open: PieceStore[] = [];
    const openOn = async (room: RoomId, scope = 'main'): Promise<{ store: PieceStore; log: EventLog }> => {
      const store = await openPieceStore({ room, scope, prefer: [kind] });
      open.push(store);
      const log = new EventLog();
      store.subscribe(log.listener);
      return { store, log };
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map(store => store.close()));
    });

    const add = async (store: PieceStore, sample: Sample): Promise<Bitfield> => {
      const { have } = await store.addOffer({ offer: sample.offer, geometry: sample.geometry });
      const hashes = concatBytes(...(await Promise.all(sample.pieces.map(piece => sample.hash(piece)))));
      store.expect(sample.offer, 0, hashes);
      return Bitfield.fromBytes(sample.geometry.pieceCount, have);
    };
    const put = (store: PieceStore, sample: Sample, piece: number): void => {
      for (const { begin, data } of blocksOf(sample.piece(piece)).toReversed())
        store.write(sample.offer, piece, begin, data);
    };
    const code = async (promise: Promise<unknown>): Promise<string> => {
      const error: unknown = await promise.catch((reason: unknown) => reason);
      return error instanceof StorageError ? error.code : `no StorageError: ${String(error)}`;
    };

    test('says which kind it is', async () => {
      expect((await openOn(newRoom())).store.kind).toBe(kind);
    });

    test('blocks in any order make pieces that are verified, read and saved', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([3 * PIECE + 12345, 100, 2 * PIECE]);
      expect((await add(store, sample)).count).toBe(0);
      for (const piece of sample.pieces.toReversed()) put(store, sample, piece);
      await log.allVerified(sample.geometry.pieceCount);
      expect(log.verified.toSorted((a, b) => a - b)).toEqual(sample.pieces);

      const frame = await store.read(sample.offer, 3, 100, 5000, 8);
      expect(frame.length).toBe(5008);
      expect(await same(frame.slice(8), sample.piece(3).slice(100, 5100))).toBe(true);
      for (const [index, bytes] of sample.contents.entries()) {
        const blob = await store.file(sample.offer, index);
        expect(await same(await bytesOf(blob), bytes)).toBe(true);
      }
      // Serving goes on after saving, and what was saved stays readable.
      const saved = await store.file(sample.offer, 0);
      await store.read(sample.offer, 0, 0, PIECE, 0);
      expect(await same(await bytesOf(saved), sample.contents[0])).toBe(true);
    });

    test('a wrong byte is reported, nothing is marked, and the right piece is taken afterwards', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([2 * PIECE]);
      await add(store, sample);
      const wrong = sample.piece(1);
      wrong[70] = (wrong[70] ?? 0) ^ 1;
      for (const { begin, data } of blocksOf(wrong)) store.write(sample.offer, 1, begin, data);
      expect(await log.first('corrupt')).toEqual({ type: 'corrupt', offer: sample.offer, piece: 1 });
      expect(await code(store.read(sample.offer, 1, 0, 10, 0))).toBe('not-verified');
      put(store, sample, 1);
      await log.allVerified(1);
      expect(await same(await store.read(sample.offer, 1, 0, PIECE, 0), sample.piece(1))).toBe(true);
    });

    test('what is not verified is neither read nor saved', async () => {
      const { store } = await openOn(newRoom());
      const sample = new Sample([2 * PIECE]);
      await add(store, sample);
      for (const { begin, data } of blocksOf(sample.piece(0)).slice(1))
        store.write(sample.offer, 0, begin, data);
      expect(await code(store.read(sample.offer, 0, 0, 10, 0))).toBe('not-verified');
      expect(await code(store.file(sample.offer, 0))).toBe('not-verified');
      expect(await code(store.read(newOfferOf(), 0, 0, 10, 0))).toBe('not-found');
    });

    test('discarded blocks do not count', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([PIECE]);
      await add(store, sample);
      const blocks = blocksOf(sample.piece(0));
      for (const { begin, data } of blocks.slice(1)) store.write(sample.offer, 0, begin, data);
      store.discard(sample.offer, 0);
      for (const { begin, data } of blocks.slice(0, 1)) store.write(sample.offer, 0, begin, data);
      expect(await code(store.read(sample.offer, 0, 0, 10, 0))).toBe('not-verified');
      put(store, sample, 0);
      await log.allVerified(1);
    });

    test('two thousand small files and empty ones', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample(Array.from({ length: 2000 }, (_, index) => (index % 7) * 31));
      await add(store, sample);
      for (const piece of sample.pieces) put(store, sample, piece);
      await log.allVerified(sample.geometry.pieceCount);
      for (const index of [0, 1, 6, 7, 1234, 1999]) {
        const blob = await store.file(sample.offer, index);
        expect(await same(await bytesOf(blob), sample.contents[index])).toBe(true);
      }
    });

    test('an offer of one empty file is complete at once', async () => {
      const { store } = await openOn(newRoom());
      const sample = new Sample([0]);
      await store.addOffer({ offer: sample.offer, geometry: sample.geometry });
      expect((await store.file(sample.offer, 0)).size).toBe(0);
    });

    // Playwright's contexts keep OPFS in memory, holes included; on disk the fault journeys go there.
    test.skipIf(kind === 'opfs')('bytes keep their place around 4 GiB', async () => {
      const { store, log } = await openOn(newRoom());
      const length = 4 * 1024 * 1024;
      const size = 4 * 1024 ** 3 + length + 4321;
      const sparse = new Sample([], length, [{ path: 'big', size }]);
      await store.addOffer({ offer: sparse.offer, geometry: sparse.geometry });
      const edge = [1022, 1023, 1024, 1025];
      const parts = edge.map(piece => sparse.filler(piece));
      for (const [index, piece] of edge.entries()) {
        const data = parts[index] ?? new Uint8Array(0);
        store.expect(sparse.offer, piece, await sparse.hashOf(piece, data));
        for (const block of blocksOf(data, 128 * 1024))
          store.write(sparse.offer, piece, block.begin, block.data);
      }
      await log.allVerified(edge.length);
      for (const [index, piece] of edge.entries()) {
        const data = parts[index] ?? new Uint8Array(0);
        expect(await same(await store.read(sparse.offer, piece, 0, data.length, 0), data)).toBe(true);
      }
    });

    test('a removed file is missing again; a removed offer is gone', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([2 * PIECE, 2 * PIECE, 10]);
      await add(store, sample);
      for (const piece of sample.pieces) put(store, sample, piece);
      await log.allVerified(5);
      await store.removeFiles(sample.offer, [0]);
      expect(await code(store.file(sample.offer, 0))).toBe('not-verified');
      expect((await store.file(sample.offer, 1)).size).toBe(2 * PIECE);
      put(store, sample, 0);
      await log.allVerified(6);
      await store.removeOffer(sample.offer);
      expect(await code(store.file(sample.offer, 1))).toBe('not-found');
      expect((await add(store, sample)).count).toBe(0);
    });

    test('a zip holds the files with their paths, equal ones made unique', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([PIECE + 5, 0, 77]);
      await add(store, sample);
      for (const piece of sample.pieces) put(store, sample, piece);
      await log.allVerified(sample.geometry.pieceCount);
      const path = 'Überordner/日本 🐟.bin';
      const zip = await store.zip([
        { offer: sample.offer, file: 0, path },
        { offer: sample.offer, file: 1, path: 'empty' },
        { offer: sample.offer, file: 2, path },
      ]);
      const members = await readZip(zip);
      expect(members.map(({ name }) => name)).toEqual([path, 'empty', 'Überordner/日本 🐟 (2).bin']);
      for (const [index, { data }] of members.entries())
        expect(await same(data, sample.contents[index])).toBe(true);
    });

    test('a zip goes straight into a picked file', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([PIECE + 5, 77]);
      await add(store, sample);
      for (const piece of sample.pieces) put(store, sample, piece);
      await log.allVerified(sample.geometry.pieceCount);
      const folder = await navigator.storage.getDirectory();
      const into = await folder.getFileHandle(crypto.randomUUID(), { create: true });
      await store.zipInto(
        [0, 1].map(file => ({ offer: sample.offer, file, path: `a/${file}` })),
        into,
      );
      const members = await readZip(await into.getFile());
      expect(members.map(({ name }) => name)).toEqual(['a/0', 'a/1']);
      for (const [index, { data }] of members.entries())
        expect(await same(data, sample.contents[index])).toBe(true);
      const missing = store.zipInto([{ offer: newOfferOf(), file: 0, path: 'x' }], into);
      expect(await code(missing)).toBe('not-found');
      // What was saved before stays as it was.
      expect((await readZip(await into.getFile())).length).toBe(2);
    });

    test('files go into a picked folder, under their paths and over nothing', async () => {
      const { store, log } = await openOn(newRoom());
      const sample = new Sample([PIECE + 5, 0, 77]);
      await add(store, sample);
      for (const piece of sample.pieces) put(store, sample, piece);
      await log.allVerified(sample.geometry.pieceCount);
      const root = await navigator.storage.getDirectory();
      const into = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
      const theirs = await (await into.getFileHandle('b.bin', { create: true })).createWritable();
      await theirs.write('theirs');
      await theirs.close();
      const entry = (file: number, path: string) => ({ offer: sample.offer, file, path });
      await store.saveFolder([entry(0, 'a/日本 🐟.bin'), entry(1, 'empty'), entry(2, 'b.bin')], into);
      const fileAt = async (name: string, folder = into) =>
        await (await folder.getFileHandle(name)).getFile();
      const saved = [
        await fileAt('日本 🐟.bin', await into.getDirectoryHandle('a')),
        await fileAt('empty'),
        await fileAt('b (2).bin'),
      ];
      for (const [index, file] of saved.entries())
        expect(await same(await bytesOf(file), sample.contents[index])).toBe(true);
      expect(await (await fileAt('b.bin')).text()).toBe('theirs');

      // A file where a folder must be: told of, and the others are saved.
      const clash = store.saveFolder([entry(2, 'empty/c'), entry(2, 'd')], into);
      await expect(clash).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('empty/c') });
      expect((await fileAt('d')).size).toBe(77);
      const missing = store.saveFolder([{ offer: newOfferOf(), file: 0, path: 'x' }], into);
      expect(await code(missing)).toBe('not-found');
    });

    test('a zip can be stopped', async () => {
      const { store } = await openOn(newRoom());
      const stop = new AbortController();
      stop.abort();
      expect(await code(store.zip([], stop.signal))).toBe('aborted');
    });

    test("a sharer's files are hashed and served in place", async () => {
      const { store } = await openOn(newRoom());
      const sample = new Sample([5 * PIECE + 99, 0, 1000]);
      const { offer, geometry } = sample;
      const { have } = await store.addOffer({ offer, geometry, source: sample.files() });
      expect(Bitfield.fromBytes(geometry.pieceCount, have).complete).toBe(true);
      const hashes = await store.hash(offer, 0, geometry.pieceCount);
      expect(hashes).toEqual(
        concatBytes(...(await Promise.all(sample.pieces.map(piece => sample.hash(piece))))),
      );
      for (const piece of [...sample.pieces, ...sample.pieces.toReversed()]) {
        const data = sample.piece(piece);
        expect(await same((await store.read(offer, piece, 0, data.length, 8)).slice(8), data)).toBe(true);
      }
      expect(await same(await bytesOf(await store.file(offer, 2)), sample.contents[2])).toBe(true);
    });

    test('a frame that is given back serves a later read', async () => {
      const { store } = await openOn(newRoom());
      const sample = new Sample([3 * PIECE]);
      const { offer, geometry } = sample;
      await store.addOffer({ offer, geometry, source: sample.files() });
      const frame = await store.read(offer, 0, 0, PIECE, 8);
      store.recycle(frame);
      const short = await store.read(offer, 1, 0, 100, 8);
      expect(await same(short.slice(8), sample.piece(1).slice(0, 100))).toBe(true);
      store.recycle(await store.read(offer, 0, 0, PIECE, 8));
      const again = store.read(offer, 1, 0, PIECE, 8);
      expect(await same((await again).slice(8), sample.piece(1))).toBe(true);
    });

    test("a sharer's file that was changed is noticed", async () => {
      const { store } = await openOn(newRoom());
      // Beyond what the first read takes along: a window, and as much again that the stream holds.
      const sample = new Sample([100 * PIECE]);
      const { file, change } = await changeableFile(sample.piece(0), 100);
      await store.addOffer({ offer: sample.offer, geometry: sample.geometry, source: [file] });
      await store.read(sample.offer, 0, 0, 10, 0);
      await change();
      expect(await code(store.read(sample.offer, 80, 0, 10, 0))).toBe('source-changed');
      expect(await code(store.hash(sample.offer, 72, 2))).toBe('source-changed');
      const other = new Sample([41 * PIECE]);
      expect(
        await code(store.addOffer({ offer: other.offer, geometry: other.geometry, source: [file] })),
      ).toBe('source-changed');
    });

    test('a second store on the same scope is refused, on its own scope it works', async () => {
      const room = newRoom();
      await openOn(room);
      expect(await code(openPieceStore({ room, prefer: [kind], busyAfterMs: 50 }))).toBe('busy');
      expect((await openOn(room, 'tab-2')).store.kind).toBe(kind);
    });

    test('after close every call says so', async () => {
      const { store } = await openOn(newRoom());
      await store.close();
      await store.close();
      expect(await code(store.hash(newOfferOf(), 0, 1))).toBe('closed');
    });

    test('says by trying whether there is room, and leaves nothing behind', async () => {
      const { store } = await openOn(newRoom());
      expect(await store.hasRoom(9 * 1024 * 1024)).toBe(true);
      expect(await store.hasRoom(0)).toBe(true);
    });

    if (kind === 'memory') return;

    // Nobody but the browser can cut a record of IndexedDB.
    if (kind === 'opfs') {
      test('a stored file that lost its end is compared with its hashes; what is spoilt or gone is fetched again', async () => {
        const room = newRoom();
        const sample = new Sample([4 * PIECE, 3 * PIECE]);
        const first = await openOn(room);
        await add(first.store, sample);
        for (const piece of sample.pieces) put(first.store, sample, piece);
        await first.log.allVerified(7);
        await first.store.close();
        await cutStored(room, `${sample.offer}/f0`, 3 * PIECE - 1);

        const { store, log } = await openOn(room);
        const { have, suspect } = await store.addOffer({ offer: sample.offer, geometry: sample.geometry });
        expect([...Bitfield.fromBytes(7, have).indices()]).toEqual([4, 5, 6]);
        expect([...Bitfield.fromBytes(7, suspect).indices()]).toEqual([0, 1]);
        const hashes = concatBytes(...(await Promise.all(sample.pieces.map(piece => sample.hash(piece)))));
        store.expect(sample.offer, 0, hashes);
        const found = Bitfield.fromBytes(7, (await store.verify(sample.offer)).have);
        // The first byte was changed as well.
        expect([...found.indices()]).toEqual([1, 4, 5, 6]);
        expect(log.verified).toEqual([1]);
        for (const piece of [0, 2, 3]) put(store, sample, piece);
        await log.allVerified(4);
        expect(await same(await bytesOf(await store.file(sample.offer, 0)), sample.contents[0])).toBe(true);
      });
    }

    test('reopened, it still has what was verified, and nothing else', async () => {
      const room = newRoom();
      const sample = new Sample([4 * PIECE, 10, 20]);
      const first = await openOn(room);
      await add(first.store, sample);
      for (const piece of [0, 3, 5]) put(first.store, sample, piece);
      for (const { begin, data } of blocksOf(sample.piece(1)).slice(1))
        first.store.write(sample.offer, 1, begin, data);
      await first.log.allVerified(3);
      await first.store.close();

      const { store, log } = await openOn(room);
      expect([...(await add(store, sample)).indices()]).toEqual([0, 3, 5]);
      expect(await same(await store.read(sample.offer, 3, 0, PIECE, 0), sample.piece(3))).toBe(true);
      for (const piece of [1, 2, 4]) put(store, sample, piece);
      await log.allVerified(3);
      expect(await same(await bytesOf(await store.file(sample.offer, 0)), sample.contents[0])).toBe(true);
    });
  });
}

/** Cuts a stored file behind the store's back, and changes its first byte. */
async function cutStored(room: RoomId, path: string, length: number): Promise<void> {
  let folder = await navigator.storage.getDirectory();
  const parts = ['shoal-v1', room, 'main', ...path.split('/')];
  const name = parts.pop() ?? '';
  for (const part of parts) folder = await folder.getDirectoryHandle(part);
  const file = await folder.getFileHandle(name);
  const [byte = 0] = new Uint8Array(await (await file.getFile()).slice(0, 1).arrayBuffer());
  const writable = await file.createWritable({ keepExistingData: true });
  await writable.write(new Uint8Array([byte ^ 1]));
  await writable.truncate(length);
  await writable.close();
}

function newOfferOf(): Sample['offer'] {
  return new Sample([1]).offer;
}

async function bytesOf(blob: Blob): Promise<Bytes> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Compared by digest: `toEqual` of large arrays takes seconds, and minutes when it fails. */
async function same(a: Bytes, b: Bytes | undefined): Promise<boolean> {
  if (b === undefined || a.length !== b.length) return false;
  return equalBytes(await cryptoPort.sha256(a), await cryptoPort.sha256(b));
}

/** A File on disk that can be changed: one in the origin's file system. */
async function changeableFile(
  content: Bytes,
  times: number,
): Promise<{ file: File; change: () => Promise<void> }> {
  const handle = await (
    await navigator.storage.getDirectory()
  ).getFileHandle(crypto.randomUUID(), { create: true });
  const fill = async (bytes: Bytes): Promise<void> => {
    const writable = await handle.createWritable();
    for (let time = 0; time < times; time += 1) await writable.write(bytes);
    await writable.close();
  };
  await fill(content);
  return { file: await handle.getFile(), change: () => fill(content.toReversed()) };
}
