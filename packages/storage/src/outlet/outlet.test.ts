import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { Bitfield, equalBytes } from '@shoal/protocol';
import { MemoryByteStore } from '../backends/memory.ts';
import { StorageError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../piece-store-core/ports.ts';
import { rig, type Rig } from '../testing/core-rig.ts';
import { CrashyByteStore, CrashyRecords, type Fate } from '../testing/crashy-byte-store.ts';
import { PIECE, Sample } from '../testing/fixtures.ts';
import { PickedDisk } from '../testing/picked-disk.ts';
import { MemoryRecords } from '../vault/records.ts';
import type { OutletState, PickedFile } from './outlet.ts';

/** Five segments of two pieces, the last one short, between two other files. */
const sample = new Sample([2 * PIECE + 5, 9 * PIECE - 7, 300]);
const FILE = 1;
const { firstPiece, pieceCount, size } = sample.geometry.files[FILE] ?? {
  firstPiece: 0,
  pieceCount: 0,
  size: 0,
};
const pieces = Array.from({ length: pieceCount }, (_, at) => firstPiece + at);
const content = sample.contents[FILE] ?? new Uint8Array(0);

const RUNS = 100;
const QUICKLY = { interval: 1 };

let bytes: MemoryByteStore;
let records: MemoryRecords;
let picked: PickedDisk;

const outlet = (handle: PickedFile = picked.handle()) => [{ file: FILE, handle, segmentBytes: 2 * PIECE }];
const staged = async (): Promise<number[]> => {
  const segments: number[] = [];
  for (let segment = 0; segment < 5; segment += 1)
    if ((await bytes.size(`${sample.offer}/f${FILE}.${segment}`)) !== undefined) segments.push(segment);
  return segments;
};

beforeEach(() => {
  bytes = new MemoryByteStore();
  records = new MemoryRecords();
  picked = new PickedDisk();
});

async function open(withHandle = true): Promise<{ live: Rig; have: Bitfield }> {
  const live = rig({ bytes, records });
  const have = await live.add(sample, withHandle ? outlet() : []);
  return { live, have: Bitfield.fromBytes(sample.geometry.pieceCount, have) };
}

async function put(live: Rig, some: readonly number[]): Promise<void> {
  const before = live.log.verified.length;
  for (const piece of some) await live.put(sample, piece);
  await vi.waitFor(() => {
    live.timer.advance(DEFAULT_LIMITS.groupMs);
    expect(live.log.verified.length).toBe(before + some.length);
  }, QUICKLY);
}

const states = (live: Rig): OutletState[] =>
  live.log.events.flatMap(event => (event.type === 'outlet' ? [event.outlet] : []));
const failures = (live: Rig): string[] =>
  live.log.events.flatMap(event => (event.type === 'outlet-failed' ? [event.code] : []));
const readable = async (live: Rig, piece: number): Promise<boolean> =>
  equalBytes(
    await live.core.read(sample.offer, piece, 0, sample.piece(piece).length, 0),
    sample.piece(piece),
  );

test('[OU1] [OU2] a whole segment goes into the picked file, is served from there, and takes no room any more', async () => {
  const { live } = await open();
  const { outlets } = await live.core.addOffer(sample.offer, sample.geometry, undefined, outlet());
  for (const piece of sample.pieces) await live.core.expect(sample.offer, piece, await sample.hash(piece));
  expect(outlets).toEqual([{ file: FILE, first: firstPiece, end: firstPiece + 4, done: false }]);
  await put(live, pieces.slice(0, 3));
  await vi.waitFor(() =>
    expect(states(live)).toEqual([{ file: FILE, first: firstPiece + 2, end: firstPiece + 6, done: false }]),
  );
  expect(picked.content).toEqual(content.subarray(0, 2 * PIECE));
  expect(await staged()).toEqual([1]);
  for (const piece of pieces.slice(0, 3)) expect(await readable(live, piece)).toBe(true);
  await expect(live.core.file(sample.offer, FILE)).rejects.toMatchObject({ code: 'not-verified' });
  await put(live, pieces.slice(3));
  await vi.waitFor(() => expect(states(live).at(-1)?.done).toBe(true));
  expect(equalBytes(picked.content, content)).toBe(true);
  expect(await staged()).toEqual([]);
  expect((await live.core.file(sample.offer, FILE)).size).toBe(size);
});

test('[OU2] who reads while the browser puts the new version in its place gets the bytes all the same', async () => {
  const inner = picked.handle();
  let opened = (): void => {};
  const gate = new Promise<void>(resolve => (opened = resolve));
  let closed = false;
  const slow: PickedFile = {
    ...inner,
    createWritable: async options => {
      const writable = await inner.createWritable(options);
      const close = async (): Promise<void> => {
        await writable.close();
        closed = picked.puts === 2;
        if (closed) await gate;
      };
      return { ...writable, close };
    },
  };
  const live = rig({ bytes, records });
  await live.add(sample, outlet(slow));
  await put(live, pieces.slice(0, 2));
  await vi.waitFor(async () => expect(await staged()).toEqual([]));
  await put(live, pieces.slice(2, 4));
  await vi.waitFor(() => expect(closed).toBe(true));
  const reads = Promise.all(pieces.slice(0, 4).map(async piece => readable(live, piece)));
  await new Promise(resolve => setImmediate(resolve));
  opened();
  expect(await reads).toEqual([true, true, true, true]);
  expect(failures(live)).toEqual([]);
});

test('[OU5] a store that closes does not wait for what is being written, and says nothing of it', async () => {
  const inner = picked.handle();
  let writing = false;
  const stuck: PickedFile = {
    ...inner,
    createWritable: async options => {
      const writable = await inner.createWritable(options);
      let abort = (): void => {};
      const aborted = new Promise<void>((_, reject) => (abort = () => reject(new Error('aborted'))));
      const write = async (): Promise<void> => {
        writing = true;
        await aborted;
      };
      return { ...writable, write, abort: async () => abort() };
    },
  };
  const live = rig({ bytes, records });
  await live.add(sample, outlet(stuck));
  await put(live, pieces.slice(0, 2));
  await vi.waitFor(() => expect(writing).toBe(true));
  await live.core.addOffer(sample.offer, sample.geometry);
  expect([failures(live), picked.puts, await staged()]).toEqual([[], 0, [0]]);
});

test('[OU3] what has come already goes first, and the room it took is free', async () => {
  const plain = rig({ bytes, records });
  await plain.add(sample);
  await put(plain, [...pieces.slice(4, 7), firstPiece, 0]);
  const { live, have } = await open();
  expect([...have.indices()]).toEqual([0, firstPiece, ...pieces.slice(4, 7)]);
  expect(await bytes.size(`${sample.offer}/f${FILE}`)).toBeUndefined();
  expect(await staged()).toEqual([]);
  for (const piece of have.indices()) expect(await readable(live, piece)).toBe(true);
  await put(
    live,
    pieces.filter(piece => !have.has(piece)),
  );
  await vi.waitFor(() => expect(states(live).at(-1)?.done).toBe(true));
  expect(equalBytes(picked.content, content)).toBe(true);
});

test('[OU3] where the picked file has no room for what has come, all stays where it was', async () => {
  const plain = rig({ bytes, records });
  await plain.add(sample);
  await put(plain, pieces.slice(4, 7));
  picked.room = PIECE;
  const { live, have } = await open();
  expect(failures(live)).toEqual(['outlet-full']);
  expect([...have.indices()]).toEqual(pieces.slice(4, 7));
  for (const piece of have.indices()) expect(await readable(live, piece)).toBe(true);
  expect(await records.outlets(sample.offer)).toEqual([]);
});

test('[OU3] what has come is let go only when the record says where it is', async () => {
  const plain = rig({ bytes, records });
  await plain.add(sample);
  await put(plain, pieces.slice(4, 7));
  vi.spyOn(records, 'saveOutlets').mockRejectedValue(new StorageError('io'));
  const { live, have } = await open();
  expect(failures(live)).toEqual(['outlet-failed']);
  for (const piece of have.indices()) expect(await readable(live, piece)).toBe(true);
  expect([...have.indices()]).toEqual(pieces.slice(4, 7));
});

test('[OU5] a picked file that is full stops it, and it goes on when it is opened anew', async () => {
  picked.room = 3 * PIECE;
  const { live } = await open();
  await put(live, pieces.slice(0, 4));
  await vi.waitFor(() => expect(failures(live)).toEqual(['outlet-full']));
  expect(equalBytes(picked.content, content.subarray(0, 2 * PIECE))).toBe(true);
  for (const piece of pieces.slice(0, 4)) expect(await readable(live, piece)).toBe(true);
  picked.room = Infinity;
  await live.add(sample, outlet());
  await vi.waitFor(() => expect(picked.content.length).toBe(4 * PIECE));
});

test('[OU4] without the handle nothing of the picked file is claimed, and nothing forgotten', async () => {
  const { live } = await open();
  await put(live, pieces.slice(0, 3));
  await vi.waitFor(() => expect(picked.puts).toBe(1));
  await vi.waitFor(async () => expect(await staged()).toEqual([1]));
  const closed = await open(false);
  expect([...closed.have.indices()]).toEqual([pieces[2]]);
  await expect(closed.live.core.read(sample.offer, firstPiece, 0, 1, 0)).rejects.toMatchObject({
    code: 'not-verified',
  });
  await put(closed.live, [0, pieces[3] ?? 0]);
  const again = await open();
  expect([...again.have.indices()]).toEqual([0, ...pieces.slice(0, 4)]);
  await vi.waitFor(() => expect(picked.content.length).toBe(4 * PIECE));
});

test('[OU6] what another program changed is found, and only that is fetched again', async () => {
  const first = await open();
  await put(first.live, pieces.slice(0, 6));
  await vi.waitFor(async () => expect(await staged()).toEqual([]));
  picked.spoil(PIECE + 3);
  const { live, have } = await open();
  expect([...have.indices()]).toEqual(pieces.slice(0, 6).filter(piece => piece !== pieces[1]));
  expect(states(live)).toEqual([{ file: FILE, first: firstPiece, end: firstPiece + 8, done: false }]);
  await put(live, [pieces[1] ?? 0, ...pieces.slice(6)]);
  await vi.waitFor(() => expect(states(live).at(-1)?.done).toBe(true));
  expect(equalBytes(picked.content, content)).toBe(true);
});

test('[OU6] a change while it goes on stops it before it is taken over, and so does one that hides its date', async () => {
  const { live } = await open();
  await put(live, pieces.slice(0, 2));
  await vi.waitFor(async () => expect(await staged()).toEqual([]));
  picked.spoil(3);
  await put(live, pieces.slice(2, 4));
  await vi.waitFor(() => expect(failures(live)).toEqual(['outlet-changed']));
  expect(picked.puts).toBe(1);
  await open();
  await vi.waitFor(async () => expect(await staged()).toEqual([]));
  picked.spoil(2 * PIECE + 3);
  picked.modified -= 1;
  const hidden = await open();
  await expect(readable(hidden.live, pieces[2] ?? 0)).rejects.toMatchObject({ code: 'source-changed' });
  expect(failures(hidden.live)).toEqual(['outlet-changed']);
  const after = await open();
  expect(after.have.has(pieces[2] ?? 0)).toBe(false);
});

test('[OU7] who gives it up forgets it, and the picked file stays as it is', async () => {
  const { live } = await open();
  await put(live, pieces.slice(0, 3));
  await vi.waitFor(async () => expect(await staged()).toEqual([1]));
  await live.core.removeFiles(sample.offer, [FILE]);
  expect([await staged(), await records.outlets(sample.offer), picked.content.length]).toEqual([
    [],
    [],
    2 * PIECE,
  ]);
  const { have } = await open(false);
  expect(have.count).toBe(0);
});

/** A life of the tab that ends with a power cut: after so many steps, or so many into one of the writings of the picked file. */
const life = fc.record({
  stepsLeft: fc.noBias(fc.nat(100)),
  opening: fc.noBias(fc.nat(4)),
  stepsInto: fc.noBias(fc.nat(9)),
  /** Another program writes there after it. */
  spoilt: fc.option(fc.noBias(fc.nat(size - 1)), { freq: 3 }),
});

test('[OU4] whenever the power goes, what was announced is there, in the store or in the picked file', async () => {
  let handedOver = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(sample.pieces, { minLength: 8 }),
      fc.noBias(fc.nat(3)),
      fc.array(life, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async (order, before, lives, stream) => {
        const disk = { bytes: new MemoryByteStore(), records: new MemoryRecords() };
        const file = new PickedDisk();
        const announced = new Set<number>();
        const check = async (found: Rig, have: Uint8Array<ArrayBuffer>): Promise<Bitfield> => {
          const bits = Bitfield.fromBytes(sample.geometry.pieceCount, have);
          for (const piece of announced) expect(bits.has(piece)).toBe(true);
          for (const piece of bits.indices()) expect(await readable(found, piece)).toBe(true);
          return bits;
        };
        for (const { stepsLeft, opening, stepsInto, spoilt } of lives) {
          const fate: Fate = { stepsLeft, random: () => stream.next().value ?? 0 };
          const crashy = new CrashyByteStore(disk.bytes, fate);
          const live = rig({ bytes: crashy, records: new CrashyRecords(disk.records, fate) });
          const settle = async (): Promise<void> => {
            live.timer.advance(DEFAULT_LIMITS.groupMs);
            for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve));
          };
          const handle = file.handle(fate);
          let opened = 0;
          const doomed: PickedFile = {
            ...handle,
            createWritable: async options => {
              if (opened++ === opening) fate.stepsLeft = Math.min(fate.stepsLeft, stepsInto);
              return handle.createWritable(options);
            },
          };
          await live.add(sample).catch(() => undefined);
          // Some come before the file is picked.
          for (const piece of order.slice(0, before)) await live.put(sample, piece);
          await settle();
          await live.add(sample, outlet(doomed)).catch(() => undefined);
          for (const piece of order.slice(before)) {
            if (fate.stepsLeft < 0) break;
            await live.put(sample, piece);
            await settle();
          }
          for (const piece of live.log.verified) announced.add(piece);
          fate.stepsLeft = Math.min(fate.stepsLeft, 0);
          await settle();
          await crashy.crash();
          if (spoilt !== null && spoilt < file.content.length) {
            file.spoil(spoilt);
            announced.delete(firstPiece + Math.floor(spoilt / PIECE));
          }
        }
        const found = rig(disk);
        const have = await check(found, await found.add(sample, outlet(file.handle())));
        handedOver += file.puts;
        for (const piece of sample.pieces) if (!have.has(piece)) await found.put(sample, piece);
        await vi.waitFor(() => {
          found.timer.advance(DEFAULT_LIMITS.groupMs);
          expect(file.content.length).toBe(size);
          expect(equalBytes(file.content, content)).toBe(true);
        }, QUICKLY);
      },
    ),
    { numRuns: RUNS },
  );
  // Otherwise it tried nothing.
  expect(handedOver).toBeGreaterThan(RUNS);
}, 60_000);

test('[OU5] a comparison of other files does not begin again what was stopped', async () => {
  const live = rig({ bytes, records });
  await live.add(sample);
  await put(live, [0, 1, 2]);
  // The database is lost, and with it who vouches for file 0.
  records = new MemoryRecords();
  const later = rig({ bytes, records });
  await later.core.addOffer(sample.offer, sample.geometry, undefined, outlet());
  const tell = async (piece: number): Promise<void> =>
    later.core.expect(sample.offer, piece, await sample.hash(piece));
  for (const piece of pieces) await tell(piece);
  await put(later, pieces.slice(0, 2));
  await vi.waitFor(() => expect(picked.puts).toBe(1), QUICKLY);
  picked.spoil(10);
  await put(later, pieces.slice(2, 4));
  await vi.waitFor(() => expect(later.log.events.at(-1)).toMatchObject({ type: 'outlet-failed' }), QUICKLY);
  for (const piece of [0, 1, 2]) await tell(piece);
  const { have } = await later.core.verify(sample.offer);
  expect([...Bitfield.fromBytes(sample.geometry.pieceCount, have).indices()].slice(0, 3)).toEqual([0, 1, 2]);
  await put(later, pieces.slice(4));
  await later.core.close();
  expect(picked.puts).toBe(1);
});
