import { expect, test } from 'vitest';
import { newOffer } from '../testing/fixtures.ts';
import { readZip } from '../testing/read-zip.ts';
import { BlobTemp } from './temp.ts';
import { writeZip } from './write-zip.ts';

const offer = newOffer();
const zipOf = (files: number): Promise<Blob> =>
  writeZip(
    Array.from({ length: files }, (_, file) => ({ offer, file, path: `folder/${file}` })),
    async () => new Blob([]),
    () => new BlobTemp(),
    new AbortController().signal,
  );

test('as many files as need a zip64 record', async () => {
  const files = 65_536;
  const members = await readZip(await zipOf(files));
  expect(members.length).toBe(files);
  expect(members.at(-1)?.name).toBe(`folder/${files - 1}`);
}, 60_000);
