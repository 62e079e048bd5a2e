import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './ports.ts';
import { Bitfield, equalBytes, type Bytes } from '@shoal/protocol';
import { MemoryByteStore } from '../backends/memory.ts';
import { MemoryRecords } from '../vault/records.ts';
import { rig, type Rig } from '../testing/core-rig.ts';
import { blocksOf, PIECE, Sample } from '../testing/fixtures.ts';
import { settled } from '../testing/turns.ts';

describe('what the record claims is believed as far as the bytes can be there', () => {
  const stored = async (
    sample: Sample,
    bytes = new MemoryByteStore(),
  ): Promise<{ bytes: MemoryByteStore; records: MemoryRecords }> => {
    const disk = { bytes, records: new MemoryRecords() };
    const { add, put, log, timer } = rig(disk);
    await add(sample);
    for (const piece of sample.pieces) await put(sample, piece);
    while (log.verified.length < sample.geometry.pieceCount) {
      await settled();
      timer.advance(DEFAULT_LIMITS.groupMs);
    }
    return disk;
  };

  test('a file that was evicted is missing, the others are not', async () => {
    const sample = new Sample([2 * PIECE, 3 * PIECE, 50]);
    const disk = await stored(sample);
    await disk.bytes.remove(`${sample.offer}/f0`);
    expect([...new Bitfield(6, await rig(disk).add(sample)).indices()]).toEqual([2, 3, 4, 5]);
  });

  test('a record that does not fit the offer is worth nothing', async () => {
    const sample = new Sample([2 * PIECE]);
    const disk = await stored(sample);
    await disk.records.save([[sample.offer, { have: new Uint8Array([0xff, 0xff]) }]]);
    expect(new Bitfield(2, await rig(disk).add(sample)).count).toBe(0);
  });

  test('[VA2] stored without a record, pieces are compared once their hashes are known, and recorded', async () => {
    const sample = new Sample([3 * PIECE, 2 * PIECE, 50, 60]);
    const { bytes } = await stored(sample);
    const records = new MemoryRecords();
    const { core, log } = rig({ bytes, records });
    const tell = async (piece: number): Promise<void> =>
      core.expect(sample.offer, piece, await sample.hash(piece));
    const has = (bits: Bytes): number[] => [...new Bitfield(7, bits).indices()];

    await bytes.writeAt(`${sample.offer}/f0`, PIECE, new Uint8Array([sample.piece(1)[0] === 0 ? 1 : 0]));
    const added = await core.addOffer(sample.offer, sample.geometry);
    expect([has(added.have), has(added.suspect)]).toEqual([[], sample.pieces]);
    await tell(0);
    await tell(1);
    await tell(5);
    const first = await core.verify(sample.offer);
    expect([has(first.have), has(first.suspect)]).toEqual([
      [0, 5],
      [2, 3, 4, 6],
    ]);
    await expect(core.read(sample.offer, 3, 0, 10, 0)).rejects.toMatchObject({ code: 'not-verified' });

    // Another life, with a record of what was compared in this one.
    const later = rig({ bytes, records });
    const again = await later.core.addOffer(sample.offer, sample.geometry);
    expect([has(again.have), has(again.suspect)]).toEqual([
      [0, 5],
      [2, 3, 4, 6],
    ]);
    for (const piece of [2, 3, 4, 6]) await later.core.expect(sample.offer, piece, await sample.hash(piece));
    const [second] = await Promise.all([later.core.verify(sample.offer), later.core.verify(sample.offer)]);
    expect([has(second.have), has(second.suspect)]).toEqual([[0, 2, 3, 4, 5, 6], []]);
    expect([...log.verified, ...later.log.verified].toSorted()).toEqual([0, 2, 3, 4, 5, 6]);
    expect(has(await rig({ bytes, records }).add(sample))).toEqual([0, 2, 3, 4, 5, 6]);
  });

  /** Each read takes a while, so that something can happen meanwhile. */
  class SlowByteStore extends MemoryByteStore {
    reading: Promise<unknown> = Promise.resolve();

    override async readAt(...args: Parameters<MemoryByteStore['readAt']>): Promise<void> {
      await super.readAt(...args);
      await this.reading;
    }
  }

  test('what is given up while it is compared is neither claimed nor recorded', async () => {
    const sample = new Sample([4 * PIECE, 50]);
    for (const give of ['file', 'offer'] as const) {
      const bytes = new SlowByteStore();
      await stored(sample, bytes);
      const records = new MemoryRecords();
      const { core, add, put, log, timer } = rig({ bytes, records });
      await add(sample);
      let goOn = (): void => undefined;
      bytes.reading = new Promise<void>(resolve => (goOn = resolve));
      const comparing = core.verify(sample.offer);
      await settled();
      const giving = give === 'file' ? core.removeFiles(sample.offer, [0]) : core.removeOffer(sample.offer);
      await settled();
      goOn();
      await giving;
      const { have } = await comparing;
      expect([...new Bitfield(5, have).indices()]).toEqual(give === 'file' ? [4] : []);
      const record = await records.load(sample.offer);
      if (give === 'offer') {
        expect(record).toBe(undefined);
        continue;
      }
      expect([...new Bitfield(5, record?.have).indices()]).toEqual([4]);
      // Fetched again it is whole.
      for (const piece of [0, 1, 2, 3]) await put(sample, piece);
      while (log.verified.length < 5) {
        await settled();
        timer.advance(DEFAULT_LIMITS.groupMs);
      }
      const file = await core.file(sample.offer, 0);
      expect(
        equalBytes(new Uint8Array(await file.arrayBuffer()), sample.contents[0] ?? new Uint8Array(0)),
      ).toBe(true);
    }
  });

  test('what is given up is not found again', async () => {
    const sample = new Sample([2 * PIECE, 2 * PIECE, 50]);
    const { bytes } = await stored(sample);
    const { core, add } = rig({ bytes });
    await add(sample);
    await core.removeFiles(sample.offer, [0, 2]);
    const { have, suspect } = await core.verify(sample.offer);
    expect([...new Bitfield(5, have).indices()]).toEqual([2, 3]);
    expect(new Bitfield(5, suspect).count).toBe(0);
  });

  test('adding an offer again keeps what is stored; removing one that is not open deletes it', async () => {
    const sample = new Sample([2 * PIECE]);
    const disk = await stored(sample);
    const { core, add } = rig(disk);
    await add(sample);
    expect(new Bitfield(2, await add(sample)).count).toBe(2);
    await rig(disk).core.removeOffer(sample.offer);
    expect(await disk.bytes.folders()).toEqual([]);
    await core.removeOffer(sample.offer);
    expect(new Bitfield(2, await add(sample)).count).toBe(0);
  });
});

describe('blocks', () => {
  test('unfinished pieces beyond the memory cap are dropped and said so', async () => {
    const { core, log, add, put } = rig({}, { memoryBytes: PIECE });
    const sample = new Sample([3 * PIECE]);
    await add(sample);
    for (const [piece, blocks] of [
      [0, 3],
      [1, 2],
    ] as const) {
      for (const { begin, data } of blocksOf(sample.piece(piece)).slice(0, blocks)) {
        await core.write(sample.offer, piece, begin, data);
      }
    }
    expect(await log.first('failed')).toMatchObject({ pieces: [1], code: 'overloaded' });
    await core.discard(sample.offer, 0);
    await put(sample, 2);
    await log.allVerified(1);
    expect(log.verified).toEqual([2]);
  });

  test('a block twice, and blocks of a piece that is there, are ignored', async () => {
    const { core, log, add, put } = rig();
    const sample = new Sample([PIECE]);
    await add(sample);
    const [first] = blocksOf(sample.piece(0));
    for (let time = 0; time < 3; time += 1)
      await core.write(sample.offer, 0, 0, first?.data ?? new Uint8Array(0));
    await put(sample, 0);
    await put(sample, 0);
    await log.allVerified(1);
    await put(sample, 0);
    await core.close();
    expect(log.events).toEqual([{ type: 'verified', offer: sample.offer, pieces: [0] }]);
  });

  test('overlapping blocks and blocks beyond the piece are corrupt', async () => {
    const { core, log, add } = rig();
    const sample = new Sample([PIECE]);
    await add(sample);
    await core.write(sample.offer, 0, PIECE - 10, new Uint8Array(20));
    await core.write(sample.offer, 0, 0, new Uint8Array(PIECE - 10));
    await core.write(sample.offer, 0, 100, new Uint8Array(10));
    expect(log.events.map(({ type }) => type)).toEqual(['corrupt', 'corrupt']);
  });

  test('a piece whose hash is not known yet waits for it', async () => {
    const { core, log, put } = rig();
    const sample = new Sample([2 * PIECE]);
    await core.addOffer(sample.offer, sample.geometry);
    await put(sample, 1);
    await settled();
    expect(log.events).toEqual([]);
    await core.expect(sample.offer, 1, await sample.hash(1));
    await log.allVerified(1);
  });

  test('blocks of odd sizes hash like the whole', async () => {
    const { core, log, add } = rig();
    const sample = new Sample([PIECE - 77]);
    await add(sample);
    for (const { begin, data } of blocksOf(sample.piece(0), 1000))
      await core.write(sample.offer, 0, begin, data);
    await log.allVerified(1);
  });

  test('what comes for an offer right after it was added or removed is in order', async () => {
    const { core, log, put } = rig();
    const sample = new Sample([PIECE]);
    const adding = core.addOffer(sample.offer, sample.geometry);
    const expecting = core.expect(sample.offer, 0, await sample.hash(0));
    await put(sample, 0);
    await Promise.all([adding, expecting]);
    await log.allVerified(1);
    const removing = core.removeOffer(sample.offer);
    await put(sample, 0);
    await removing;
    expect(log.events.length).toBe(1);
  });
});

test('a block that comes while its file is being deleted does not end as a claim without bytes', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>(resolve => (open = resolve));
  class SlowRecords extends MemoryRecords {
    slow = false;
    override async save(...args: Parameters<MemoryRecords['save']>): Promise<void> {
      if (this.slow) await gate;
      await super.save(...args);
    }
  }
  const disk = { bytes: new MemoryByteStore(), records: new SlowRecords() };
  const { core, add, put } = rig(disk);
  const sample = new Sample([2 * PIECE]);
  await add(sample);
  disk.records.slow = true;
  const removing = core.removeFiles(sample.offer, [0]);
  await settled();
  await put(sample, 0);
  await settled();
  open();
  await removing;
  await core.close();
  expect(new Bitfield(2, (await disk.records.load(sample.offer))?.have).count).toBe(0);
});

test('a file that is removed twice at once takes nothing before both are done', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>(resolve => (open = resolve));
  class SlowByteStore extends MemoryByteStore {
    override async remove(name: string): Promise<void> {
      if (name.endsWith('/f0')) await gate;
      await super.remove(name);
    }
  }
  const { core, log, timer, add, put } = rig({ bytes: new SlowByteStore() });
  const sample = new Sample([2 * PIECE, 2 * PIECE]);
  await add(sample);
  const one = core.removeFiles(sample.offer, [1]);
  const all = core.removeFiles(sample.offer, [0, 1]);
  await one;
  await put(sample, 2);
  await settled();
  timer.advance(DEFAULT_LIMITS.groupMs);
  await settled();
  expect(log.events).toEqual([]);
  open();
  await all;
  await put(sample, 2);
  await settled();
  timer.advance(DEFAULT_LIMITS.groupMs);
  await log.allVerified(1);
  expect(equalBytes(await core.read(sample.offer, 2, 0, PIECE, 0), sample.piece(2))).toBe(true);
});

test('a removal of a file that there is not leaves the others as they were', async () => {
  const { core, log, add, put } = rig();
  const sample = new Sample([PIECE]);
  await add(sample);
  await expect(core.removeFiles(sample.offer, [0, 1])).rejects.toMatchObject({ code: 'not-found' });
  await put(sample, 0);
  await log.allVerified(1);
});

describe('a power cut does not bring back what was claimed before', () => {
  /** What adds claims is on the disk some time later; what takes them back is there at once, and with it all before. */
  class RelaxedRecords extends MemoryRecords {
    #disk: MemoryRecords;

    constructor(disk: MemoryRecords) {
      super();
      this.#disk = disk;
    }

    override async save(...[records, retracts]: Parameters<MemoryRecords['save']>): Promise<void> {
      await super.save(records);
      if (retracts === true) await this.#disk.save(records);
    }
  }

  const sample = new Sample([4 * PIECE]);
  const file = `${sample.offer}/f0`;

  test.each<[string, (live: Rig, bytes: MemoryByteStore) => Promise<unknown>]>([
    ['of a file that was removed', ({ core }) => core.removeFiles(sample.offer, [0])],
    ['of a file that was evicted', ({ add }, bytes) => bytes.remove(file).then(() => add(sample))],
  ])('%s', async (_, takeBack) => {
    // Flushed with every commit, so what comes later is there.
    const bytes = new MemoryByteStore();
    const disk = new MemoryRecords();
    await disk.save([[sample.offer, { have: new Uint8Array([0xf0]) }]]);
    const records = new RelaxedRecords(disk);
    await records.save([[sample.offer, { have: new Uint8Array([0xf0]) }]]);
    for (const piece of sample.pieces) await bytes.writeAt(file, piece * PIECE, sample.piece(piece));
    const live = rig({ bytes, records });
    expect(new Bitfield(4, await live.add(sample)).complete).toBe(true);
    await takeBack(live, bytes);
    // The last piece makes the file as long as it was.
    await live.put(sample, 3);
    await settled();
    live.timer.advance(DEFAULT_LIMITS.groupMs);
    await live.log.allVerified(1);

    const later = rig({ bytes, records: disk });
    expect(new Bitfield(4, await later.add(sample)).count).toBe(0);
  });
});
