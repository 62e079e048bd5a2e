import { Bitfield, type Bytes } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { MemoryByteStore } from '../backends/memory.ts';
import { StorageError } from '../errors.ts';
import { ManualTimer, rig, type Rig } from '../testing/core-rig.ts';
import { newOffer, PIECE, Sample } from '../testing/fixtures.ts';
import { settled, until } from '../testing/turns.ts';
import { MemoryRecords } from '../vault/records.ts';
import { GroupCommit } from './group-commit.ts';
import { PieceBuffers } from './partial-pieces.ts';
import { DEFAULT_LIMITS } from './ports.ts';

const MIB = 1024 * 1024;

/** Writes and flushes that fail on demand, and counts of what was asked. */
class FaultyByteStore extends MemoryByteStore {
  fault: 'write' | 'flush' | undefined;
  flushes = 0;
  writes = 0;
  refused = 0;
  gate: Promise<void> = Promise.resolve();

  override async writeAt(name: string, at: number, data: Bytes): Promise<void> {
    if (this.fault === 'write') {
      this.refused += 1;
      throw new StorageError('disk-full');
    }
    await super.writeAt(name, at, data);
    this.writes += 1;
  }

  override async flush(): Promise<void> {
    this.flushes += 1;
    await this.gate;
    if (this.fault === 'flush') throw new StorageError('disk-full');
  }
}

describe('disk full', () => {
  test.each(['write', 'flush'] as const)(
    'in a %s: said, not marked, and it goes on when there is room',
    async fault => {
      const bytes = new FaultyByteStore();
      const { core, log, put, add } = rig({ bytes });
      const sample = new Sample([2 * PIECE]);
      await add(sample);
      bytes.fault = fault;
      await put(sample, 0);
      expect(await log.first('failed')).toMatchObject({
        offer: sample.offer,
        pieces: [0],
        code: 'disk-full',
      });
      await expect(core.read(sample.offer, 0, 0, 1, 0)).rejects.toMatchObject({ code: 'not-verified' });

      bytes.fault = undefined;
      await put(sample, 0);
      await core.close().catch(() => undefined);
      expect(log.verified).toEqual([0]);
    },
  );
});

describe('group commit', () => {
  test('the first piece is committed at once, pieces that come meanwhile together', async () => {
    const bytes = new FaultyByteStore();
    let open = (): void => undefined;
    bytes.gate = new Promise(resolve => (open = () => resolve()));
    const { log, timer, add, put } = rig({ bytes });
    const sample = new Sample([21 * PIECE]);
    await add(sample);
    await put(sample, 0);
    await until(() => bytes.flushes === 1);
    // One is still to come.
    for (const piece of sample.pieces.slice(1, 20)) await put(sample, piece);
    await settled();
    expect(log.verified).toEqual([]);
    open();
    await log.allVerified(1);
    expect(log.verified).toEqual([0]);
    await settled();
    expect(bytes.flushes).toBe(1);
    timer.advance(DEFAULT_LIMITS.groupMs);
    await log.allVerified(20);
    expect(bytes.flushes).toBe(2);
    // 19 neighbouring pieces of 64 KiB in writes of 1 MiB at most.
    expect(bytes.writes).toBe(1 + 2);
  });

  test('the last piece does not wait for the clock, with those before it', async () => {
    const bytes = new FaultyByteStore();
    const { log, add, put } = rig({ bytes });
    const [sample, other] = [new Sample([6 * PIECE]), new Sample([3 * PIECE])];
    for (const each of [sample, other]) await add(each);
    await put(sample, 0);
    await log.allVerified(1);
    for (const piece of sample.pieces.slice(1, -1)) await put(sample, piece);
    // Another offer's pieces go with it, be it whole or not.
    await put(other, 0);
    await settled();
    expect(log.verified).toEqual([0]);
    await put(sample, 5);
    await log.allVerified(7);
    expect(bytes.flushes).toBe(2);
  });

  test('hurry is of what is there: what comes later waits for the clock again', async () => {
    const bytes = new FaultyByteStore();
    const { log, add, put } = rig({ bytes });
    const [whole, other] = [new Sample([PIECE]), new Sample([3 * PIECE])];
    for (const each of [whole, other]) await add(each);
    // Whole, and committed at once, since the store was idle.
    await put(whole, 0);
    await log.allVerified(1);
    await put(other, 0);
    await settled();
    expect(bytes.flushes).toBe(1);
  });

  test('what could not be kept is still to come', async () => {
    const bytes = new FaultyByteStore();
    const { log, timer, add, put } = rig({ bytes });
    const sample = new Sample([3 * PIECE]);
    await add(sample);
    await put(sample, 0);
    await log.allVerified(1);
    bytes.fault = 'flush';
    await put(sample, 1);
    await settled();
    timer.advance(DEFAULT_LIMITS.groupMs);
    expect(await log.first('failed')).toMatchObject({ pieces: [1] });
    bytes.fault = undefined;
    await put(sample, 2);
    await settled();
    expect(log.verified).toEqual([0]);
    await put(sample, 1);
    await log.allVerified(3);
  });

  test('a full group does not wait for the clock', async () => {
    const bytes = new FaultyByteStore();
    const { log, add, put } = rig({ bytes }, { groupBytes: 4 * PIECE });
    const sample = new Sample([13 * PIECE]);
    await add(sample);
    for (const piece of sample.pieces) await put(sample, piece);
    await log.allVerified(9);
    expect(bytes.flushes).toBeLessThanOrEqual(5);
  });

  test('what waits for a slow flush is written meanwhile, and its memory is free', async () => {
    const bytes = new FaultyByteStore();
    let open = (): void => undefined;
    bytes.gate = new Promise(resolve => (open = () => resolve()));
    const { log, timer, add, put } = rig({ bytes }, { memoryBytes: 5 * MIB });
    const sample = new Sample([200 * PIECE]);
    await add(sample);
    await put(sample, 0);
    await until(() => bytes.flushes === 1);
    const rest = sample.pieces.slice(1);
    for (let times = 1; times <= 3; times += 1) {
      for (const piece of rest.splice(0, (4 * MIB) / PIECE)) await put(sample, piece);
      // In writes of 1 MiB.
      await until(() => bytes.writes === 1 + times * 4);
    }
    for (const piece of rest) await put(sample, piece);
    expect(log.events).toEqual([]);
    expect(bytes.flushes).toBe(1);
    open();
    // The last ones may still be hashed.
    while (log.verified.length < 200) {
      await settled();
      timer.advance(DEFAULT_LIMITS.groupMs);
    }
  });

  test('a write that fails before its turn fails the pieces of its commit', async () => {
    const bytes = new FaultyByteStore();
    let open = (): void => undefined;
    bytes.gate = new Promise(resolve => (open = () => resolve()));
    const { log, timer, add, put } = rig({ bytes });
    const sample = new Sample([100 * PIECE]);
    await add(sample);
    await put(sample, 0);
    await until(() => bytes.flushes === 1);
    bytes.fault = 'write';
    for (const piece of sample.pieces.slice(1)) await put(sample, piece);
    await until(() => bytes.refused === 1);
    bytes.fault = undefined;
    open();
    await log.allVerified(1);
    await settled();
    timer.advance(DEFAULT_LIMITS.groupMs);
    expect(await log.first('failed')).toMatchObject({ code: 'disk-full' });
    expect(log.verified).toEqual([0]);
  });

  describe('while another offer goes on arriving', () => {
    const GROUP = 3;

    /** How many flushes some work on an offer takes while each of them lets more of another offer come than may wait. */
    async function flushesOf(work: (live: Rig, sample: Sample) => Promise<unknown>): Promise<number> {
      let arriving = async (): Promise<void> => {};
      class BusyByteStore extends FaultyByteStore {
        override async flush(): Promise<void> {
          await super.flush();
          await arriving();
        }
      }
      const bytes = new BusyByteStore();
      const live = rig({ bytes }, { groupBytes: PIECE });
      const [idle, busy] = [new Sample([3 * PIECE]), new Sample([100 * PIECE])];
      for (const each of [idle, busy]) await live.add(each);
      let next = 0;
      const more = async (): Promise<void> => {
        for (const piece of busy.pieces.slice(next, (next += GROUP))) await live.put(busy, piece);
        await settled();
      };
      let waiting = false;
      arriving = async () => {
        await more();
        // Hashed while the next group is full already: it waits for the disk.
        if (!waiting) await live.put(idle, 0);
        waiting = true;
        await settled();
      };
      await more();
      await until(() => waiting);
      const before = bytes.flushes;
      await work(live, idle);
      return bytes.flushes - before;
    }

    test.each<[string, (live: Rig, sample: Sample) => Promise<unknown>]>([
      ['a file is removed', ({ core }, { offer }) => core.removeFiles(offer, [0])],
      ['an offer is removed', ({ core }, { offer }) => core.removeOffer(offer)],
      ['an offer is opened anew', ({ core }, { offer, geometry }) => core.addOffer(offer, geometry)],
    ])('%s at once', async (_, work) => {
      expect(await flushesOf(work)).toBeLessThan(6);
    });

    test('a piece that waits for the disk does not wait for those that come later', async () => {
      const known = ({ log }: Rig, { offer }: Sample): true | undefined =>
        log.events.some(event => event.type === 'verified' && event.offer === offer) ? true : undefined;
      expect(await flushesOf((live, sample) => live.log.until(() => known(live, sample)))).toBeLessThan(6);
    });
  });

  test('commits and other work take turns in the order in which they asked', async () => {
    const order: string[] = [];
    const bytes = new FaultyByteStore();
    bytes.flush = async () => void order.push('commit');
    const buffers = new PieceBuffers(MIB, () => undefined);
    const commit = new GroupCommit(
      { bytes, records: new MemoryRecords(), timer: new ManualTimer() },
      DEFAULT_LIMITS,
      buffers,
    );
    let open = (): void => undefined;
    const gate = new Promise<void>(resolve => (open = resolve));
    const works = [commit.exclusive(() => gate)];
    const recordWith = () => ({ have: new Uint8Array(1) });
    const offer = { id: newOffer(), removed: false, recordWith, committed: () => {}, commitFailed: () => {} };
    commit.add(offer, { piece: 0, file: 'f/0', begin: 0, data: new Uint8Array(PIECE) });
    works.push(
      commit.exclusive(async () => void order.push('later')),
      commit.settle(),
    );
    open();
    await Promise.all(works);
    expect(order).toEqual(['commit', 'later']);
  });

  test('the word follows the record', async () => {
    const records = new MemoryRecords();
    const { log, add, put } = rig({ records });
    const sample = new Sample([PIECE]);
    await add(sample);
    await put(sample, 0);
    await log.allVerified(1);
    expect(new Bitfield(1, (await records.load(sample.offer))?.have).has(0)).toBe(true);
  });
});
