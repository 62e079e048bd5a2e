import { beforeEach, expect, test, vi } from 'vitest';
import { Bitfield, equalBytes } from '@shoal/protocol';
import { MemoryByteStore } from '../backends/memory.ts';
import { DEFAULT_LIMITS } from '../piece-store-core/ports.ts';
import { WINDOW_BYTES } from '../source/source-reader.ts';
import { rig, type Rig } from '../testing/core-rig.ts';
import { PIECE, Sample } from '../testing/fixtures.ts';
import { PickedDisk } from '../testing/picked-disk.ts';
import { settled } from '../testing/turns.ts';
import { MemoryRecords } from '../vault/records.ts';
import type { OutletRequest, PickedFile } from './outlet.ts';

const QUICKLY = { interval: 1 };

/** Four segments of two pieces. */
const sample = new Sample([8 * PIECE]);
let bytes: MemoryByteStore;
let records: MemoryRecords;
let picked: PickedDisk;

beforeEach(() => {
  bytes = new MemoryByteStore();
  records = new MemoryRecords();
  picked = new PickedDisk();
});

const outlet = (handle: PickedFile): OutletRequest<PickedFile>[] => [
  { file: 0, handle, segmentBytes: 2 * PIECE },
];

async function open(handle: PickedFile = picked.handle()): Promise<{ live: Rig; had: number[] }> {
  const live = rig({ bytes, records });
  const have = Bitfield.fromBytes(8, await live.add(sample, outlet(handle)));
  return { live, had: [...have.indices()] };
}

async function put(live: Rig, some: readonly number[], of = sample): Promise<void> {
  const before = live.log.verified.length;
  for (const piece of some) await live.put(of, piece);
  await vi.waitFor(() => {
    live.timer.advance(DEFAULT_LIMITS.groupMs);
    expect(live.log.verified.length).toBe(before + some.length);
  }, QUICKLY);
}

/** An earlier session, after which the picked file has these. */
async function kept(some: readonly number[]): Promise<void> {
  const { live } = await open();
  await put(live, some);
  await vi.waitFor(() => expect(picked.puts).toBe(some.length / 2), QUICKLY);
  // What is handed over ends with the record, and then the staged segment.
  await vi.waitFor(async () => expect(await bytes.size(`${sample.offer}/f0.1`)).toBeUndefined(), QUICKLY);
  await live.core.close();
}

const readable = async (live: Rig, piece: number): Promise<boolean> =>
  equalBytes(await live.core.read(sample.offer, piece, 0, PIECE, 0), sample.piece(piece));
const failures = (live: Rig): string[] =>
  live.log.events.flatMap(event => (event.type === 'outlet-failed' ? [event.code] : []));

/** A file on a drive that can be pulled. */
class Drive {
  away = false;
  /** Called before each read. */
  reading = (): void => {};

  handle(): PickedFile {
    const inner = picked.handle();
    const check = (): void => {
      if (this.away) throw new DOMException('gone', 'NotFoundError');
    };
    return {
      ...inner,
      getFile: async () => {
        check();
        const file = await inner.getFile();
        const read = file.arrayBuffer.bind(file);
        file.arrayBuffer = async () => {
          this.reading();
          check();
          return read();
        };
        return file;
      },
    };
  }
}

test('[OU6] what changes between the comparison and its end is not taken over unseen', async () => {
  await kept([0, 1, 2, 3]);
  picked.spoil(3 * PIECE);
  const inner = picked.handle();
  let looks = 0;
  const { live } = await open({
    ...inner,
    getFile: async () => {
      looks += 1;
      // Opened, and then looked at when all was compared.
      if (looks === 2) picked.spoil(0);
      return inner.getFile();
    },
  });
  expect(looks).toBe(2);
  expect(failures(live)).toEqual(['outlet-changed']);
  await put(live, [4, 5]);
  await settled();
  expect(picked.puts).toBe(2);
  const { had } = await open();
  expect(had).toEqual([1, 2, 4, 5]);
});

test.each(['copies', 'writes'] as const)(
  '[OU6] what changes while the browser %s is not written over',
  async during => {
    await kept([0, 1, 2, 3]);
    const inner = picked.handle();
    const { live } = await open({
      ...inner,
      createWritable: async options => {
        if (during === 'copies') picked.spoil(0);
        const writable = await inner.createWritable(options);
        const write: typeof writable.write = async chunk => {
          await writable.write(chunk);
          if (during === 'writes') picked.spoil(0);
        };
        return { ...writable, write };
      },
    });
    await put(live, [4, 5]);
    await vi.waitFor(() => expect(failures(live)).toEqual(['outlet-changed']), QUICKLY);
    expect(picked.puts).toBe(2);
    expect((await open()).had).toEqual([1, 2, 3, 4, 5]);
  },
);

test('[OU7] who gives it up while the browser copies what is there writes nothing more', async () => {
  const inner = picked.handle();
  let copied = (): void => undefined;
  const copying = new Promise<void>(resolve => (copied = resolve));
  const createWritable = vi.fn<PickedFile['createWritable']>(async options => {
    await copying;
    return inner.createWritable(options);
  });
  const { live } = await open({ ...inner, createWritable });
  await put(live, [0, 1]);
  await vi.waitFor(() => expect(createWritable).toHaveBeenCalled(), QUICKLY);
  const removing = live.core.removeFiles(sample.offer, [0]);
  await settled();
  copied();
  await removing;
  expect([picked.puts, failures(live)]).toEqual([0, []]);
});

test('[OU4] a drive that is away for a moment does not make the store forget what the file has', async () => {
  await kept([0, 1, 2, 3]);
  const drive = new Drive();
  const { live, had } = await open(drive.handle());
  expect(had).toEqual([0, 1, 2, 3]);
  drive.away = true;
  for (const piece of had)
    await expect(readable(live, piece)).rejects.toMatchObject({ code: 'source-changed' });
  expect(failures(live)).toEqual(['outlet-changed']);
  await live.core.close();
  expect((await open()).had).toEqual([0, 1, 2, 3]);
});

test('[OU4] nor does one that goes away while the file is compared', async () => {
  await kept([0, 1, 2, 3]);
  picked.spoil(3 * PIECE);
  const drive = new Drive();
  drive.reading = () => (drive.away = true);
  const { live, had } = await open(drive.handle());
  expect([had, failures(live)]).toEqual([[], ['outlet-changed']]);
  await live.core.close();
  expect((await open()).had).toEqual([0, 1, 2]);
});

test('[OU4] a comparison that was interrupted forgets nothing of a file that is out of reach the next time', async () => {
  await kept([0, 1, 2, 3]);
  picked.spoil(3 * PIECE);
  const first = rig({ bytes, records });
  await first.core.addOffer(sample.offer, sample.geometry, undefined, outlet(picked.handle()));
  await first.core.close();
  const closed = rig({ bytes, records });
  const { suspect } = await closed.core.addOffer(sample.offer, sample.geometry);
  expect(new Bitfield(8, suspect).count).toBe(0);
  await closed.core.verify(sample.offer);
  await closed.core.close();
  expect((await open()).had).toEqual([0, 1, 2]);
});

test('[OU7] who gives the offer up at the end of a comparison is not followed by its record', async () => {
  await kept([0, 1, 2, 3]);
  picked.spoil(3 * PIECE);
  const inner = picked.handle();
  let answer = (): void => undefined;
  const answered = new Promise<void>(resolve => (answer = resolve));
  const getFile = vi.fn<PickedFile['getFile']>(async () => {
    if (getFile.mock.calls.length === 2) await answered;
    return inner.getFile();
  });
  const live = rig({ bytes, records });
  const adding = live.add(sample, outlet({ ...inner, getFile }));
  await vi.waitFor(() => expect(getFile).toHaveBeenCalledTimes(2), QUICKLY);
  const removing = live.core.removeOffer(sample.offer);
  await settled();
  answer();
  await Promise.all([adding, removing]);
  expect(await records.outlets(sample.offer)).toEqual([]);
});

test('[OU6] a piece whose hash is not known yet is neither read nor taken for wrong', async () => {
  await kept([0, 1, 2, 3]);
  const live = rig({ bytes, records });
  await live.core.addOffer(sample.offer, sample.geometry, undefined, outlet(picked.handle()));
  await expect(readable(live, 0)).rejects.toMatchObject({ code: 'not-verified' });
  await live.core.expect(sample.offer, 0, await sample.hash(0));
  expect(await readable(live, 0)).toBe(true);
  expect(failures(live)).toEqual([]);
});

test('[OU4] a file that lost its end, windows before what it held, lacks what was there', async () => {
  const large = new Sample([4 * WINDOW_BYTES], WINDOW_BYTES / 2);
  const request = [{ file: 0, handle: picked.handle(), segmentBytes: WINDOW_BYTES }];
  const first = rig({ bytes, records });
  await first.add(large, request);
  await put(first, large.pieces.slice(0, 6), large);
  await vi.waitFor(() => expect(picked.puts).toBe(3), QUICKLY);
  await first.core.close();
  picked.content = picked.content.slice(0, WINDOW_BYTES + 100);
  picked.modified += 1;
  const live = rig({ bytes, records });
  expect([...new Bitfield(8, await live.add(large, request)).indices()]).toEqual([0, 1]);
  await put(live, large.pieces.slice(2), large);
  await vi.waitFor(() =>
    expect(equalBytes(picked.content, large.contents[0] ?? new Uint8Array(0))).toBe(true),
  );
});
