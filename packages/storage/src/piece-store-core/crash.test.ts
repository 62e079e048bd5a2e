import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './ports.ts';
import { Bitfield, equalBytes } from '@shoal/protocol';
import { MemoryByteStore } from '../backends/memory.ts';
import { MemoryRecords } from '../vault/records.ts';
import { CrashyByteStore, CrashyRecords, type Fate } from '../testing/crashy-byte-store.ts';
import { rig } from '../testing/core-rig.ts';
import { PIECE, Sample } from '../testing/fixtures.ts';

const sample = new Sample([2 * PIECE + 5, 300, 0, 3 * PIECE, 7, PIECE]);

type Act =
  | { readonly type: 'put'; readonly piece: number }
  | { readonly type: 'time' | 'remove-file' | 'remove-offer' };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.nat(sample.geometry.pieceCount - 1).map(piece => ({ type: 'put' as const, piece })),
  },
  { weight: 6, arbitrary: fc.constant({ type: 'time' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'remove-file' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'remove-offer' as const }) },
);

test('whenever the power goes, what the record claims is there, and what was announced is claimed', async () => {
  let announcedBeforeACrash = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.array(act, { minLength: 10, maxLength: 40 })),
      fc.noBias(fc.nat(100)),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async (acts, stepsLeft, stream) => {
        const fate: Fate = { stepsLeft, random: () => stream.next().value ?? 0 };
        const disk = { bytes: new MemoryByteStore(), records: new MemoryRecords() };
        const bytes = new CrashyByteStore(disk.bytes, fate);
        const live = rig({ bytes, records: new CrashyRecords(disk.records, fate) });
        await live.add(sample);
        // Pieces announced since whatever was removed last.
        const announced = new Set<number>();
        let read = 0;
        const takeEvents = (): void => {
          for (const event of live.log.events.slice(read)) {
            if (event.type === 'verified') for (const piece of event.pieces) announced.add(piece);
          }
          read = live.log.events.length;
        };
        for (const action of acts) {
          // A crash stops the program too: nothing happens after it.
          if (fate.stepsLeft < 0) break;
          if (action.type === 'put') await live.put(sample, action.piece);
          if (action.type === 'time') {
            live.timer.advance(DEFAULT_LIMITS.groupMs);
            await breath();
          }
          if (action.type === 'remove-file' || action.type === 'remove-offer') {
            const removing =
              action.type === 'remove-file'
                ? live.core.removeFiles(sample.offer, [3])
                : live.core.removeOffer(sample.offer).then(() => live.add(sample));
            // Blocks that were in flight arrive while it goes on.
            const late = [4, 5, 6].map(piece => live.put(sample, piece));
            await Promise.allSettled([removing, ...late]);
            takeEvents();
            // If the removal fell to the crash, both are right.
            announced.clear();
          }
        }
        takeEvents();
        // Whatever is still under way meets the crash here.
        fate.stepsLeft = Math.min(fate.stepsLeft, 0);
        announcedBeforeACrash += announced.size;
        await bytes.crash();

        const found = rig(disk);
        const have = Bitfield.fromBytes(sample.geometry.pieceCount, await found.add(sample));
        for (const piece of announced) expect(have.has(piece)).toBe(true);
        for (const piece of have.indices()) {
          const data = await found.core.read(sample.offer, piece, 0, sample.piece(piece).length, 0);
          expect(equalBytes(data, sample.piece(piece))).toBe(true);
        }
      },
    ),
    { numRuns: 1000 },
  );
  // The property would hold for a store that never commits anything.
  expect(announcedBeforeACrash).toBeGreaterThan(1000);
}, 120_000);

/** The browser, or somebody else, takes the end of a stored file. */
async function evict(disk: MemoryByteStore, file: string, keep: number): Promise<void> {
  const size = (await disk.size(file)) ?? 0;
  const kept = new Uint8Array(Math.floor(size * keep));
  if (kept.length > 0) await disk.readAt(file, 0, kept);
  await disk.remove(file);
  if (kept.length > 0) await disk.writeAt(file, 0, kept);
}

test('storage that was evicted, or lost its records, is noticed in every later life, whatever is written and whenever the power goes', async () => {
  let recovered = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(fc.nat(sample.geometry.pieceCount - 1), { maxLength: 8 }), fc.nat(12)), {
        minLength: 2,
        maxLength: 4,
      }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async (lives, stream) => {
        const random = (): number => stream.next().value ?? 0;
        const disk = { bytes: new MemoryByteStore(), records: new MemoryRecords() };
        const first = rig(disk);
        await first.add(sample);
        for (const piece of sample.pieces) await first.put(sample, piece);
        while (first.log.verified.length < sample.geometry.pieceCount) {
          first.timer.advance(DEFAULT_LIMITS.groupMs);
          await breath();
        }
        for (const [pieces, stepsLeft] of lives) {
          for (const file of ['f0', 'f3'])
            if (random() < 0.5) await evict(disk.bytes, `${sample.offer}/${file}`, random());
          if (random() < 0.3) disk.records = new MemoryRecords();
          const fate: Fate = { stepsLeft, random };
          const bytes = new CrashyByteStore(disk.bytes, fate);
          const live = rig({ bytes, records: new CrashyRecords(disk.records, fate) });
          const alive = async (): Promise<void> => {
            await live.add(sample);
            const before = live.log.verified.length;
            await live.core.verify(sample.offer);
            recovered += live.log.verified.length - before;
            for (const piece of pieces) await live.put(sample, piece);
            await breath();
          };
          // The power may go while it starts.
          await alive().catch(() => undefined);
          fate.stepsLeft = Math.min(fate.stepsLeft, 0);
          await bytes.crash();
        }
        const found = rig(disk);
        await found.add(sample);
        const have = Bitfield.fromBytes(
          sample.geometry.pieceCount,
          (await found.core.verify(sample.offer)).have,
        );
        for (const piece of have.indices()) {
          const data = await found.core.read(sample.offer, piece, 0, sample.piece(piece).length, 0);
          expect(equalBytes(data, sample.piece(piece))).toBe(true);
        }
      },
    ),
    { numRuns: 400 },
  );
  expect(recovered).toBeGreaterThan(20);
}, 120_000);

/** Lets hashing and commits that are under way get somewhere, not necessarily to their end. */
async function breath(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise(resolve => setImmediate(resolve));
}
